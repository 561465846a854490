"""What may not be committed is refused by the hook that is meant for it, and nothing else is."""

from __future__ import annotations

import json

import pytest
from desk import FIRST, NOTEBOOK, SCRIPT, TASK, THIRD, Desk

pytestmark = pytest.mark.slow


def test_magics_and_functions(hooked: Desk) -> None:
    magic = "\n# %%\n# %matplotlib inline\nfirst\n"
    function = "\n\n# %%\ndef double(x):\n    return 2 * x\n\n\n# %%\ndouble(first)\n"
    hooked.write(TASK, SCRIPT + magic + function)
    hooked.git("add", TASK)
    hooked.commit()
    hooked.sync()
    assert "%matplotlib inline" in hooked.code().splitlines()
    hooked.run_notebook("after")
    before = hooked.read(NOTEBOOK)
    assert hooked.sync() == ""
    hooked.other_commit()
    hooked.commit()
    assert hooked.read(NOTEBOOK) == before


def test_what_jupyter_runs_can_be_committed(hooked: Desk) -> None:
    """Cells that await, and names that magics make, in the forms that jupytext writes."""
    cells = ["# files = !ls\nfiles", "# %%capture out\nprint(1)", "out.stdout", "await run(files)"]
    hooked.write(TASK, SCRIPT + "".join(f"\n# %%\n{cell}\n" for cell in cells))
    hooked.git("add", TASK)
    hooked.commit()
    hooked.sync()
    assert "files = !ls" in hooked.code() and "%%capture out" in hooked.code()
    hooked.run_notebook("after")
    before = hooked.read(NOTEBOOK)
    assert hooked.sync() == "" and hooked.read(NOTEBOOK) == before


def test_a_conflict_that_a_stash_left_is_said_alone(hooked: Desk) -> None:
    hooked.edit_script(FIRST, "first = 10")
    hooked.git("stash")
    hooked.edit_script(FIRST, "first = 11")
    hooked.git("commit", "--all", "-m", "Next")
    assert "CONFLICT" in hooked.git("stash", "pop", check=False)
    hooked.git("add", TASK)
    printed = hooked.refused()
    assert f"{TASK}:14:<<<<<<< Updated upstream" in printed
    assert "ruff" not in printed


def test_a_commit_and_a_checkout_that_pass_say_nothing_of_hooks(hooked: Desk) -> None:
    hooked.other_commit()
    assert len(hooked.commit().splitlines()) == 3  # git's own
    assert hooked.git("switch", "--create", "other") == "Switched to a new branch 'other'"
    assert hooked.git("checkout", "main") == "Switched to branch 'main'"


INJECTED = """\
# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: ploomber
#   ploomber:
#     injected_manually: true
# ---

""" + SCRIPT.replace(
    "# %% First",
    '# %% tags=["injected-parameters"]\nproduct = {"nb": "/home/ada/x"}\n\n\n# %% First',
)


def test_injected_parameters_are_taken_out(hooked: Desk) -> None:
    hooked.write(TASK, INJECTED)
    assert hooked.sync() == ""
    hooked.git("add", TASK)
    assert "took out the injected parameters" in hooked.refused()
    assert hooked.read(TASK) == SCRIPT
    assert "injected" not in hooked.code()
    hooked.git("add", TASK)
    hooked.other_commit()
    hooked.commit()
    assert hooked.in_head() == SCRIPT


def test_ploomber_inject_and_remove(hooked: Desk) -> None:
    committed = hooked.in_head("tasks/get.py")
    hooked.run("ploomber", "nb", "--inject")
    injected = hooked.read("tasks/get.py")
    assert str(hooked.path / "products") in injected
    hooked.git("add", "--all")
    hooked.refused()
    assert hooked.read("tasks/get.py") == committed
    hooked.write("tasks/get.py", injected)
    hooked.run("ploomber", "nb", "--remove")
    assert hooked.read("tasks/get.py") != committed  # it leaves a header
    hooked.git("add", "--all")
    hooked.refused()
    assert hooked.read("tasks/get.py") == committed


NOTEBOOK_WITH_OUTPUT = json.dumps(
    {"cells": [{"cell_type": "code", "outputs": [{"output_type": "stream"}]}], "nbformat": 4}
)


NOTEBOOK_WITHOUT = json.dumps(
    {"cells": [{"cell_type": "code", "outputs": [], "source": '{"output_type": "stream"}'}]}
)


AGAIN = " (has it changed files? git add, commit again)"
KEY = "-----BEGIN RSA {} KEY-----\nMIIE\n".format("PRIVATE")


@pytest.mark.parametrize(
    "name, text, message",
    [
        (
            "docs/a.ipynb",
            NOTEBOOK_WITH_OUTPUT,
            "no outputs in notebooks (jupyter nbconvert --clear-output FILE)",
        ),
        (
            "data/big.csv",
            "1,2,3\n" * 1_000_000,
            "no file over 5 MB (nbtasks docs data says where to put it)",
        ),
        ("key.txt", KEY, "no private key"),
        ("broken.yaml", "a: [1\n", "YAML can be read"),
        ("broken.toml", "a = \n", "TOML can be read"),
        ("src/unused.py", '"""Unused."""\n\nx = undefined\n', f"ruff check{AGAIN}"),
    ],
)
def test_refused(hooked: Desk, name: str, text: str, message: str) -> None:
    hooked.write(name, text)
    hooked.git("add", "--force", name)
    failed = [line for line in hooked.refused().splitlines() if line.endswith("Failed")]
    assert [line.split("....")[0] for line in failed] == [message]


def test_a_conflict_that_is_left_in_a_text_is_refused(hooked: Desk) -> None:
    hooked.git("switch", "--create", "other")
    hooked.write("notes.md", "This\n")
    hooked.git("add", "notes.md")
    hooked.commit()
    hooked.git("switch", "main")
    hooked.other_commit()
    hooked.commit()
    assert "CONFLICT" in hooked.git("merge", "other", check=False)
    hooked.git("add", "notes.md")
    assert "notes.md:1:<<<<<<< HEAD" in hooked.refused()


def test_notebook_without_outputs_is_accepted(hooked: Desk) -> None:
    hooked.write("docs/a.ipynb", NOTEBOOK_WITHOUT)
    hooked.git("add", "--force", "docs/a.ipynb")
    hooked.commit()


def test_ruff_leaves_notebook_idioms_alone(hooked: Desk) -> None:
    idioms = "\n# %%\nimport os\nimport ast\n\nos.sep\n\n# %%\nast.parse(\n    'x'\n)\nfirst\n"
    hooked.write(TASK, SCRIPT + idioms)
    hooked.git("add", TASK)
    hooked.refused()  # ruff format wants other quotes
    text = hooked.read(TASK)
    assert text == SCRIPT + idioms.replace("(\n    'x'\n)", '("x")')
    hooked.git("add", TASK)
    hooked.commit()


def test_ruff_removes_no_import_from_a_notebook(hooked: Desk) -> None:
    hooked.edit_script(THIRD, "third = 3")
    hooked.git("add", TASK)
    assert "`math` imported but unused" in hooked.refused()
    assert hooked.read(TASK) == hooked.in_index() == SCRIPT.replace(THIRD, "third = 3")
