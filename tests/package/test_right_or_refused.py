"""Nothing wrong is called done, and nothing right is refused: small things of a build."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import plain
import pytest

pytestmark = pytest.mark.slow

TABLE = """
import pandas as pd
pd.DataFrame({"depth": [DEPTH], "b": ["x;y"]}).to_csv(product["data"], sep=";", index=False)
"""
GRID = """\
  - source: tasks/one.py
    name: fit-
    product: {nb: "{{out}}/one.ipynb", data: "{{out}}/one.csv", report: "{{out}}/one.html"}
    nb_product_key: [nb, report]
    grid: {max_depth: [2, 4, 8]}
"""
ENV = "out: out\nsample: false\nsample_rows: 5\ndb: {port: 1, host: here}\n"


@pytest.fixture
def project(tmp_path: Path) -> plain.Plain:
    """Return a pipeline with a grid, whose tasks have no parameter `sample`."""
    made = plain.make(tmp_path / "p")
    made.pipeline(GRID)
    made.write("env.yaml", ENV)
    cells = TABLE.replace("DEPTH", "max_depth")
    made.task("max_depth\n\n# %% [markdown]\n# # Fit\n\n# %%" + cells)
    script = made.read("tasks/one.py")
    made.write(
        "tasks/one.py", script.replace("product = None\n", "product = None\nmax_depth = 1\n")
    )
    return made


def test_a_grid_has_all_its_values_and_a_card_each(project: plain.Plain) -> None:
    project.build()
    page = project.read("out/index.html")
    titles = re.findall(r"<h3>(.*?) <span", page)
    assert titles == [f"Fit · max_depth {depth}" for depth in (2, 4, 8)]
    assert "<tr><th>max_depth</th><td>2, 4, 8</td></tr>" in page
    assert page.count("<th>depth</th>") == 3  # a table with semicolons is shown as one


@pytest.mark.parametrize("option", ["--env--sample=true", "--env--sample"])
def test_a_sample_is_marked_whether_a_task_asks_for_it_or_not(
    project: plain.Plain, option: str
) -> None:
    project.build(*([option] if "=" in option else [option, "true"]))
    mark = '<strong class="sample">Sample</strong>'
    assert mark in project.read("out/index.html")
    assert mark in project.read("out/one-0.html")
    project.build("--force")
    assert mark not in project.read("out/index.html") + project.read("out/one-0.html")


@pytest.mark.parametrize(
    ("option", "longer"),
    [
        ("--env--sample_row", "--env--sample_rows"),
        ("--env--db--po", "--env--db--port"),
        ("--entry", "--entry-point"),
        ("--part", "--partially"),
    ],
)
def test_the_beginning_of_an_option_is_refused(
    project: plain.Plain, option: str, longer: str
) -> None:
    value = "fit-0" if option == "--part" else "pipeline.yaml" if option == "--entry" else "2"
    printed = project.build(option, value, check=False)
    assert f"There is no option {option}. Did you mean {longer}?" in printed
    assert not (project.path / "out").exists()
    project.build(longer, value)  # all of it is good


NO_LOCKS = """
import errno, fcntl

def no_locks(file, operation):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = no_locks
"""


def test_a_file_system_without_locks(project: plain.Plain) -> None:
    """The build runs, and says once what it can't notice there; other errors stay errors."""
    project.write("site/sitecustomize.py", NO_LOCKS)
    paths = f"{project.path / 'site'}:{project.environ['PYTHONPATH']}"
    printed = project.run(plain.TOOLS / "ploomber", "build", PYTHONPATH=paths).stdout
    assert printed.count("Files can't be locked here, so a second build") == 1
    assert "Done in" in printed
    project.write("site/sitecustomize.py", NO_LOCKS.replace("ENOLCK", "EIO"))
    command = (plain.TOOLS / "ploomber", "build", "--force")
    assert project.run(*command, PYTHONPATH=paths, check=False).returncode == 1


def test_nobody_reads_the_lines_any_more(project: plain.Plain) -> None:
    """`ploomber build | head -1`: the tasks run on."""
    command: list[str | Path] = [plain.TOOLS / "ploomber", "build"]
    with subprocess.Popen(
        command,
        cwd=project.path,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as build:
        assert build.stdout and build.stderr
        build.stdout.readline()
        build.stdout.close()
        assert b"BrokenPipe" not in build.stderr.read()
    assert len(list((project.path / "out").glob("one-*.csv"))) == 3
    assert "Nothing to run" in project.build()
