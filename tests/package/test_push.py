"""What a push shows while it runs the smoke test, and when it needs none."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project

pytestmark = pytest.mark.slow

#: A push in a terminal of its own, as git is typed: pre-commit keeps back what hooks print.
PUSH = """
import fcntl, subprocess, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(subprocess.run(["git", "push", "--quiet", "origin", "main"]).returncode)
"""


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project that has somewhere to push to, and the hook."""
    project = at_hand(example="empty")
    remote = tmp_path_factory.mktemp("remote")
    project.git("init", "--quiet", "--bare", str(remote))
    project.git("remote", "add", "origin", str(remote))
    project.run("python", "-m", "pre_commit", "install", "--hook-type", "pre-push")
    return project


def push(project: Project) -> str:
    """Push in a terminal, and return what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PUSH],
        cwd=project.path,
        env=project.environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # the terminal is closed
        pass
    os.close(ours)
    assert process.wait() == 0, shown.decode()
    return shown.decode().replace("\r\n", "\n")


def commit(project: Project, name: str) -> None:
    """Add a line to a file, and commit it."""
    path = Path(project.path, name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    project.write(name, f"{text}\n# more\n")
    project.git("add", name)
    project.git("commit", "--quiet", "--no-verify", "--message", f"Change {name}")


def test_a_push_shows_a_line_a_task_and_repeats_nothing(project: Project) -> None:
    passed = project.path / ".git" / "nbtasks-smoke"
    push(project)  # the first of a repository: pre-commit does not say what is pushed
    commit(project, "tasks/get.py")
    shown = push(project)
    assert "\n1/" in shown and "get" in shown and "Passed" in shown
    first = passed.stat().st_mtime_ns

    for name in ("docs/more.md", "README.md", "tests/more.py"):
        commit(project, name)
        assert "\n1/" not in push(project)
    assert passed.stat().st_mtime_ns == first

    for name in ("tasks/get.py", "env.yaml", "data/raw/more.csv"):
        commit(project, name)
        assert "\n1/" in push(project)
    assert passed.stat().st_mtime_ns != first


def test_a_smoke_test_that_fails_is_not_remembered(project: Project) -> None:
    project.write("tasks/get.py", project.read("tasks/get.py") + "\n# %%\n1 / 0\n")
    project.git("commit", "--quiet", "--all", "--no-verify", "--message", "Break it")
    for _ in range(2):
        done = project.run("git", "push", "--quiet", "origin", "main", check=False)
        assert done.returncode != 0 and "ZeroDivisionError" in done.stdout
