"""Only what changed runs: a chain of tasks stops where its input has come out as it was."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import plain
import pytest

pytestmark = pytest.mark.slow

COPY = "from pathlib import Path\n\nPath(product['data']).write_text({})\n"
READ = "''.join(Path(up['data']).read_text() for up in upstream.values())"


def script(upstream: list[str], code: str) -> str:
    """Return the script of a task."""
    return (
        f'# %% tags=["parameters"]\nupstream = {upstream or None}\nproduct = None\n\n# %%\n{code}'
    )


@pytest.fixture(params=["serial", "2"])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> plain.Plain:
    """Return a pipeline of three tasks, each of which reads the one before, that has been built."""
    project = plain.make(tmp_path / "chain")
    write(project, one=([], COPY.format("'1'")), two=(["one"], COPY.format(READ)))
    text = project.read("pipeline.yaml").replace("workers: serial", f"workers: {request.param}")
    project.write("pipeline.yaml", text)
    add(project, "three", ["two"], COPY.format(READ))
    assert ran(project.build()) == ["one", "two", "three"]
    return project


def write(project: plain.Plain, **tasks: tuple[list[str], str]) -> None:
    """Write the pipeline and its scripts."""
    project.pipeline("")
    for name, (upstream, code) in tasks.items():
        add(project, name, upstream, code)


def add(project: plain.Plain, name: str, upstream: list[str], code: str) -> None:
    """Add a task."""
    project.write(f"tasks/{name}.py", script(upstream, code))
    entry = (
        f"- source: tasks/{name}.py\n  product: {{nb: out/{name}.ipynb, data: out/{name}.txt}}\n"
    )
    project.write("pipeline.yaml", project.read("pipeline.yaml") + entry)


def ran(printed: str) -> list[str]:
    """Return the tasks that a build has run, in order."""
    lines = re.findall(r"(?m)^ *\d+/\d+  (\S+) +(.*)$", printed)
    return [name for name, rest in lines if "not run" not in rest]


def edit(project: plain.Plain, name: str, change: Callable[[str], str]) -> None:
    """Change a script."""
    project.write(f"tasks/{name}.py", change(project.read(f"tasks/{name}.py")))


def status(project: plain.Plain, *options: str) -> str:
    """Return what `nbtasks status` prints."""
    return project.nbtasks("status", *options).stdout


def test_a_comment_runs_its_task_alone(chain: plain.Plain) -> None:
    edit(chain, "one", lambda text: text + "# a remark\n")
    printed = status(chain)
    assert re.search(r"(?m)^one +will run: its script ", printed)
    assert re.search(r"(?m)^two +will run if one changes ", printed)
    printed = chain.build()
    assert ran(printed) == ["one"]
    assert printed.count("not run: its input is as it was") == 2
    assert "Done in" in printed
    assert ran(chain.build()) == []
    assert "will run" not in status(chain)


def test_what_comes_out_otherwise_runs_on(chain: plain.Plain) -> None:
    edit(chain, "one", lambda text: text.replace("'1'", "'2'"))
    assert ran(chain.build()) == ["one", "two", "three"]
    assert chain.read("out/three.txt") == "2"
    # The chain stops in the middle, too.
    edit(chain, "one", lambda text: text.replace("'2'", "'3'"))
    edit(chain, "two", lambda text: text.replace(READ, "'2'"))
    assert ran(chain.build()) == ["one", "two"]


def test_a_task_with_a_reason_of_its_own_runs(chain: plain.Plain) -> None:
    edit(chain, "one", lambda text: text + "# a remark\n")
    edit(chain, "three", lambda text: text + "# another\n")
    assert ran(chain.build()) == ["one", "three"]
    chain.write("out/two.txt", "by hand")
    edit(chain, "one", lambda text: text + "# a third\n")
    assert ran(chain.build()) == ["one", "two"]
    assert chain.read("out/three.txt") == "1"


def test_force_is_never_cut_off(chain: plain.Plain) -> None:
    assert ran(chain.build("--force")) == ["one", "two", "three"]
    edit(chain, "one", lambda text: text + "# a remark\n")
    assert ran(chain.build("--force")) == ["one", "two", "three"]


def test_a_part_of_the_pipeline_and_a_task_alone(chain: plain.Plain) -> None:
    edit(chain, "one", lambda text: text + "# a remark\n")
    assert ran(chain.build("--partially", "two")) == ["one"]
    edit(chain, "one", lambda text: text + "# another\n")
    chain.ploomber("task", "one")
    assert ran(chain.build()) == []


def test_an_input_that_makes_nothing_but_its_notebook_counts(tmp_path: Path) -> None:
    """What a task has done elsewhere nobody can compare, so what follows runs."""
    project = plain.make(tmp_path / "bare")
    code = script([], "print(1)\n"), script(["one"], "print(2)\n")
    for name, text in zip(("one", "two"), code, strict=True):
        project.write(f"tasks/{name}.py", text)
    entries = "".join(
        f"- {{source: tasks/{name}.py, product: out/{name}.ipynb}}\n" for name in ("one", "two")
    )
    project.pipeline(entries)
    assert ran(project.build()) == ["one", "two"]
    edit(project, "one", lambda text: text + "# a remark\n")
    assert ran(project.build()) == ["one", "two"]


def test_a_formatter_is_no_reason_and_a_text_is(chain: plain.Plain) -> None:
    """Ruff at a commit; what a report shows runs that task alone."""
    formatted = 'Path(\n    product[\n        "data"\n    ],\n).write_text("1")\n'
    before = "Path(product['data']).write_text('1')\n"
    edit(chain, "one", lambda text: text.replace(before, formatted))
    assert formatted in chain.read("tasks/one.py")
    assert ran(chain.build()) == []
    edit(chain, "one", lambda text: text + "\n# %% [markdown]\n# A text\n")
    assert ran(chain.build()) == ["one"]


def test_a_checkout_and_a_save_are_no_reason(chain: plain.Plain) -> None:
    """Times of files do not count."""
    for path in chain.path.glob("tasks/*.py"):
        os.utime(path)
        path.write_bytes(path.read_bytes())
    assert ran(chain.build()) == []


def test_why_names_file_key_and_time(chain: plain.Plain) -> None:
    edit(chain, "one", lambda text: text.replace("'1'", "'2'"))
    printed = status(chain, "--why", "one")
    assert re.search(r"tasks/one\.py: changed, written at 20\d\d-", printed)
    assert re.search(r"(?m)^ +\+.*'2'", printed)
    chain.build("--partially", "one")
    printed = status(chain, "--why", "two")
    assert re.search(r"input one, data \(out/one\.txt\): changed, written at 20\d\d-", printed)
    chain.write("out/three.txt", "by hand")
    printed = status(chain, "--why", "three")
    assert re.search(r"product data \(out/three\.txt\): changed, written at", printed)
    done = chain.nbtasks("status", "--why", "thre", check=False)
    assert done.returncode == 1 and "The tasks are: one, two, three" in done.stdout


def test_a_failure_and_a_kill_are_told(chain: plain.Plain) -> None:
    whole = chain.read("tasks/two.py")
    edit(chain, "two", lambda text: text + "\n# %%\n1 / 0\n")
    chain.build(check=False)
    line = next(text for text in status(chain).splitlines() if text.startswith("two"))
    assert re.search(r"will run: failed last time \(tasks/two\.py:\d+, ZeroDivisionError\)", line)
    chain.ploomber("task", "two", check=False)
    assert "failed last time" in status(chain)
    chain.write("tasks/two.py", whole)
    edit(chain, "two", lambda text: text + "# mended\n")
    chain.ploomber("task", "two")
    assert "failed" not in status(chain)
    edit(chain, "two", lambda text: text + "\n# %%\nimport os, signal\nos.kill(os.getppid(), 9)\n")
    chain.build(check=False)
    assert re.search(r"(?m)^two +will run: (failed|was killed) last time", status(chain))


def test_the_last_line_repeats_the_options(chain: plain.Plain) -> None:
    chain.write("env.yaml", "workers: 1\n")
    text = re.sub("workers: [a-z0-9]+", 'workers: "{{workers}}"', chain.read("pipeline.yaml"))
    chain.write("pipeline.yaml", text)
    edit(chain, "one", lambda text: text + "# a remark\n")
    printed = status(chain, "--env--workers", "2")
    assert printed.endswith("To run what is not up to date: ploomber build --env--workers 2\n")


def test_a_product_that_varies_by_itself_is_named(tmp_path: Path) -> None:
    project = plain.make(tmp_path / "varies")
    write(project, one=([], "import time\n" + COPY.format("str(time.time_ns())")))
    assert "differs at each run" not in project.build()
    printed = project.build("--force")
    assert "out/one.txt differs at each run" in printed and "without a seed?" in printed
    edit(project, "one", lambda text: text.replace("str(time.time_ns())", "'now'"))
    assert "differs at each run" not in project.build()
    assert "differs at each run" not in project.build("--force")
