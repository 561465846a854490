"""The project is the one that somebody stands in, found upward from the current folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import forget

from nbtasks import project

TABLE = '[tool.nbtasks]\ntemplate = "gh:x/y"\n\n[tool.nbtasks.answers]\ncluster = "none"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a project, with its table, its pipeline and its package."""
    folder = tmp_path / "somebody's work" / "birds"
    (folder / "src" / "birds").mkdir(parents=True)
    (folder / "src" / "birds" / "__init__.py").touch()
    (folder / "tasks" / "more").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(TABLE, "utf-8")
    (folder / "pipeline.yaml").write_text("tasks: []\n", "utf-8")
    return folder


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder, as a new process would start there."""
    monkeypatch.chdir(folder)
    forget()


@pytest.mark.parametrize("where", [".", "tasks", "tasks/more", "src/birds"])
def test_it_is_found_from_each_of_its_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    stand_in(folder / where, monkeypatch)
    assert project.find() == project.root() == folder
    assert project.package() == folder / "src" / "birds"
    assert project.settings()["answers"] == {"cluster": "none"}


def test_a_folder_in_no_project_is_said_to_be_in_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs a folder all the same takes the one where it was started."""
    stand_in(folder.parent, monkeypatch)
    assert project.find() is None
    assert project.root() == folder.parent
    assert project.settings() == {}
    with pytest.raises(FileNotFoundError, match=r"no \*/__init__\.py"):
        project.package()


def test_a_pipeline_that_was_not_made_from_the_template_is_a_project_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "birds"\n', "utf-8")
    stand_in(folder / "tasks", monkeypatch)
    assert project.find() == folder
    assert project.settings() == {}


def test_a_pipeline_inside_of_a_project_belongs_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export or an example in a sub-folder has a pipeline.yaml, and no table of its own."""
    (folder / "tasks" / "more" / "pipeline.yaml").write_text("tasks: []\n", "utf-8")
    stand_in(folder / "tasks" / "more", monkeypatch)
    assert project.find() == folder


def test_the_nearest_of_two_projects_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = folder / "vendored"
    inner.mkdir()
    (inner / "pyproject.toml").write_text(TABLE, "utf-8")
    stand_in(inner, monkeypatch)
    assert project.find() == inner


def test_it_stays_the_same_for_as_long_as_a_process_lives(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task may change the current folder; the checks after it look at the same project."""
    stand_in(folder, monkeypatch)
    assert project.root() == folder
    monkeypatch.chdir(folder.parent)
    assert project.root() == folder
    assert project.package() == folder / "src" / "birds"
