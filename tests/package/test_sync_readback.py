"""What sync writes reads back as the same cells, or it is not written and the cell is named.

Whatever is overwritten has been stored first, and the way back is printed.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import WINDOWS
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, THIRD, Desk, QuickDesk, assert_offers_both

from nbtasks.notebooks import Unreadable, actions, pairs

NEW = "notebooks/new.ipynb"


def write_cells(desk: Desk, *cells: tuple[str, str], **metadata: object) -> list[tuple[str, str]]:
    """Write a notebook with these types and sources; return them."""
    made: list[dict[str, Any]] = [
        {"cell_type": kind, "source": source, "metadata": {}, "id": f"c{number}"}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for number, (kind, source) in enumerate(cells)
    ]
    notebook = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    desk.write(NEW, json.dumps(notebook))
    return list(cells)


@pytest.mark.parametrize(
    "cells",
    [
        [("markdown", "```mermaid\ngraph TD\n%% a comment\nA --> B\n```"), ("code", "1")],
        [("code", "%%capture out\nprint(1)"), ("code", "files = !ls\nawait f()")],
        [("code", "%%bash\nls\necho '# %% x'"), ("raw", "a\n\nb\n%% c")],
        [("code", "x = '''\n# %% in a text\n'''"), ("markdown", "- [ ] a\n\n%%%")],
        [("raw", "A\n~~~"), ("code", "1"), ("raw", "B\n~~~"), ("markdown", "~~~\na\n~~~")],
    ],
    ids=["mermaid", "magics", "bash", "quotes", "underlines"],
)
def test_cells_come_back_from_the_script(desk: QuickDesk, cells: list[tuple[str, str]]) -> None:
    write_cells(desk, *cells)
    desk.sync()
    (desk.path / NEW).unlink()
    desk.sync()
    back = [(cell["cell_type"], "".join(cell["source"])) for cell in desk.cells(NEW)]
    assert back == cells


@pytest.mark.parametrize(
    "source, reason",
    [
        ("x = 1\n# %% more\ny = 2", "cell 2 holds the line '# %% more'"),
        ("# %% title\nx = 1", "cell 2 holds the line '# %% title'"),
        ("# In[3]:\nx = 1", "cell 2 holds the line '# In[3]:'"),
        ("x = 'a\u2028b'", 'cell 2 holds the character "\\u2028"'),
        ("x = 'a\u0085b'", 'cell 2 holds the character "\\u0085"'),
        ("x = 1\x0cy", 'cell 2 holds the character "\\u000c"'),
        ("x = '\0'", 'cell 2 holds the character "\\u0000"'),
        ("x = '\ud83d'", 'cell 2 holds the character "\\ud83d"'),
        ("x = '''", "cell 2 ("),
    ],
)
def test_what_a_script_can_not_hold_is_refused(desk: QuickDesk, source: str, reason: str) -> None:
    write_cells(desk, ("code", "1"), ("code", source), ("markdown", "end"))
    before = desk.read(NEW)
    printed = desk.sync(check=False)
    assert reason in printed and "Traceback" not in printed
    assert not (desk.path / "tasks/new.py").exists()
    assert desk.read(NEW) == before


def test_a_script_that_jupytext_breaks_is_not_made_a_notebook(desk: QuickDesk) -> None:
    before = desk.read(NOTEBOOK)
    desk.edit_script(SECOND, "second = 'a\u2028b'")
    assert 'tasks/clean.py has in line 18 the character "\\u2028"' in desk.sync(check=False)
    assert desk.read(NOTEBOOK) == before


def test_a_notebook_in_another_language_is_left_alone(desk: QuickDesk) -> None:
    kernel = {"name": "ir", "display_name": "R", "language": "R"}
    write_cells(desk, ("code", "x <- 1"), kernelspec=kernel)
    assert "new.ipynb is not in Python" in desk.sync()
    assert not (desk.path / "tasks/new.py").exists()
    desk.other_commit()
    desk.commit()


def test_what_a_script_does_not_hold_stays_in_the_notebook(desk: QuickDesk) -> None:
    notebook = json.loads(desk.read(NOTEBOOK))
    for cell in notebook["cells"]:
        cell["metadata"] |= {
            "slideshow": {"slide_type": "slide"},
            "jupyter": {"source_hidden": True},
        }
    notebook["cells"][0]["attachments"] = {"a.png": {"image/png": "aGk="}}
    notebook["metadata"]["rise"] = {"theme": "sky"}
    desk.write(NOTEBOOK, json.dumps(notebook))
    desk.edit_script(SECOND, "second = 22")
    desk.sync()
    assert "second = 22" in desk.code()
    kept = json.loads(desk.read(NOTEBOOK))
    assert kept["metadata"]["rise"] == {"theme": "sky"}
    assert kept["cells"][0]["attachments"] == {"a.png": {"image/png": "aGk="}}
    for cell, old in zip(kept["cells"], notebook["cells"], strict=True):
        assert cell["metadata"] == old["metadata"]


def test_an_undo_beside_an_edit_of_the_script_is_not_overwritten(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    desk.sync()
    desk.edit_notebook("first = 11", FIRST)
    desk.edit_script(THIRD, "third = math.ceil(33)")
    assert_offers_both(desk.sync(check=False))
    assert FIRST in desk.code()


@pytest.mark.parametrize("how", ["stash dropped", "added and reset"])
def test_a_text_that_git_has_seen_may_be_typed_again(desk: QuickDesk, how: str) -> None:
    desk.save_both(FIRST, "first = 11")
    if how == "stash dropped":
        desk.git("stash")
        desk.git("stash", "drop")
    else:
        desk.git("add", TASK)
        desk.git("reset", "--hard")
    assert_offers_both(desk.sync(check=False))
    assert "first = 11" in desk.code()
    printed = desk.sync("--keep-script", "clean")
    assert desk.brought_back(printed) == SCRIPT.replace(FIRST, "first = 11")


def test_an_edit_thrown_away_is_said_with_the_commands_and_holds_up_no_commit(
    desk: QuickDesk,
) -> None:
    desk.save_both(FIRST, "first = 11")
    desk.sync()
    printed = desk.git("checkout", "--", TASK)
    assert "To throw them away there too:  nbtasks sync --keep-script clean" in printed
    desk.other_commit()
    assert desk.commit().count("clean") == 0
    desk.sync("--keep-script", "clean")
    assert FIRST in desk.code() and desk.sync() == ""


def test_discard_puts_both_back_and_keeps_copies(desk: QuickDesk) -> None:
    desk.save_both(FIRST, "first = 11")
    printed = desk.sync("--discard", "clean")
    assert desk.brought_back(printed) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.read(TASK) == SCRIPT and FIRST in desk.code()
    assert desk.outputs()[SECOND] == "before"
    assert desk.sync() == ""
    desk.write("tasks/new.py", SCRIPT)
    desk.sync()
    assert "in no commit" in desk.sync("--discard", "new", check=False)
    assert desk.read("tasks/new.py") == SCRIPT


@pytest.mark.skipif(WINDOWS, reason="Windows has no such modes")
def test_modes_and_links_survive(desk: QuickDesk) -> None:
    (desk.path / "elsewhere.py").write_text(SCRIPT)
    (desk.path / TASK).unlink()
    os.symlink("../elsewhere.py", desk.path / TASK)
    (desk.path / "elsewhere.py").chmod(0o755)
    (desk.path / NOTEBOOK).chmod(0o640)
    desk.edit_notebook(SECOND, "second = 22")
    desk.sync("--keep-notebook", "clean")
    assert (desk.path / TASK).is_symlink()
    assert (desk.path / "elsewhere.py").stat().st_mode & 0o777 == 0o755
    assert "second = 22" in desk.read("elsewhere.py")
    desk.edit_script(FIRST, "first = 11")
    desk.sync()
    assert (desk.path / NOTEBOOK).stat().st_mode & 0o777 == 0o640


def test_nothing_is_overwritten_where_nothing_can_be_stored(
    desk: QuickDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left", str(path))

    desk.environ["PATH"] = str(desk.path / "nowhere")  # without git
    desk.edit_notebook(SECOND, "second = 22")
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", write)
        done = desk.nbtasks("sync", "--keep-script", "clean", check=False)
    assert done.returncode == 1 and "No space left" in done.stdout
    assert "second = 22" in desk.code()


@pytest.mark.parametrize("saved", [NOTEBOOK, TASK])
def test_what_is_saved_while_sync_works_is_not_overwritten(desk: QuickDesk, saved: str) -> None:
    desk.edit_notebook(SECOND, "second = 22")

    def save_meanwhile() -> None:
        pair = pairs.Pair("clean")
        assert pair.text and pair.as_script  # read before it is saved
        desk.write(saved, desk.read(saved).replace("third =", "typed_meanwhile ="))
        keep = actions.keep_script if saved == NOTEBOOK else actions.keep_notebook
        with pytest.raises(Unreadable) as refused:
            keep(pair)
        print(refused.value)

    printed = desk.call(save_meanwhile).stdout
    assert f"{saved} was saved just now. Next: nbtasks sync" in printed
    assert "typed_meanwhile" in desk.read(saved)


def test_injected_parameters_do_not_come_from_the_notebook_either(desk: QuickDesk) -> None:
    notebook = json.loads(desk.read(NOTEBOOK))
    injected = json.loads(json.dumps(notebook["cells"][2]))
    injected |= {"source": "product = {}", "metadata": {"tags": ["injected-parameters"]}, "id": "x"}
    notebook["cells"].insert(3, injected)
    desk.write(NOTEBOOK, json.dumps(notebook))
    assert desk.sync() == ""
    desk.edit_notebook(SECOND, "second = 22")
    desk.sync("--keep-notebook", "clean")
    assert desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")
