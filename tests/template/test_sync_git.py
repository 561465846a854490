"""Notebooks follow their scripts through branches, pulls, merges and stashes.

No edit and no output is lost on the way.
"""

from __future__ import annotations

import pytest
from desk import (
    FIRST,
    NOTEBOOK,
    SCRIPT,
    SECOND,
    TASK,
    THIRD,
    Desk,
    assert_offers_both,
    colleague_edits,
    path_without_environment,
)

pytestmark = pytest.mark.slow


def test_edit_of_the_notebook_then_pull(desk, tmp_path):
    colleague = colleague_edits(desk, tmp_path, FIRST, "first = 11")
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    printed = desk.git("pull", "--no-rebase")
    assert_offers_both(printed)
    assert desk.in_head() == desk.read(TASK) == colleague.read(TASK)
    assert desk.outputs()["third = math.ceil(33)"] == "before"
    desk.other_commit()
    assert_offers_both(desk.refused())


def test_fresh_clone(desk, tmp_path):
    clone = desk.clone(tmp_path / "clone")
    clone.run("python", "bootstrap.py", "--environment", "current")
    assert SECOND in clone.code()
    clone.other_commit()
    clone.commit()
    assert clone.in_head() == clone.read(TASK) == SCRIPT
    assert clone.git("status", "--short") == ""


def test_pull_with_a_stale_newer_notebook_and_an_edit_of_the_script(desk, tmp_path):
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


def test_checkout_leaves_unstaged_work_and_its_outputs_alone(desk):
    desk.save_both(THIRD, "third = math.ceil(33)")
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK), desk.read(TASK)
    desk.git("switch", "--create", "other")
    assert (desk.read(NOTEBOOK), desk.read(TASK)) == before
    desk.other_commit()
    desk.commit()
    assert (desk.read(NOTEBOOK), desk.read(TASK)) == before
    assert desk.in_head() == SCRIPT


def test_discarding_the_script_leaves_the_notebook(desk):
    desk.save_both(FIRST, "first = 11")
    desk.sync()
    printed = desk.run("git", "checkout", "--", TASK).stdout
    assert_offers_both(printed)
    assert "To throw them away there too:  nbtasks sync --keep-script clean" in printed
    assert desk.read(TASK) == SCRIPT
    assert desk.outputs()["first = 11"] == "before"
    # It is said once, and again to who asks.
    assert "clean.ipynb" not in desk.run("git", "checkout", "--", TASK).stdout
    assert "clean.ipynb" not in desk.run("git", "switch", "--create", "other").stdout
    assert_offers_both(desk.sync(check=False))


def test_a_stash_does_not_block_a_commit(desk):
    desk.save_both(FIRST, "first = 11")
    desk.git("stash")
    desk.other_commit()
    desk.commit()
    desk.git("stash", "pop")
    assert desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["first = 11"] == "before"
    assert desk.sync() == ""


def test_switching_branches_there_and_back(desk):
    desk.git("switch", "--create", "other")
    desk.save_both(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.commit()
    desk.git("switch", "main")
    assert FIRST in desk.code() and "first = 11" not in desk.code()
    desk.git("switch", "other")
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_amend_and_rebase(desk):
    desk.git("switch", "--create", "other")
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "First")
    desk.git("switch", "main")
    desk.edit_script(THIRD, "third = math.ceil(33)")
    desk.git("commit", "--all", "-m", "Third")
    desk.git("rebase", "other")
    assert "first = 11" in desk.code() and "third = math.ceil(33)" in desk.code()
    assert desk.outputs()[SECOND] == "before"
    desk.edit_script(SECOND, "second = 22")
    desk.git("commit", "--all", "--amend", "--no-edit")
    assert "second = 22" in desk.code()


def test_merge_conflict_in_a_task(desk):
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


def test_shallow_clone_never_overwrites(desk, tmp_path):
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    clone = desk.clone(tmp_path / "clone", "--depth", "1")
    clone.write(NOTEBOOK, desk.read(NOTEBOOK))
    clone.sync(check=False)
    assert FIRST in clone.code()


def test_without_its_memory(desk):
    (desk.path / "notebooks/.sync.json").unlink()
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    desk.sync()
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_worktree(desk, tmp_path):
    desk.git("worktree", "add", str(tmp_path / "tree"), "-b", "other")
    tree = Desk(tmp_path / "tree", desk.package, desk.environ)
    assert SECOND in tree.code()  # made by the hook
    tree.edit_notebook(SECOND, "second = 22")
    tree.other_commit()
    assert_offers_both(tree.refused())
    tree.sync("--keep-notebook", "clean")
    tree.git("add", "--all")
    tree.commit()
    assert tree.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert desk.read(TASK) == desk.in_head() == SCRIPT
    assert desk.outputs()[SECOND] == "before"


def test_commit_from_a_client_without_the_environment(desk):
    desk.environ = {
        name: value for name, value in desk.environ.items() if name not in ("VIRTUAL_ENV", "PATH")
    }
    desk.environ["PATH"] = path_without_environment()
    desk.edit_notebook(SECOND, "second = 22")
    desk.other_commit()
    assert_offers_both(desk.refused())
    desk.edit_notebook("second = 22", SECOND)
    assert "Passed" not in desk.commit()  # nothing to say, so nothing is said
    desk.write("src/unused.py", '"""Unused."""\n\nx = undefined\n')
    desk.git("add", "src/unused.py")
    assert "ruff check" in desk.refused()  # it was run


def test_commit_without_an_environment_says_what_to_do(desk):
    for hook in (desk.path / ".git/hooks").glob("*[!e]"):
        text = hook.read_text("utf-8").replace(desk.environ["VIRTUAL_ENV"], "/nowhere")
        hook.write_text(text, "utf-8")
    desk.other_commit()
    assert "python bootstrap.py" in desk.refused()
    switched = desk.run("git", "switch", "--create", "other")  # done: it can't be refused
    assert "python bootstrap.py" in switched.stdout
