"""Notebooks follow their scripts through branches, pulls, merges and stashes.

No edit and no output is lost on the way. That git calls sync is tested in
tests/template/test_hooks_and_branches.py.
"""

from __future__ import annotations

from pathlib import Path

from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, THIRD, QuickDesk, colleague_edits


def test_checkout_leaves_unstaged_work_and_its_outputs_alone(desk: QuickDesk) -> None:
    desk.save_both(THIRD, "third = math.ceil(33)")
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK), desk.read(TASK)
    desk.git("switch", "--create", "other")
    assert (desk.read(NOTEBOOK), desk.read(TASK)) == before
    desk.other_commit()
    desk.commit()
    assert (desk.read(NOTEBOOK), desk.read(TASK)) == before
    assert desk.in_head() == SCRIPT


def test_pull_with_a_stale_newer_notebook_and_an_edit_of_the_script(
    desk: QuickDesk, tmp_path: Path
) -> None:
    colleague_edits(desk, tmp_path, FIRST, "first = 11")
    desk.edit_script(THIRD, "third = math.ceil(33)")
    desk.run_notebook("after")  # the open tab saves itself: new outputs, old code
    desk.git("add", TASK)
    desk.commit()
    desk.git("pull", "--no-rebase", "--no-edit")
    merged = SCRIPT.replace(FIRST, "first = 11").replace(THIRD, "third = math.ceil(33)")
    assert desk.in_head() == desk.read(TASK) == merged
    assert "first = 11" in desk.code() and "third = math.ceil(33)" in desk.code()
    assert desk.outputs()[SECOND] == "after"


def test_a_stash_does_not_block_a_commit(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = 11")
    desk.git("stash")
    desk.other_commit()
    desk.commit()
    desk.git("stash", "pop")
    assert desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["first = 11"] == "before"
    assert desk.sync() == ""


def test_switching_branches_there_and_back(desk: QuickDesk) -> None:
    desk.git("switch", "--create", "other")
    desk.save_both(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.commit()
    desk.git("switch", "main")
    assert FIRST in desk.code() and "first = 11" not in desk.code()
    desk.git("switch", "other")
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_merge_conflict_in_a_task(desk: QuickDesk) -> None:
    desk.conflict()
    before = desk.read(NOTEBOOK)
    assert "merge conflict" in desk.sync()
    assert desk.read(NOTEBOOK) == before
    desk.write(TASK, SCRIPT.replace(FIRST, "first = 12"))
    desk.git("add", TASK)
    desk.commit()
    assert desk.in_head() == SCRIPT.replace(FIRST, "first = 12")
    desk.sync()
    assert "first = 12" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_shallow_clone_never_overwrites(desk: QuickDesk, tmp_path: Path) -> None:
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    clone = desk.clone(tmp_path / "clone", "--depth", "1")
    clone.write(NOTEBOOK, desk.read(NOTEBOOK))
    clone.sync(check=False)
    assert FIRST in clone.code()


def test_without_its_memory(desk: QuickDesk) -> None:
    (desk.path / "notebooks/.sync.json").unlink()
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    desk.sync()
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"
