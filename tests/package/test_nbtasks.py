"""`nbtasks` lists what a project offers, and each command says what it does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TEMPLATE, Project, clean_environ

from nbtasks.__main__ import ANYWHERE, COMMANDS

#: What names another program as the one to type, since it works without this one.
TYPED = {"set-up": "python bootstrap.py"}


@pytest.fixture
def project(tmp_path: Path, home: Path) -> Project:
    """Return the least that is a project."""
    environ = clean_environ(home, PYTHONPATH=str(TEMPLATE / "src"))
    project = Project(tmp_path / "project", "birds", environ)
    project.write("pipeline.yaml", "tasks: []\n")
    project.write("pyproject.toml", "[tool.nbtasks]\n")
    return project


def listed(printed: str) -> dict[str, str]:
    """Return the commands in the list, and what is said of each."""
    return dict(re.findall(r"(?m)^  ([a-z-]+) +(\S.*)", printed))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed_and_helps(project: Project, name: str) -> None:
    """The list names each command on a line; `--help` of each says how to use it."""
    assert listed(project.nbtasks().stdout)[name]
    described = project.nbtasks(name, "--help").stdout
    assert TYPED.get(name, f"nbtasks {name}") in described and "Traceback" not in described


def test_the_commands_are_those_of_the_list(project: Project) -> None:
    """A module that can be run by its name, and is listed nowhere, would not be found."""
    printed = project.nbtasks("--help").stdout
    assert list(listed(printed)) == list(COMMANDS)
    assert project.nbtasks("-h").stdout == printed


@pytest.mark.skipif(os.name == "nt", reason="closes a pipe early, as `| head` does")
def test_nothing_is_said_when_nobody_reads_any_more(project: Project) -> None:
    """`nbtasks ... | head -1` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nbtasks", "--help"]
    done = subprocess.run(
        command, cwd=project.path, env=project.environ, stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_an_unknown_command_is_answered_by_the_list(project: Project, tmp_path: Path) -> None:
    """So is no command at all, even in a folder that is in no project."""
    done = project.nbtasks("snyc", check=False)
    assert done.returncode == 2
    assert "no command 'snyc'" in done.stdout
    assert "sync" in listed(done.stdout)
    assert "sync" in listed(project.nbtasks(cwd=tmp_path).stdout)


@pytest.mark.parametrize("name", sorted({*COMMANDS} - ANYWHERE))
def test_outside_of_a_project_a_sentence_says_so(
    project: Project, tmp_path: Path, name: str
) -> None:
    """A command that has no project to work on says what to do, and does nothing."""
    done = project.nbtasks(name, "--help", check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith("This folder is in no project: ")
    assert done.stdout.endswith("Go to your project first: cd FOLDER\n")
    assert len(done.stdout.splitlines()) == 2
