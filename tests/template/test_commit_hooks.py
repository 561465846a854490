"""What may not be committed is refused by the hook that is meant for it, and nothing else is."""

from __future__ import annotations

import json

import pytest
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, THIRD

pytestmark = pytest.mark.slow


def test_magics_and_functions(desk):
    magic = "\n# %%\n# %matplotlib inline\nfirst\n"
    function = "\n\n# %%\ndef double(x):\n    return 2 * x\n\n\n# %%\ndouble(first)\n"
    desk.write(TASK, SCRIPT + magic + function)
    desk.git("add", TASK)
    desk.commit()
    desk.sync()
    assert "%matplotlib inline" in desk.code().splitlines()
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK)
    assert desk.sync() == ""
    desk.other_commit()
    desk.commit()
    assert desk.read(NOTEBOOK) == before


def test_what_jupyter_runs_can_be_committed(desk):
    """Cells that await, and names that magics make, in the forms that jupytext writes."""
    cells = ["# files = !ls\nfiles", "# %%capture out\nprint(1)", "out.stdout", "await run(files)"]
    desk.write(TASK, SCRIPT + "".join(f"\n# %%\n{cell}\n" for cell in cells))
    desk.git("add", TASK)
    desk.commit()
    desk.sync()
    assert "files = !ls" in desk.code() and "%%capture out" in desk.code()
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK)
    assert desk.sync() == "" and desk.read(NOTEBOOK) == before


def test_a_conflict_that_a_stash_left_is_said_alone(desk):
    desk.edit_script(FIRST, "first = 10")
    desk.git("stash")
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    assert "CONFLICT" in desk.git("stash", "pop", check=False)
    desk.git("add", TASK)
    printed = desk.refused()
    assert f"{TASK}:14:<<<<<<< Updated upstream" in printed
    assert "ruff" not in printed


def test_a_commit_and_a_checkout_that_pass_say_nothing_of_hooks(desk):
    desk.other_commit()
    assert len(desk.commit().splitlines()) == 3  # git's own
    assert desk.git("switch", "--create", "other") == "Switched to a new branch 'other'"
    assert desk.git("checkout", "main") == "Switched to branch 'main'"


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


def test_injected_parameters_are_taken_out(desk):
    desk.write(TASK, INJECTED)
    assert desk.sync() == ""
    desk.git("add", TASK)
    assert "took out the injected parameters" in desk.refused()
    assert desk.read(TASK) == SCRIPT
    assert "injected" not in desk.code()
    desk.git("add", TASK)
    desk.other_commit()
    desk.commit()
    assert desk.in_head() == SCRIPT


def test_injected_parameters_do_not_come_from_the_notebook_either(desk):
    notebook = json.loads(desk.read(NOTEBOOK))
    injected = json.loads(json.dumps(notebook["cells"][2]))
    injected |= {"source": "product = {}", "metadata": {"tags": ["injected-parameters"]}, "id": "x"}
    notebook["cells"].insert(3, injected)
    desk.write(NOTEBOOK, json.dumps(notebook))
    assert desk.sync() == ""
    desk.edit_notebook(SECOND, "second = 22")
    desk.sync("--keep-notebook", "clean")
    assert desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")


def test_ploomber_inject_and_remove(desk):
    committed = desk.in_head("tasks/get.py")
    desk.run("ploomber", "nb", "--inject")
    injected = desk.read("tasks/get.py")
    assert str(desk.path / "products") in injected
    desk.git("add", "--all")
    desk.refused()
    assert desk.read("tasks/get.py") == committed
    desk.write("tasks/get.py", injected)
    desk.run("ploomber", "nb", "--remove")
    assert desk.read("tasks/get.py") != committed  # it leaves a header
    desk.git("add", "--all")
    desk.refused()
    assert desk.read("tasks/get.py") == committed


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
def test_refused(desk, name, text, message):
    desk.write(name, text)
    desk.git("add", "--force", name)
    failed = [line for line in desk.refused().splitlines() if line.endswith("Failed")]
    assert [line.split("....")[0] for line in failed] == [message]


def test_a_conflict_that_is_left_in_a_text_is_refused(desk):
    desk.git("switch", "--create", "other")
    desk.write("notes.md", "This\n")
    desk.git("add", "notes.md")
    desk.commit()
    desk.git("switch", "main")
    desk.other_commit()
    desk.commit()
    assert "CONFLICT" in desk.git("merge", "other", check=False)
    desk.git("add", "notes.md")
    assert "notes.md:1:<<<<<<< HEAD" in desk.refused()


def test_notebook_without_outputs_is_accepted(desk):
    desk.write("docs/a.ipynb", NOTEBOOK_WITHOUT)
    desk.git("add", "--force", "docs/a.ipynb")
    desk.commit()


def test_ruff_leaves_notebook_idioms_alone(desk):
    idioms = "\n# %%\nimport os\nimport ast\n\nos.sep\n\n# %%\nast.parse(\n    'x'\n)\nfirst\n"
    desk.write(TASK, SCRIPT + idioms)
    desk.git("add", TASK)
    desk.refused()  # ruff format wants other quotes
    text = desk.read(TASK)
    assert text == SCRIPT + idioms.replace("(\n    'x'\n)", '("x")')
    desk.git("add", TASK)
    desk.commit()


def test_ruff_removes_no_import_from_a_notebook(desk):
    desk.edit_script(THIRD, "third = 3")
    desk.git("add", TASK)
    assert "`math` imported but unused" in desk.refused()
    assert desk.read(TASK) == desk.in_index() == SCRIPT.replace(THIRD, "third = 3")
