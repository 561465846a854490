"""What an update or a merge has left to do is said, also where nothing can be installed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import TEMPLATE, Project
from desk import committed, copy_of

from nbtasks.template.update import between

CHANGELOG = """\
# Changelog

## 3

- Three.

## 2

- Two.

## 1

- One.
"""


@pytest.fixture(scope="module")
def base(bake: Callable[..., Project]) -> Project:
    """Return a project that is committed; nothing of it is installed."""
    return committed(bake(example="empty"))


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    return copy_of(base, tmp_path)


def with_conflict(text: str, line: str) -> str:
    """Return a text with another line at its end, and a conflict there."""
    return f"{text}<<<<<<< ours\n{line}\n=======\n>>>>>>> theirs\n"


def without_ours(text: str) -> str:
    """Return a lock as it was before there was a package."""
    return re.sub(r"(?m)^nbtasks==.*\n(?: .*\n)*|^--find-links.*\n", "", text)


def boot(project: Project) -> list[str]:
    """Run bootstrap.py, which refuses; return the list of what to type."""
    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "Nothing was installed: an update or a merge is not finished." in done.stdout
    assert not (project.path / ".venv").exists()
    return re.findall(r"(?m)^  \d+\. (.*)$", done.stdout)


def test_a_lock_in_conflict_is_made_anew(project: Project) -> None:
    project.write("requirements.lock", with_conflict(project.read("requirements.lock"), "six==1"))
    assert boot(project) == ["nbtasks lock", "python bootstrap.py"]


def test_a_conflict_with_the_lock_of_an_earlier_version_takes_that_of_the_template(
    project: Project,
) -> None:
    lock = project.read("requirements.lock")
    project.write("requirements.lock", without_ours(lock))
    project.git("commit", "--quiet", "--all", "--message", "Before")
    project.write("requirements.lock", with_conflict(lock, "six==1"))
    assert boot(project) == [
        *("git checkout --theirs requirements.lock", "python bootstrap.py"),
        *("nbtasks lock", "python bootstrap.py"),
    ]


def test_a_lock_that_names_no_package_of_ours_is_said(project: Project, uv: Path) -> None:
    """The command that mends it works where nothing is installed."""
    project.write("requirements.lock", without_ours(project.read("requirements.lock")))
    first, second = boot(project)
    assert re.fullmatch(r"uv tool run --from vendor/nbtasks-\S+\.whl nbtasks lock", first)
    assert second == "python bootstrap.py"
    project.run(uv, *first.split()[1:])
    assert project.nbtasks("lock", "--check").stdout == ""


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.txt", ".pre-commit-config.yaml"])
def test_what_is_needed_to_install_is_solved_first(project: Project, name: str) -> None:
    project.write(name, with_conflict(project.read(name), "x"))
    first, second = boot(project)
    assert first == f"solve the conflict in {name}, then: git add {name}"
    assert second == "python bootstrap.py"


def test_without_a_package_in_vendor_and_lock_bootstrap_has_nothing_to_run(
    project: Project,
) -> None:
    project.write("requirements.lock", without_ours(project.read("requirements.lock")))
    next((project.path / "vendor").glob("*.whl")).unlink()
    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "is not the file that requirements.lock names: take it from git" in done.stdout


def test_a_rejected_part_of_the_lock_needs_no_hand(project: Project) -> None:
    project.write("requirements.lock.rej", "@@ -1,6 +1,8 @@\n")
    project.write("README.md.rej", "@@ -1,6 +1,8 @@\n")
    done = project.nbtasks("update", "--left", check=False)
    assert done.returncode == 1
    assert re.findall(r"(?m)^  \d+\. (.*)$", done.stdout)[:3] == [
        *("apply what README.md.rej holds by hand, then delete it", "nbtasks lock"),
        "python bootstrap.py",
    ]
    (project.path / "README.md.rej").unlink()
    project.nbtasks("lock")
    assert not (project.path / "requirements.lock.rej").exists()


def test_a_lock_that_names_no_folder_of_the_wheel_is_refused(project: Project) -> None:
    lock = project.read("requirements.lock").replace("--find-links vendor\n", "")
    project.write("requirements.lock", lock)
    done = project.nbtasks("lock", "--check", check=False)
    assert done.returncode == 1 and "it lacks the line --find-links vendor" in done.stdout


def test_edited_tools_of_an_earlier_version_are_said(project: Project) -> None:
    """A folder of that name that is the user's is not."""
    project.write("tools/mine.py", "")
    assert "tools/" not in project.nbtasks("update", "--left", check=False).stdout
    project.write("tools/answers.json", "{}")
    project.write("tools/report.py", "mine = 1\n")
    project.write("tools/__pycache__/report.pyc", "")
    project.git("add", "--all", "--force")
    project.git("commit", "--quiet", "--message", "Before")
    for name in ("answers.json", "mine.py"):
        (project.path / "tools" / name).unlink()
    done = project.nbtasks("update", "--left", check=False)
    assert done.returncode == 1
    assert "tools/ is of an earlier version" in done.stdout
    assert "change is in tools/report.py: move it to src/ or drop it" in done.stdout
    project.git("rm", "--quiet", "-r", "tools/report.py")
    assert "tools/" not in project.nbtasks("update", "--left", check=False).stdout


def test_a_text_with_markers_is_no_update(project: Project) -> None:
    """A project that tests what merges leave is not told of them for ever."""
    code = "from nbtasks.set_up import left; print(left.is_update())"
    ask = (sys.executable, "-c", code)
    where: dict[str, Any] = {"PYTHONPATH": str(TEMPLATE / "src")}
    project.write("tests/test_mine.py", 'TEXT = """\n<<<<<<< ours\n"""\n')
    project.git("add", "--all")
    assert project.run(*ask, **where).stdout == "False\n"
    project.git("commit", "--quiet", "--message", "Ours")
    project.git("switch", "--quiet", "--create", "other", "HEAD~1")
    project.write("tests/test_mine.py", "mine = 1\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Theirs")
    project.git("merge", "main", check=False)
    assert project.run(*ask, **where).stdout == "True\n"


@pytest.mark.parametrize(
    ("old", "shown"),
    [("1", "## 3\n\n- Three.\n\n## 2\n\n- Two."), ("2", "## 3\n\n- Three."), ("3", ""), ("0", "")],
)
def test_the_changelog_is_shown_from_the_old_version_on(old: str, shown: str) -> None:
    assert between(CHANGELOG, old) == shown
