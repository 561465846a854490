"""Tasks come, are renamed and go; none comes back, and no notebook is advised away too early."""

from __future__ import annotations

import pytest
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, QuickDesk, assert_offers_both


def test_task_removed(desk: QuickDesk) -> None:
    desk.git("rm", "--quiet", TASK)
    desk.commit()
    desk.sync()
    desk.git("switch", "--create", "other")
    assert not (desk.path / TASK).exists()
    assert desk.git("ls-files", TASK) == ""
    assert desk.outputs()[SECOND] == "before"


def test_task_renamed(desk: QuickDesk) -> None:
    desk.git("mv", TASK, "tasks/tidy.py")
    desk.commit()
    desk.sync()
    assert desk.outputs("notebooks/tidy.ipynb") == desk.outputs()
    assert not (desk.path / TASK).exists()
    assert desk.in_head("tasks/tidy.py") == SCRIPT
    desk.edit_notebook(FIRST, "first = 11")  # in the notebook of the former name
    assert_offers_both(desk.sync("--check", check=False))
    assert not (desk.path / TASK).exists()


def test_new_notebook_without_a_script(desk: QuickDesk) -> None:
    desk.write("notebooks/new.ipynb", desk.read(NOTEBOOK).replace("first", "other"))
    desk.other_commit()
    printed = desk.refused()
    assert_offers_both(printed, "new")
    assert_offers_both(desk.git("switch", "--create", "other"), "new")
    assert not (desk.path / "tasks/new.py").exists()
    assert "name it in pipeline.yaml" in desk.sync()
    assert desk.read("tasks/new.py") == SCRIPT.replace("first", "other")
    desk.git("add", "--all")
    desk.commit()
    assert desk.in_head("tasks/new.py") == SCRIPT.replace("first", "other")
    assert set(desk.outputs("notebooks/new.ipynb").values()) == {"before"}


def test_new_notebook_in_the_wrong_folder(desk: QuickDesk) -> None:
    desk.write("tasks/Untitled.ipynb", desk.read(NOTEBOOK))
    desk.write("tasks/.ipynb_checkpoints/clean.ipynb", desk.read(NOTEBOOK))
    printed = desk.sync()
    assert "Untitled.ipynb is not paired. Next: move it to notebooks, nbtasks sync" in printed
    assert "checkpoints" not in printed


def test_new_notebook_that_stays_a_draft(desk: QuickDesk) -> None:
    desk.write("notebooks/new.ipynb", desk.read(NOTEBOOK).replace("first", "other"))
    before = desk.read("notebooks/new.ipynb")
    desk.sync("--keep-script", "new")
    desk.other_commit()
    desk.commit()
    desk.git("gc", "--quiet", "--prune=now")  # forgets the copy that was kept
    desk.sync()
    assert not (desk.path / "tasks/new.py").exists()
    assert desk.read("notebooks/new.ipynb") == before


@pytest.mark.parametrize("edited", [False, True])
def test_task_deleted_on_another_branch(desk: QuickDesk, edited: bool) -> None:
    desk.git("switch", "--create", "other")
    desk.git("rm", "--quiet", TASK)
    desk.commit()
    desk.git("switch", "main")
    if edited:
        desk.edit_notebook(FIRST, "first = 11")
    before = desk.read(NOTEBOOK)
    printed = desk.git("merge", "other")
    assert ("--keep-notebook clean" in printed) == edited
    printed = desk.sync(check=not edited)
    assert ("If its task is gone for good, delete it" in printed) != edited
    assert not (desk.path / TASK).exists()
    assert desk.read(NOTEBOOK) == before
    desk.other_commit()
    if edited:
        assert_offers_both(desk.refused())
        desk.sync("--keep-script", "clean")
    desk.commit()
    assert not (desk.path / TASK).exists()
    assert desk.read(NOTEBOOK) == before


@pytest.mark.parametrize("edited", [False, True])
def test_task_removed_without_its_memory(desk: QuickDesk, edited: bool) -> None:
    (desk.path / "notebooks/.sync.json").unlink()
    desk.git("rm", "--quiet", TASK)
    if edited:
        desk.edit_notebook(FIRST, "first = 11")
    printed = desk.sync(check=not edited)
    assert ("--keep-notebook clean" in printed) == edited
    assert not (desk.path / TASK).exists()


def test_task_removed_before_its_first_commit(desk: QuickDesk) -> None:
    desk.write("tasks/new.py", SCRIPT.replace("first", "other"))
    desk.sync()
    (desk.path / "tasks/new.py").unlink()
    assert_offers_both(desk.sync(check=False), "new")
    assert not (desk.path / "tasks/new.py").exists()


def test_checkpoints_of_jupyter_are_no_tasks(desk: QuickDesk) -> None:
    checkpoint = "notebooks/.ipynb_checkpoints/clean-checkpoint.ipynb"
    desk.write(checkpoint, desk.read(NOTEBOOK).replace("first", "other"))
    before = desk.files()
    assert desk.sync() == ""
    assert desk.files() == before


def test_task_in_a_folder(desk: QuickDesk) -> None:
    desk.write("notebooks/more/tidy.ipynb", desk.read(NOTEBOOK).replace("first", "other"))
    desk.nbtasks("sync", cwd=desk.path / "tasks")
    assert desk.read("tasks/more/tidy.py") == SCRIPT.replace("first", "other")
    desk.edit_notebook(SECOND, "second = 22", "notebooks/more/tidy.ipynb")
    assert_offers_both(desk.sync(check=False), "more/tidy")
    desk.sync("--keep-notebook", "more/tidy")
    assert "second = 22" in desk.read("tasks/more/tidy.py")


def test_unknown_task(desk: QuickDesk) -> None:
    done = desk.run("nbtasks", "sync", "--keep-notebook", "claen", check=False)
    assert done.returncode == 2 and "choose from clean, get" in done.stdout
    (desk.path / NOTEBOOK).unlink()
    done = desk.run("nbtasks", "sync", "--keep-script", "clean", check=False)
    assert done.returncode == 2 and "clean: choose from get" in done.stdout
