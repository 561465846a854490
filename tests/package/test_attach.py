"""A notebook that fails keeps its variables, when asked to: `nbtasks attach`; what ends that."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import plain
import psutil
import pytest
from conftest import NOT_OURS, TEMPLATE, WINDOWS

from nbtasks.engine.builds import kept, processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(WINDOWS, reason="needs a terminal, and signals"),
]

HEAD = """\
executor:
  dotted_path: nbtasks.Executor
  workers: "{{executor}}"
  keep_failed: "{{keep_failed}}"
on_render: nbtasks.on_render
tasks:
"""
TASK = "  - source: tasks/NAME.py\n    product: {nb: out/NAME.ipynb, data: out/NAME.txt}\n"
FAILS = """
# %% [markdown]
# ## Divide

# %% Fit
total = 41 + 1
text = "divided"

# %%
total / 0
"""
KEEP = ("--env--keep_failed", "true")
#: Notes its processes, and runs on.
SLOW = """
import json, os, time
from pathlib import Path
Path("slow.pids").write_text(json.dumps([os.getpid(), os.getppid()]))
time.sleep(300)
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[plain.Plain]:
    """Return a project whose task `one` fails; end what a test has left."""
    project = plain.make(tmp_path)
    project.environ.pop("CI", None)
    project.write("env.yaml", "executor: serial\nkeep_failed: false\n")
    write(project, one=FAILS)
    yield project
    for pid in owners(project).values():
        if processes.is_alive(pid):
            psutil.Process(pid).kill()


def write(project: plain.Plain, **tasks: str) -> None:
    """Write the tasks, and the pipeline of them."""
    for name, code in tasks.items():
        project.task(code, name)
    entries = (TASK.replace("NAME", name) for name in tasks)
    project.write("pipeline.yaml", HEAD + "".join(entries))


def told(project: plain.Plain) -> dict[str, Any]:
    """Return what the project is told of a kernel that is kept."""
    path = project.path / ".cache" / "kept" / "kernel.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def owners(project: plain.Plain) -> dict[str, int]:
    """Return the processes of a kernel that is kept."""
    return {key: told(project)[key] for key in ("kernel", "owner") if key in told(project)}


def assert_ended(pids: dict[str, int] | list[int], seconds: float = 5) -> None:
    """Fail if a process lives longer than that."""
    left = [*pids.values()] if isinstance(pids, dict) else pids
    assert left
    end = time.monotonic() + seconds
    while left := [pid for pid in left if processes.is_alive(pid)]:
        assert time.monotonic() < end, f"still alive: {left}"
        time.sleep(0.1)


def test_a_console_has_the_variables_and_goes_on(project: plain.Plain) -> None:
    """Seen in a terminal: what the build says, the prompt, a cell that is mended, the end."""
    printed = project.build(*KEEP, check=False)
    last = printed.rstrip().splitlines()[-1]
    said = r"Its variables are still there, in \d+ MB, for an hour: nbtasks attach one"
    assert re.fullmatch(said, last), printed
    assert oct((project.path / ".cache/kept/kernel.json").stat().st_mode & 0o777) == "0o600"
    pids = owners(project)

    program = str(plain.TOOLS / "nbtasks")
    environ = project.environ | {"TERM": "dumb"}
    console = pexpect.spawn(
        program, ["attach", "one"], cwd=project.path, env=environ, encoding="utf-8", timeout=60
    )
    console.expect("The kernel of one; `exit` leaves it as it is")
    console.expect(r"In \[5\]: ")
    console.sendline("total / 2")
    console.expect_exact("21.0")
    console.sendline("total / 0")
    console.expect("ZeroDivisionError")
    console.sendline("import time; time.sleep(60)")
    time.sleep(2)
    console.sendintr()
    console.expect("KeyboardInterrupt")
    console.sendline("text.upper()")
    console.expect_exact("'DIVIDED'")
    console.sendline("exit")
    console.expect(pexpect.EOF)
    assert all(map(processes.is_alive, pids.values()))

    other = project.nbtasks("attach", "two", check=False)
    assert other.returncode == 1 and "not kept (that of one is)" in other.stdout
    assert project.nbtasks("attach", "--end").stdout == "Ended: the kernel of one\n"
    assert_ended(pids)
    none = project.nbtasks("attach", check=False)
    assert none.returncode == 1
    assert none.stdout.endswith("\nploomber build --env--keep_failed true\n")


def test_nothing_is_kept_unless_asked_for_and_never_in_ci(project: plain.Plain) -> None:
    assert "attach" not in project.build(check=False)
    printed = project.ploomber("build", *KEEP, check=False, CI="true").stdout
    assert "ZeroDivisionError" in printed and "attach" not in printed
    assert told(project) == {}


def test_what_succeeds_or_may_fail_is_not_kept(project: plain.Plain) -> None:
    """To leave a notebook early is no error of it; nor is what a check says after it."""
    write(project, one='open(product["data"], "w").close()\nraise SystemExit(0)\n')
    assert "Done" in project.build(*KEEP)
    write(project, two="pass")
    assert "has not written its product" in project.build(*KEEP, check=False)
    assert told(project) == {}


def test_there_are_never_two(project: plain.Plain) -> None:
    """Of tasks that fail at the same time, of two builds; the next build of a task ends its own."""
    write(project, one=FAILS, two=FAILS)
    printed = project.build(*KEEP, "--env--executor", "2", check=False)
    first = owners(project)
    name = told(project)["task"]
    assert printed.count("nbtasks attach") == 1
    kernels = [p for p in psutil.process_iter(["cmdline"]) if is_of(p, project)]
    assert {process.pid for process in kernels} <= {*first.values()}

    other = "two" if name == "one" else "one"
    project.build(*KEEP, "--partially", other, check=False)
    assert_ended(first)
    second = owners(project)
    assert told(project)["task"] == other and all(map(processes.is_alive, second.values()))

    project.task('open(product["data"], "w").close()', other)
    project.build("--partially", other)
    assert_ended(second)
    assert told(project) == {}


def is_of(process: psutil.Process, project: plain.Plain) -> bool:
    """Tell whether a process is a kernel of a project."""
    try:
        return "ipykernel" in " ".join(process.info["cmdline"] or ()) and Path(
            process.cwd()
        ).is_relative_to(project.path)
    except psutil.Error:
        return False


def test_a_kernel_ends_after_its_time(
    project: plain.Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "HOUR", 10.0)
    project.build(*KEEP, check=False)
    pids = owners(project)
    assert all(map(processes.is_alive, pids.values()))
    assert_ended(pids, seconds=20)
    assert told(project) == {}


def test_a_kernel_ends_with_its_terminal(project: plain.Plain) -> None:
    """A shell in which the build was typed, and that is closed later."""
    command = f"{plain.TOOLS / 'ploomber'} build {' '.join(KEEP)}; echo over; sleep 300"
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=project.path,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as shell:
        assert shell.stdout
        printed = "".join(iter(shell.stdout.readline, "over\n"))
        assert "nbtasks attach one" in printed
        pids = owners(project)
        time.sleep(1)
        assert all(map(processes.is_alive, pids.values()))
        os.killpg(shell.pid, signal.SIGKILL)
    assert_ended(pids)


def test_a_new_python_keeps_its_kernel_too(project: plain.Plain, tmp_path: Path) -> None:
    """As on macOS and Windows, where a worker is no copy of the build."""
    copy = tmp_path / "copy"
    shutil.copytree(TEMPLATE / "src", copy, ignore=NOT_OURS)
    worker = copy / "nbtasks/engine/builds/worker.py"
    text = worker.read_text("utf-8")
    worker.write_text(text.replace("FORKS = processes.LINUX", "FORKS = False"), "utf-8")
    paths = os.pathsep.join([str(copy), project.environ["PYTHONPATH"]])
    program = plain.TOOLS / "ploomber"
    printed = project.run(program, "build", *KEEP, check=False, PYTHONPATH=paths).stdout
    assert printed.rstrip().endswith("nbtasks attach one")
    pids = owners(project)
    assert all(map(processes.is_alive, pids.values()))
    shown = project.run(plain.TOOLS / "nbtasks", "attach", typed="total\nexit\n").stdout
    assert "42" in shown
    project.nbtasks("attach", "--end")
    assert_ended(pids)


def test_a_build_without_a_terminal_that_outlives_it_keeps_nothing(project: plain.Plain) -> None:
    done = subprocess.run(
        [plain.TOOLS / "ploomber", "build", *KEEP],
        cwd=project.path,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
        check=False,
    )
    assert "Its variables were not kept: its terminal ends with this build" in done.stdout
    assert told(project) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_build_that_is_stopped_leaves_nothing(project: plain.Plain, number: int) -> None:
    """Also when the kernel of a task that has failed waits for the end of the build."""
    write(project, one=FAILS, slow=SLOW)
    with subprocess.Popen(
        [plain.TOOLS / "ploomber", "build", *KEEP, "--env--executor", "2"],
        cwd=project.path,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as build:
        assert build.stdout
        for line in build.stdout:
            if "FAILED" in line:
                break
        end = time.monotonic() + 60
        while not (project.path / "slow.pids").exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        pids = [*processes.descendants([build.pid])]
        assert len(pids) >= 5  # the build; a worker and a kernel of each task
        build.send_signal(number)
        build.stdout.read()
    assert_ended(pids)
    assert told(project) == {}


@pytest.mark.parametrize(
    ("until", "shown"), [("# %% Fit", "42"), ("3", "42"), ("## Divide", "42"), ("1", "NameError")]
)
def test_a_task_runs_up_to_a_cell(project: plain.Plain, until: str, shown: str) -> None:
    """Its state is there; it does not count as done, and no run of it is recorded."""
    done = project.run(
        *(plain.TOOLS / "ploomber", "task", "one", "--until", until),
        typed="total\nexit\n",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "The kernel of one;" in done.stdout and shown in done.stdout
    assert "ZeroDivisionError" not in done.stdout
    assert "one  will run" in project.nbtasks("status").stdout
    assert not (project.path / "out" / "runs").exists()
    assert project.nbtasks("attach", "--end").stdout == "Ended: the kernel of one\n"


def test_a_cell_that_is_not_there_is_told(project: plain.Plain) -> None:
    program = plain.TOOLS / "ploomber"
    done = project.run(program, "task", "one", "--until", "9", check=False)
    assert done.returncode == 1 and "one has no cell '9'" in done.stdout
    write(project, one=FAILS, two="pass")
    project.task("pass", "two")
    script = project.read("tasks/two.py").replace("upstream = None", 'upstream = ["one"]')
    project.write("tasks/two.py", script)
    done = project.run(program, "task", "two", "--until", "2", check=False)
    assert done.returncode == 1
    assert "one has to run first: ploomber build --partially one" in done.stdout
