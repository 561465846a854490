"""The git hooks find edits that a script lacks, also beside what pre-commit puts aside.

That no edit gets lost, whatever is committed, is tested in tests/package/test_sync_edits.py.
"""

from __future__ import annotations

import pytest
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, THIRD, Desk, assert_offers_both

pytestmark = pytest.mark.slow


def test_notebook_edit_then_commit_of_something_else(hooked: Desk) -> None:
    hooked.edit_notebook(SECOND, "second = 22")
    hooked.other_commit()
    printed = hooked.refused()
    assert "-second = 2" in printed and "+second = 22" in printed
    assert_offers_both(printed)
    assert hooked.read(TASK) == hooked.in_index() == SCRIPT
    assert hooked.outputs()["second = 22"] == "before"

    hooked.sync("--keep-notebook", "clean")
    hooked.git("add", "--all")
    hooked.commit()
    assert hooked.read(TASK) == hooked.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert hooked.outputs()["second = 22"] == "before"


def test_partial_staging_of_one_file(hooked: Desk) -> None:
    hooked.save_both(FIRST, "first = 11")
    hooked.save_both(THIRD, "third = math.ceil(33)")
    hooked.run_notebook("after")
    before = hooked.read(NOTEBOOK)
    whole = hooked.read(TASK)
    staged = SCRIPT.replace(FIRST, "first = 11")
    hooked.write("staged.py", staged)
    blob = hooked.git("hash-object", "-w", "staged.py")
    (hooked.path / "staged.py").unlink()
    hooked.git("update-index", "--cacheinfo", f"100644,{blob},{TASK}")  # as `git add -p` does
    hooked.commit()
    assert hooked.in_head() == staged
    assert hooked.read(TASK) == whole
    assert hooked.read(NOTEBOOK) == before


def test_what_pre_commit_put_aside_earlier_does_not_count(hooked: Desk) -> None:
    hooked.save_both(FIRST, "first = 11")
    hooked.other_commit()
    assert "Stashing unstaged files" in hooked.commit()
    hooked.write(TASK, SCRIPT.replace(THIRD, "third = math.ceil(33)"))
    hooked.git("add", TASK)
    assert_offers_both(hooked.refused())  # first = 11 is nowhere else
    hooked.write(TASK, SCRIPT)
    assert_offers_both(hooked.sync(check=False))
    assert hooked.outputs()["first = 11"] == "before"


def test_what_pre_commit_put_aside_last_counts(hooked: Desk) -> None:
    for number in ("first = 11", "first = 12"):
        hooked.write(TASK, SCRIPT.replace(FIRST, number))
        hooked.git("add", TASK)
        hooked.save_both(THIRD, "third = math.ceil(33)")
        hooked.write(NOTEBOOK, hooked.read(NOTEBOOK).replace("first = 1\\nfirst", number))
        hooked.commit()
        assert hooked.in_head() == SCRIPT.replace(FIRST, number)
        hooked.edit_notebook("third = math.ceil(33)", THIRD)
        hooked.edit_notebook(number, FIRST)
