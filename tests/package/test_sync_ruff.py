"""What ruff makes of a script at a commit is no edit of its notebook, on any branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, QuickDesk

#: As it is typed, and as ruff leaves it: the first of its commands, and the second.
TYPED = "first = {'a':1}; ok = f'no'\nfirst"
LEFT = 'first = {"a": 1}\nok = "no"\nfirst'


def reformat(desk: QuickDesk) -> None:
    """Do what the hooks of a commit do to the script, and stage it."""
    for words in (["format"], ["check", "--fix", "--exit-zero"]):
        desk.run("python", "-m", "ruff", *words, TASK)
    desk.git("add", TASK)


def in_jupyter(desk: QuickDesk) -> None:
    """Type it in Jupyter, which saves both, and let a commit note that."""
    desk.save_both(FIRST, TYPED)
    desk.git("add", TASK)
    desk.nbtasks("sync", "--check", PRE_COMMIT="1")


def in_jupyter_unnoticed(desk: QuickDesk) -> None:
    """Type it in Jupyter; an editor formats the script at once."""
    desk.save_both(FIRST, TYPED)


def without_memory(desk: QuickDesk) -> None:
    """Type it, and lose what sync remembers."""
    in_jupyter(desk)
    (desk.path / "notebooks" / ".sync.json").unlink()


WAYS = [in_jupyter, in_jupyter_unnoticed, without_memory]


@pytest.mark.parametrize("type_it", WAYS)
def test_switching_after_a_commit_blocks_nothing(
    desk: QuickDesk, type_it: Callable[..., Any]
) -> None:
    desk.git("switch", "--create", "other")
    type_it(desk)
    reformat(desk)
    desk.commit()
    assert "'" not in desk.in_head() and TYPED in desk.code()  # the notebook is as it was typed
    printed = desk.run("git", "switch", "main").stdout
    assert "nowhere else" not in printed and "taken out" not in printed
    assert desk.read(TASK) == SCRIPT and FIRST in desk.code()
    desk.other_commit()
    desk.commit()
    desk.run("git", "switch", "other")
    assert 'first = {"a": 1}' in desk.code()
    assert desk.outputs()[SECOND] == "before"


@pytest.mark.parametrize("type_it", WAYS)
def test_an_edit_beside_it_is_still_an_edit(desk: QuickDesk, type_it: Callable[..., Any]) -> None:
    """Two texts of which the trees are equal are not: a comment is an edit, too."""
    desk.git("switch", "--create", "other")
    type_it(desk)
    reformat(desk)
    desk.commit()
    desk.edit_notebook(SECOND, "second = 2  # not 3\nsecond")
    printed = desk.run("git", "switch", "main").stdout
    assert "has edits that are nowhere else" in printed
    assert "# not 3" in desk.code()
    desk.other_commit()
    assert "# not 3" in desk.refused()


def test_a_notebook_formatted_in_jupyter_is_no_edit_of_its_script(desk: QuickDesk) -> None:
    desk.save_both(FIRST, TYPED)
    desk.git("commit", "--all", "--no-verify", "--message", "As typed")
    desk.sync()
    desk.edit_notebook(TYPED, LEFT)
    desk.other_commit()
    desk.commit()
    printed = desk.sync()
    assert TYPED in desk.code()
    assert LEFT in desk.brought_back(printed)


def test_where_ruff_is_missing_or_fails_texts_are_as_they_are(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = (")
    desk.edit_notebook("first = (", "first = ((")
    desk.other_commit()
    assert "first = ((" in desk.refused()
    assert "first = ((" in desk.code(NOTEBOOK)
