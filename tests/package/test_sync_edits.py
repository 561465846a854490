"""No edit of a script or a notebook gets lost, whatever is committed, and in whatever order.

Each test uses real git and does what the hooks do, then looks where everything is: in the
working tree, in the index, in HEAD and in the notebook.
"""

from __future__ import annotations

import os

import pytest
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, THIRD, QuickDesk, assert_offers_both


def test_keeping_the_script_keeps_a_copy_of_the_notebooks_edit(desk: QuickDesk) -> None:
    desk.edit_notebook(SECOND, "second = 22")
    printed = desk.sync("--keep-script", "clean")
    assert desk.brought_back(printed) == SCRIPT.replace(SECOND, "second = 22")
    assert desk.read(TASK) == SCRIPT
    assert desk.outputs()[FIRST] == "before"
    desk.other_commit()
    desk.commit()
    # and the same edit, made again, is an edit again
    desk.edit_notebook(SECOND, "second = 22")
    assert_offers_both(desk.sync("--check", check=False))


def test_script_edit_with_an_older_notebook(desk: QuickDesk) -> None:
    desk.edit_script(SECOND, "second = 22")
    desk.git("add", TASK)
    before = desk.read(NOTEBOOK)
    desk.commit()
    assert desk.in_head() == desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")
    assert desk.read(NOTEBOOK) == before
    desk.sync()
    assert "second = 22" in desk.code()
    assert desk.outputs()[FIRST] == desk.outputs()[THIRD] == "before"


def test_script_staged_then_the_old_notebook_is_run_again(desk: QuickDesk) -> None:
    desk.edit_script(SECOND, "second = 22")
    desk.git("add", TASK)
    desk.run_notebook("after")
    desk.commit()
    assert desk.in_head() == desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")
    assert set(desk.outputs().values()) == {"after"}
    desk.sync()
    assert desk.outputs()[FIRST] == "after"


def test_staged_and_unstaged_edits_of_the_script(desk: QuickDesk) -> None:
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.edit_script(THIRD, "third = math.ceil(33)")
    before = desk.read(NOTEBOOK)
    desk.commit()
    staged = SCRIPT.replace(FIRST, "first = 11")
    assert desk.in_head() == desk.in_index() == staged
    assert desk.read(TASK) == staged.replace(THIRD, "third = math.ceil(33)")
    assert desk.read(NOTEBOOK) == before


def test_staged_and_unstaged_edits_and_the_notebook_shows_the_latter(desk: QuickDesk) -> None:
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.save_both(THIRD, "third = math.ceil(33)")
    desk.edit_notebook(FIRST, "first = 11")
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK)
    desk.commit()
    assert desk.in_head() == SCRIPT.replace(FIRST, "first = 11")
    assert "first = 11" in desk.read(TASK) and "third = math.ceil(33)" in desk.read(TASK)
    assert desk.read(NOTEBOOK) == before


def test_script_staged_then_edit_of_the_notebook(desk: QuickDesk) -> None:
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    assert_offers_both(desk.refused())
    assert desk.in_index() == desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["third = math.ceil(33)"] == "before"


def test_staged_and_unstaged_edits_then_an_edit_of_the_notebook(desk: QuickDesk) -> None:
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.edit_script(SECOND, "second = 22")
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    assert_offers_both(desk.refused())
    staged = SCRIPT.replace(FIRST, "first = 11")
    assert desk.in_index() == staged
    assert desk.read(TASK) == staged.replace(SECOND, "second = 22")
    assert desk.outputs()["third = math.ceil(33)"] == "before"
    printed = desk.sync("--keep-notebook", "clean")
    assert desk.brought_back(printed) == staged.replace(SECOND, "second = 22")
    assert desk.read(TASK) == SCRIPT.replace(THIRD, "third = math.ceil(33)")


def test_edit_of_the_notebook_then_of_the_script(desk: QuickDesk) -> None:
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    assert_offers_both(desk.refused())
    assert desk.in_index() == desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["third = math.ceil(33)"] == "before"


def test_edit_of_the_notebook_then_add_all(desk: QuickDesk) -> None:
    desk.edit_notebook(SECOND, "second = 22")
    desk.other_commit()
    desk.git("add", "--all")
    assert_offers_both(desk.refused())
    assert desk.read(TASK) == SCRIPT
    assert desk.outputs()["second = 22"] == "before"


def test_nothing_to_do_writes_nothing(desk: QuickDesk) -> None:
    before = {name: os.stat(desk.path / name).st_mtime_ns for name in (TASK, NOTEBOOK)}
    assert desk.sync() == desk.sync("--check") == ""
    assert before == {name: os.stat(desk.path / name).st_mtime_ns for name in before}


def test_jupyter_saves_then_the_script_is_edited_on(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = 11")
    desk.edit_script(THIRD, "third = math.ceil(33)")
    desk.git("add", TASK)
    desk.commit()  # all that the notebook holds is in the script
    desk.sync()
    assert "third = math.ceil(33)" in desk.code() and "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


@pytest.mark.parametrize("staged", [False, True])
def test_script_edited_again_after_a_sync(desk: QuickDesk, staged: bool) -> None:
    """No commit has the version in between, and still nobody has edited the notebook."""
    desk.edit_script(FIRST, "first = 10")
    desk.sync()
    desk.edit_script("first = 10", "first = 11")
    if staged:
        desk.git("add", TASK)
        desk.commit()
    printed = desk.sync()
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"
    if not staged:
        assert desk.brought_back(printed) == SCRIPT.replace(FIRST, "first = 10")


def test_an_undo_in_the_notebook_is_an_edit(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.commit()
    desk.edit_notebook("first = 11", FIRST)
    desk.other_commit()
    assert_offers_both(desk.refused())
    assert desk.outputs()[FIRST] == "before"


def test_what_pre_commit_put_aside_may_be_discarded_later(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = 11")
    desk.other_commit()
    assert "Stashing unstaged files" in desk.commit()
    desk.git("checkout", "--", TASK)
    desk.write("notes.md", "More\n")
    desk.git("add", "notes.md")
    assert_offers_both(desk.refused())


def test_one_conflict_does_not_hold_up_the_other_tasks(desk: QuickDesk) -> None:
    desk.edit_notebook(SECOND, "second = 22")
    desk.edit_script("raw.head()", "raw.tail()", "tasks/get.py")
    assert_offers_both(desk.sync(check=False))
    assert "raw.tail()" in desk.code("notebooks/get.ipynb")
