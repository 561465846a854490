"""`nbtasks` lists what a project offers, and each command says what it does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project


def listed(printed: str) -> list[str]:
    """Return the names of the commands in the list."""
    return re.findall(r"(?m)^  ([a-z]+) +\S", printed)


@pytest.mark.slow
def test_every_command_is_listed_and_helps(
    bake: Callable[..., Project], locked_environment: Path
) -> None:
    """The list names each command on a line; `--help` of each says how to use it."""
    project = bake(notebooks_in_git="stripped")
    (project.path / ".venv").symlink_to(locked_environment, target_is_directory=True)
    # Any Python will do: the command finds the environment of the project.
    printed = project.run(sys.executable, "-m", "nbtasks").stdout
    assert len(listed(printed)) >= 5
    for name in listed(printed):
        described = project.run(sys.executable, "-m", "nbtasks", name, "--help").stdout
        assert f"python tools {name}" in described and "Traceback" not in described


@pytest.mark.skipif(os.name == "nt", reason="closes a pipe early, as `| head` does")
def test_nothing_is_said_when_nobody_reads_any_more(bake: Callable[..., Project]) -> None:
    """`python tools ... | head -1` ends quietly."""
    project = bake()
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nbtasks", "--help"]
    done = subprocess.run(command, cwd=project.path, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_an_unknown_command_is_answered_by_the_list(bake: Callable[..., Project]) -> None:
    """So is no command at all, even before the project is set up."""
    project = bake()
    done = project.run(sys.executable, "-m", "nbtasks", "snyc", check=False)
    assert done.returncode == 2
    assert "no command 'snyc'" in done.stdout
    assert "sync" in listed(done.stdout)


@pytest.mark.parametrize("name", ["sync", "new"])
def test_without_an_environment_one_sentence(bake: Callable[..., Project], name: str) -> None:
    """A command that can't run yet says what to type first."""
    done = bake().run(sys.executable, "-m", "nbtasks", name, check=False)
    assert done.returncode == 1
    assert done.stdout.strip().endswith("To build it: python bootstrap.py")
    assert len(done.stdout.splitlines()) == 1
