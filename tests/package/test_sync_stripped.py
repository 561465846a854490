"""With notebooks in git: git has no outputs, your working copy keeps them, edits are kept too."""

from __future__ import annotations

import json

from desk import (
    FIRST,
    NOTEBOOK,
    SCRIPT,
    SECOND,
    TASK,
    THIRD,
    QuickDesk,
    assert_offers_both,
)


def test_scripts_and_notebooks_are_committed_together(stripped: QuickDesk) -> None:
    """A notebook in git that is behind its script stops the commit, and says what to do."""
    stripped.write(TASK, SCRIPT.replace(FIRST, "first = 11"))
    stripped.git("add", "--all")
    assert "nbtasks sync, git add notebooks" in stripped.refused()
    stripped.run("nbtasks", "sync")
    stripped.git("add", "notebooks")
    stripped.commit()
    assert "first = 11" in stripped.in_head() and "first = 11" in stripped.in_head(NOTEBOOK)


def test_outputs_survive_what_pre_commit_puts_aside(stripped: QuickDesk) -> None:
    stripped.save_both(FIRST, "first = 11")
    stripped.run_notebook("after")
    stripped.other_commit()
    assert "Stashing unstaged files" in stripped.commit()
    assert stripped.in_head() == SCRIPT
    assert stripped.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert stripped.outputs()["first = 11"] == "after"
    assert set(stripped.outputs().values()) == {"after"}


def test_a_merge_conflict_is_solved_in_the_script(stripped: QuickDesk) -> None:
    stripped.conflict()
    assert "<<<<<<< " in stripped.code()
    stripped.write(TASK, SCRIPT.replace(FIRST, "first = 12"))
    stripped.sync()
    stripped.git("add", "--all")
    stripped.commit()
    assert "first = 12" in stripped.in_head() and "first = 12" in stripped.in_head(NOTEBOOK)
    assert stripped.outputs()[SECOND] == "before"


def test_who_ran_a_notebook_and_when_is_no_change(stripped: QuickDesk) -> None:
    notebook = json.loads(stripped.read(NOTEBOOK))
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.99"}
    notebook["cells"][-1]["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01"}
    stripped.write(NOTEBOOK, json.dumps(notebook))
    stripped.git("add", "--all")
    assert stripped.git("status", "--short") == ""


def test_cells_that_are_alike_keep_their_own_outputs(stripped: QuickDesk) -> None:
    notebook = json.loads(stripped.read(NOTEBOOK))
    for cell, text in zip(notebook["cells"][-2:], ("one", "two"), strict=True):
        cell |= {"source": "first"}
        cell["outputs"][0]["text"] = text
    stripped.write(NOTEBOOK, json.dumps(notebook))
    stripped.git("add", NOTEBOOK)
    (stripped.path / NOTEBOOK).unlink()
    stripped.git("checkout", "--", NOTEBOOK)
    assert [cell["outputs"][0]["text"] for cell in stripped.cells()[-2:]] == ["one", "two"]


def test_large_outputs_stay_on_disk(stripped: QuickDesk) -> None:
    stripped.save_both(FIRST, "first = 11")
    stripped.run_notebook("x" * 6_000_000)
    stripped.git("add", "--all")
    stripped.commit()
    assert "first = 11" in stripped.in_head(NOTEBOOK)
    assert len(stripped.outputs()[SECOND]) == 6_000_000


def test_a_file_that_is_no_notebook_is_stored_as_it_is(stripped: QuickDesk) -> None:
    stripped.write(NOTEBOOK, "not JSON\n")
    assert stripped.git("add", NOTEBOOK) == ""  # no traceback either
    assert stripped.in_index(NOTEBOOK) == "not JSON\n"


def test_a_cleared_output_does_not_come_back(stripped: QuickDesk) -> None:
    notebook = json.loads(stripped.read(NOTEBOOK))
    cleared = notebook["cells"][-1]
    cleared |= {"outputs": [], "execution_count": None}
    stripped.write(NOTEBOOK, json.dumps(notebook))
    stripped.save_both(FIRST, "first = 11")
    stripped.git("stash")
    stripped.git("stash", "pop")
    assert THIRD not in stripped.outputs()
    assert stripped.outputs()[SECOND] == "before"


def test_an_edit_in_a_notebook_with_a_conflict_is_an_edit(stripped: QuickDesk) -> None:
    stripped.conflict()
    stripped.edit_notebook(SECOND, "second = 22")
    stripped.write(TASK, SCRIPT.replace(FIRST, "first = 12"))
    assert_offers_both(stripped.sync(check=False))
    assert "second = 22" in stripped.code()


def test_choosing_a_side_of_a_conflict_succeeds(stripped: QuickDesk) -> None:
    stripped.conflict()
    stripped.git("checkout", "--theirs", TASK)
    assert "first = 10" in stripped.read(TASK)
