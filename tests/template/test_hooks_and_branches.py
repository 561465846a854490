"""Notebooks follow their scripts through branches, pulls, merges and stashes.

No edit and no output is lost on the way.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import (
    FIRST,
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


def test_edit_of_the_notebook_then_pull(hooked: Desk, tmp_path: Path) -> None:
    colleague = colleague_edits(hooked, tmp_path, FIRST, "first = 11")
    hooked.edit_notebook(THIRD, "third = math.ceil(33)")
    printed = hooked.git("pull", "--no-rebase")
    assert_offers_both(printed)
    assert hooked.in_head() == hooked.read(TASK) == colleague.read(TASK)
    assert hooked.outputs()["third = math.ceil(33)"] == "before"
    hooked.other_commit()
    assert_offers_both(hooked.refused())


def test_fresh_clone(hooked: Desk, tmp_path: Path) -> None:
    clone = hooked.clone(tmp_path / "clone")
    clone.run("python", "bootstrap.py", "--environment", "current")
    assert SECOND in clone.code()
    clone.other_commit()
    clone.commit()
    assert clone.in_head() == clone.read(TASK) == SCRIPT
    assert clone.git("status", "--short") == ""


def test_discarding_the_script_leaves_the_notebook(hooked: Desk) -> None:
    hooked.save_both(FIRST, "first = 11")
    hooked.sync()
    printed = hooked.run("git", "checkout", "--", TASK).stdout
    assert_offers_both(printed)
    assert "To throw them away there too:  nbtasks sync --keep-script clean" in printed
    assert hooked.read(TASK) == SCRIPT
    assert hooked.outputs()["first = 11"] == "before"
    # It is said once, and again to who asks.
    assert "clean.ipynb" not in hooked.run("git", "checkout", "--", TASK).stdout
    assert "clean.ipynb" not in hooked.run("git", "switch", "--create", "other").stdout
    assert_offers_both(hooked.sync(check=False))


def test_amend_and_rebase(hooked: Desk) -> None:
    hooked.git("switch", "--create", "other")
    hooked.edit_script(FIRST, "first = 11")
    hooked.git("commit", "--all", "-m", "First")
    hooked.git("switch", "main")
    hooked.edit_script(THIRD, "third = math.ceil(33)")
    hooked.git("commit", "--all", "-m", "Third")
    hooked.git("rebase", "other")
    assert "first = 11" in hooked.code() and "third = math.ceil(33)" in hooked.code()
    assert hooked.outputs()[SECOND] == "before"
    hooked.edit_script(SECOND, "second = 22")
    hooked.git("commit", "--all", "--amend", "--no-edit")
    assert "second = 22" in hooked.code()


def test_worktree(hooked: Desk, tmp_path: Path) -> None:
    hooked.git("worktree", "add", str(tmp_path / "tree"), "-b", "other")
    tree = Desk(tmp_path / "tree", hooked.package, hooked.environ)
    assert SECOND in tree.code()  # made by the hook
    tree.edit_notebook(SECOND, "second = 22")
    tree.other_commit()
    assert_offers_both(tree.refused())
    tree.sync("--keep-notebook", "clean")
    tree.git("add", "--all")
    tree.commit()
    assert tree.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert hooked.read(TASK) == hooked.in_head() == SCRIPT
    assert hooked.outputs()[SECOND] == "before"


def test_commit_from_a_client_without_the_environment(hooked: Desk) -> None:
    hooked.environ = {
        name: value for name, value in hooked.environ.items() if name not in ("VIRTUAL_ENV", "PATH")
    }
    hooked.environ["PATH"] = path_without_environment()
    hooked.edit_notebook(SECOND, "second = 22")
    hooked.other_commit()
    assert_offers_both(hooked.refused())
    hooked.edit_notebook("second = 22", SECOND)
    assert "Passed" not in hooked.commit()  # nothing to say, so nothing is said
    hooked.write("src/unused.py", '"""Unused."""\n\nx = undefined\n')
    hooked.git("add", "src/unused.py")
    assert "ruff check" in hooked.refused()  # it was run


def test_commit_without_an_environment_says_what_to_do(hooked: Desk) -> None:
    for hook in (hooked.path / ".git/hooks").glob("*[!e]"):
        text = hook.read_text("utf-8").replace(hooked.environ["VIRTUAL_ENV"], "/nowhere")
        hook.write_text(text, "utf-8")
    hooked.other_commit()
    assert "python bootstrap.py" in hooked.refused()
    switched = hooked.run("git", "switch", "--create", "other")  # done: it can't be refused
    assert "python bootstrap.py" in switched.stdout
