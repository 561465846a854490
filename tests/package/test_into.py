"""A project moves into a repository that exists, and overwrites no file there."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from conftest import Project

OWN = {"README.md": "# Mine\n", "src/birds/__init__.py": "", ".gitignore": "/secret\n"}


def test_own_files_stay_and_are_listed(bake: Callable[..., Project], tmp_path: Path) -> None:
    """README, src and .gitignore of the repository stay; all else is there, with what differs."""
    made = bake()
    files = made.files()
    mine = Project(tmp_path / "mine", "birds", made.environ)
    for name, text in OWN.items():
        mine.write(name, text)
    mine.git("init", "--quiet")
    mine.git("add", "--all")
    mine.git("commit", "--quiet", "--message", "Mine")
    # Typed anywhere, with a path from there.
    command = (sys.executable, made.path / "bootstrap.py", "--into", "mine")
    printed = made.run(*command, cwd=tmp_path).stdout
    assert {name: mine.read(name) for name in OWN} == OWN
    assert mine.files() == files | set(OWN)
    assert mine.git("diff", "--name-only") == ""  # nothing that was committed has changed
    typed = [line for line in printed.splitlines() if line.startswith("  git diff")]
    assert len(typed) == 2  # README.md and .gitignore: both have them
    assert "Begin with .gitignore" in printed
    for line in typed:
        shown = subprocess.run(shlex.split(line), capture_output=True, encoding="utf-8").stdout
        assert "+++" in shown
    # Once more: all is there, all is listed.
    again = made.run(sys.executable, "bootstrap.py", "--into", mine.path).stdout
    assert again.count("git diff") == len(files)


def test_other_places_are_refused(bake: Callable[..., Project], tmp_path: Path) -> None:
    """A folder that is no repository, or the project itself, gets nothing."""
    made = bake(example="empty")
    for place in (tmp_path, made.path):
        done = made.run(sys.executable, "bootstrap.py", "--into", place, check=False)
        assert done.returncode == 1
        assert "Nothing was copied" in done.stdout
    assert not list(tmp_path.iterdir())


def test_notebooks_of_its_own_are_not_taken_for_pairs(
    bake: Callable[..., Project], tmp_path: Path
) -> None:
    """They would become tasks; the folder is to have another name first. Requirements are named."""
    made = bake(example="empty")
    mine = Project(tmp_path / "mine", "birds", made.environ)
    mine.write("notebooks/analysis.ipynb", "{}")
    mine.write("requirements.txt", "pandas\n")
    mine.git("init", "--quiet")
    command = (sys.executable, "bootstrap.py", "--into", mine.path)
    done = made.run(*command, check=False)
    assert done.returncode == 1 and "Nothing was copied" in done.stdout
    assert f"{mine.path / 'notebooks' / 'analysis.ipynb'} is a notebook of its own" in done.stdout
    assert mine.files() == {"notebooks/analysis.ipynb", "requirements.txt"}
    (mine.path / "notebooks").rename(mine.path / "drafts")
    assert "Then requirements.txt: " in made.run(*command).stdout
    assert mine.read("requirements.txt") == "pandas\n"
    # A pair of a task is none of its own.
    mine.write("notebooks/get.ipynb", "{}")
    made.run(*command)
