"""Set-up tells git to keep outputs to your working copy, and the hooks hold back what escapes.

What happens to outputs and edits is tested in tests/package/test_sync_stripped.py.
"""

from __future__ import annotations

from pathlib import Path

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
    path_without_environment,
)

pytestmark = pytest.mark.slow


def test_git_has_no_outputs_and_the_working_copy_has(tracked: Desk) -> None:
    assert "before" not in tracked.in_head(NOTEBOOK)
    assert "second = 2" in tracked.in_head(NOTEBOOK)
    tracked.run_notebook("after")
    tracked.other_commit()
    tracked.git("add", "--all")
    assert tracked.git("status", "--short") == "A  notes.md"
    tracked.commit()
    assert set(tracked.outputs().values()) == {"after"}


def test_outputs_survive_a_merge_of_two_people(tracked: Desk, tmp_path: Path) -> None:
    colleague = tracked.clone(tmp_path / "colleague")
    colleague.run("python", "bootstrap.py", "--environment", "current")
    assert colleague.outputs() == {}
    colleague.save_both(FIRST, "first = 11")
    colleague.git("commit", "--all", "-m", "A colleague's work")
    tracked.save_both(THIRD, "third = math.ceil(33)")
    tracked.run_notebook("after")
    tracked.git("commit", "--all", "-m", "My work")
    tracked.git("pull", "--no-rebase", "--no-edit", colleague.path.as_uri(), "main")
    merged = SCRIPT.replace(FIRST, "first = 11").replace(THIRD, "third = math.ceil(33)")
    assert tracked.read(TASK) == tracked.in_head() == merged
    assert "first = 11" in tracked.code() and "third = math.ceil(33)" in tracked.code()
    assert tracked.outputs()[SECOND] == tracked.outputs()["third = math.ceil(33)"] == "after"
    assert tracked.git("status", "--short") == ""


def test_edit_of_a_notebook_in_git(tracked: Desk) -> None:
    tracked.edit_notebook(SECOND, "second = 22")
    path = path_without_environment()
    assert "## modified /cells/" in tracked.run("git", "diff", PATH=path).stdout  # by nbdime
    tracked.git("add", "--all")
    assert_offers_both(tracked.refused())
    tracked.sync("--keep-notebook", "clean")
    tracked.git("add", "--all")
    tracked.commit()
    assert tracked.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert "second = 22" in tracked.in_head(NOTEBOOK)
    assert tracked.outputs()["second = 22"] == "before"


def test_outputs_never_reach_git(tracked: Desk) -> None:
    tracked.git("config", "--remove-section", "filter.notebook")
    tracked.git("add", "--all", "--renormalize")
    tracked.run_notebook("after")
    tracked.git("add", "--all")
    assert f"{NOTEBOOK} has outputs" in tracked.refused()


def test_a_conflict_leaves_a_notebook_that_opens(tracked: Desk) -> None:
    tracked.conflict(PATH=path_without_environment())
    assert "first = 10" in tracked.code() and "first = 11" in tracked.code()


def test_a_script_can_be_committed_alone(tracked: Desk) -> None:
    tracked.save_both(FIRST, "first = 11")
    tracked.sync()
    tracked.commit(TASK)
    assert "first = 11" in tracked.in_head() and "first = 11" not in tracked.in_head(NOTEBOOK)
    assert "first = 11" in tracked.code()
    tracked.git("add", "--all")
    tracked.commit()
    assert "first = 11" in tracked.in_head(NOTEBOOK)
