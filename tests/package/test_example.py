"""`nbtasks drop-example` leaves the empty project, and all that somebody has edited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project
from desk import QuickDesk, copy_of, without_set_up

#: What is made anew, or is the project's own in both.
OTHERS = {".git", ".ruff_cache", "notebooks", ".vscode", "__pycache__"}


@pytest.fixture(scope="module")
def base(bake: Callable[..., Project], home: Path) -> QuickDesk:
    """Return a project with the example, all of it committed."""
    return without_set_up(bake(example="penguins"), home)


@pytest.fixture
def project(base: QuickDesk, tmp_path: Path) -> QuickDesk:
    """Return a copy of the project."""
    return copy_of(base, tmp_path)


def texts(folder: Path) -> dict[str, str]:
    """Return the texts of the files of a project, by their names."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not OTHERS & set(name.parts) and path.suffix != ".whl":
            found[name.as_posix()] = path.read_text("utf-8")
    return found


def test_the_empty_project_is_left(project: QuickDesk, bake: Callable[..., Project]) -> None:
    """Letter by letter, but for the number of rows of a sample."""
    done = project.nbtasks("drop-example")
    assert done.stdout.splitlines()[-5].startswith("Gone: clean, dashboard, explore, features")
    left, empty = texts(project.path), texts(bake(example="empty").path)
    assert left.keys() == empty.keys()
    left["env.yaml"] = left["env.yaml"].replace("sample_rows: 60", "sample_rows: 5")
    # The lock has more than it has to; `nbtasks lock` takes that out.
    assert {name for name in left if left[name] != empty[name]} == {"requirements.lock"}
    assert project.nbtasks("lock", "--check").returncode == 0
    project.git("checkout", ".")
    assert project.git("status", "--porcelain").split() == ["??", "data/raw/example.csv"]


def test_a_raw_file_of_ones_own_is_what_it_begins_with(project: QuickDesk) -> None:
    """With a schema of what is in it, and a test that passes."""
    project.write("data/raw/birds.csv", "seen at;count\nlake;2\nwood;\n")
    project.nbtasks("drop-example", "data/raw/birds.csv")
    assert "raw: data/raw/birds.csv" in project.read("pipeline.yaml")
    functions = project.read("src/my_pipeline/get.py")
    assert 'pd.read_csv(path, sep=";", dtype={"count": "Int64"})' in functions
    schemas = project.read("src/my_pipeline/schemas.py")
    assert '"seen at": pa.Column(str),  # lake, wood\n' in schemas
    assert '"count": pa.Column("Int64", nullable=True),  # 2 to 2\n' in schemas
    assert "penguin" not in schemas.lower() and "\n\n\n" not in schemas
    assert not (project.path / "data" / "raw" / "penguins.csv").exists()
    assert project.run("python", "-m", "pytest", "-q", "tests/test_get.py")


def test_what_was_edited_stays_and_so_does_what_it_needs(project: QuickDesk) -> None:
    """A task with its functions, its schema, and the task that it reads."""
    project.write("tasks/features.py", project.read("tasks/features.py") + "\n# %%\n1 + 1\n")
    project.git("commit", "--quiet", "--all", "--message", "Mine")
    printed = project.nbtasks("drop-example").stdout
    assert "features stays, since you have edited tasks/features.py." in printed
    assert "clean stays, since " in printed
    assert "Gone: dashboard, explore, style, train." in printed
    schemas = project.read("src/my_pipeline/schemas.py")
    assert '"features": FEATURES,' in schemas and "CONFUSION" not in schemas
    assert "SPECIES = " in schemas  # the schema of clean uses it
    assert (project.path / "data" / "raw" / "penguins.csv").exists()
    assert "joblib" not in project.read("requirements.txt")


@pytest.mark.parametrize("edit", ["tasks/get.py", "pipeline.yaml"])
def test_nothing_is_dropped_that_git_could_not_bring_back(project: QuickDesk, edit: str) -> None:
    """An edit that is not committed stops it, before anything is written."""
    project.write(edit, project.read(edit) + "\n# mine\n")
    before = texts(project.path)
    done = project.nbtasks("drop-example", check=False)
    assert done.returncode == 1 and "Nothing was changed. Commit first" in done.stdout
    assert texts(project.path) == before


def test_a_second_time_nothing_is_left(project: QuickDesk) -> None:
    project.nbtasks("drop-example")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Without the example")
    done = project.nbtasks("drop-example", check=False)
    assert done.returncode == 1 and "Nothing of the example is left." in done.stdout


def test_a_task_of_ones_own_keeps_what_it_reads(project: QuickDesk) -> None:
    """By `upstream`, or by an import."""
    project.nbtasks("new", "mine", "--upstream", "clean")
    project.write("tests/test_own.py", "from my_pipeline import style\n\n\ndef test(): ...\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Mine")
    printed = project.nbtasks("drop-example").stdout
    assert "clean stays, since tasks/mine.py needs it." in printed
    assert "style stays, since tests/test_own.py needs it." in printed
    assert '"clean": CLEAN,' in project.read("src/my_pipeline/schemas.py")
