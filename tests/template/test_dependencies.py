"""In a project that is set up: the hooks look at dependencies, and adding one installs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from conftest import Project

pytestmark = pytest.mark.slow

#: A package of few lines that the project does not need.
SMALL = "cowsay"


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project that is set up, with all that the lock names."""
    return set_up()


@pytest.fixture
def clean(project: Project) -> Iterator[Project]:
    """Return the project, and put it back afterwards as it was."""
    start = project.git("rev-parse", "HEAD")
    yield project
    project.git("-c", "core.hooksPath=.no-hooks", "reset", "--quiet", "--hard", start)


def test_a_commit_with_an_undeclared_import_is_refused(clean: Project) -> None:
    clean.write("src/my_pipeline/new.py", '"""New."""\n\nimport polars\n\nx = polars\n')
    clean.git("add", "--all")
    done = clean.run("git", "commit", "--message", "New", check=False)
    assert done.returncode == 1
    assert "requirements.txt lacks what the code imports:\n  polars " in done.stdout, done.stdout
    assert "nbtasks add polars" in done.stdout and "Warning" not in done.stdout


def test_a_commit_with_a_lock_written_by_hand_is_refused(clean: Project) -> None:
    lock = clean.read("requirements.lock")
    block = re.search(r"(?m)^narwhals==\S+(?: \\\n {4}\S+)+\n", lock)[0]
    clean.write("requirements.lock", lock.replace(block, ""))
    done = clean.run("git", "commit", "--all", "--message", "By hand", check=False)
    assert done.returncode == 1
    assert re.search(r"narwhals [\d.]+ would fit, in it is none", done.stdout), done.stdout
    assert "Next: nbtasks lock, then python bootstrap.py" in done.stdout


def test_add_changes_requirements_lock_and_environment(clean: Project) -> None:
    before = clean.read("requirements.txt")
    printed = clean.run("nbtasks", "add", SMALL).stdout
    version = clean.run("python", "-c", f"import {SMALL}; print({SMALL}.__version__)").stdout
    assert clean.read("requirements.txt") == before + f"{SMALL}>={version.strip()}\n"
    assert f"  + {SMALL} {version.strip()}" in printed
    assert f"\n{SMALL}=={version.strip()} \\\n" in clean.read("requirements.lock")
    assert clean.run("nbtasks", "lock", "--check", UV_OFFLINE="1", UV_NO_CACHE="1").stdout == ""
    unused = clean.run("nbtasks", "requirements", check=False).stdout
    assert f"  {SMALL}\n" in unused  # nothing imports it yet
    assert clean.run("nbtasks", "add", SMALL, check=False).returncode == 1
    assert clean.read("requirements.txt").count(SMALL) == 1
