"""Any file that a person has is read, or refused with the reason and a command that works."""

from __future__ import annotations

import json
import re
import shlex
import shutil

import pytest
from conftest import match_of
from desk import FIRST, NOTEBOOK, SCRIPT, SECOND, TASK, QuickDesk, assert_offers_both


def test_text_that_is_not_ascii(desk: QuickDesk) -> None:
    desk.edit_notebook("Zürich", "東京 🐧")
    desk.git("commit", "--allow-empty", "-m", "x", check=False)
    assert "東京 🐧" in desk.refused("--allow-empty")
    desk.sync("--keep-notebook", "clean")
    desk.git("add", TASK)
    desk.commit()
    assert desk.in_head() == desk.read(TASK) == SCRIPT.replace("Zürich", "東京 🐧")
    assert "東京 🐧" in desk.code()


def test_a_terminal_that_lacks_letters(desk: QuickDesk) -> None:
    desk.edit_notebook("Zürich", "東京 🐧")
    desk.environ["PYTHONIOENCODING"] = "ascii"
    printed = desk.sync(check=False)
    assert r"+# Temperatures of \u6771\u4eac \U0001f427" in printed
    assert_offers_both(printed)


def test_windows_line_ends(desk: QuickDesk) -> None:
    desk.write(TASK, SCRIPT.replace(FIRST, "first = 11").replace("\n", "\r\n"))
    desk.git("add", TASK)
    desk.commit()
    assert desk.line_ends(TASK) == "i/lf w/crlf"  # as git stores it, as it is here
    assert desk.in_head() == SCRIPT.replace(FIRST, "first = 11")
    desk.sync()
    assert "first = 11" in desk.code() and "\r" not in desk.code()
    assert desk.outputs()[SECOND] == "before"
    before = desk.read(TASK)
    assert desk.sync() == ""
    assert desk.read(TASK) == before


def test_raw_data_is_stored_as_it_came(desk: QuickDesk) -> None:
    desk.write("data/raw/more.csv", "a,b\r\n1,2\r\n")
    desk.git("add", "--all")
    assert desk.line_ends("data/raw/more.csv") == "i/crlf w/crlf"


def test_file_that_is_not_a_notebook(desk: QuickDesk) -> None:
    desk.write(NOTEBOOK, "<<<<<<< not JSON\n")
    desk.other_commit()
    assert "nbtasks sync --keep-script clean" in desk.refused()
    printed = desk.sync("--keep-notebook", "clean", check=False)
    assert f"{NOTEBOOK} can't be read" in printed and "Traceback" not in printed
    assert desk.read(TASK) == SCRIPT
    printed = desk.sync("--keep-script", "clean")
    assert desk.brought_back(printed) == "<<<<<<< not JSON\n"
    assert SECOND in desk.code()
    desk.commit()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        *(("metadata", None), ("metadata", {"tags": "a"}), ("metadata", {"tags": [""]})),
        *(("metadata", {"title": 3}), ("source", None), ("outputs", None), ("outputs", [None])),
    ],
    ids=str,
)
def test_a_cell_that_is_malformed_is_read_or_refused(
    desk: QuickDesk, part: str, value: object
) -> None:
    notebook = json.loads(desk.read(NOTEBOOK))
    notebook["cells"][-1][part] = value
    del notebook["cells"][-1]["id"]
    notebook["cells"][0]["id"] = notebook["cells"][1]["id"]
    desk.write(NOTEBOOK, json.dumps(notebook))
    desk.edit_script(SECOND, "second = 22")
    printed = desk.sync(check=False)
    assert not re.search("Traceback|Warning|cell id", printed), printed
    if value or part == "source":
        assert f"{NOTEBOOK} can't be read" in printed
    else:
        assert "second = 22" in desk.code()


def test_a_picture_in_a_cell_that_is_deleted_can_be_had_back(desk: QuickDesk) -> None:
    notebook = json.loads(desk.read(NOTEBOOK))
    notebook["cells"][0]["attachments"] = {"i.png": {"image/png": "aGk="}}
    desk.write(NOTEBOOK, json.dumps(notebook))
    desk.edit_script("Temperatures", "Degrees")
    assert desk.sync().count("Refreshed") == 1 and "aGk=" in desk.read(NOTEBOOK)
    desk.write(TASK, desk.read(TASK).split("\n\n", 1)[1])
    printed = desk.sync()
    assert "aGk=" not in desk.read(NOTEBOOK)
    kept = re.findall(r"git cat-file -p (\w+)", printed)
    assert any("aGk=" in desk.git("cat-file", "-p", name) for name in kept), printed


def test_an_emptied_script_empties_the_notebook_and_the_text_can_be_had_back(
    desk: QuickDesk,
) -> None:
    desk.edit_script(SECOND, "second = 22")
    desk.sync()
    desk.write(TASK, "")
    assert "second = 22" in desk.brought_back(desk.sync())
    assert desk.sync() == "" and desk.cells() == []


NO_CELLS = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize("text", ["", NO_CELLS], ids=["no text", "no cells"])
def test_notebook_that_holds_nothing(desk: QuickDesk, text: str) -> None:
    desk.write(NOTEBOOK, text)
    desk.sync()
    assert SECOND in desk.code()


def test_notebook_that_lacks_a_minor_version(desk: QuickDesk) -> None:
    notebook = json.loads(desk.read(NOTEBOOK))
    del notebook["nbformat_minor"], notebook["metadata"]
    desk.write(NOTEBOOK, json.dumps(notebook))
    desk.edit_script(SECOND, "second = 22")
    desk.sync()
    assert "second = 22" in desk.code()
    assert desk.outputs()[FIRST] == "before"


def test_a_refresh_keeps_the_kernel(desk: QuickDesk) -> None:
    desk.write(NOTEBOOK, desk.read(NOTEBOOK).replace('"python3"', '"conda-x"'))
    desk.edit_script(SECOND, "second = 22")
    desk.sync()
    assert json.loads(desk.read(NOTEBOOK))["metadata"]["kernelspec"]["name"] == "conda-x"
    assert "second = 22" in desk.code()


def test_without_git(desk: QuickDesk) -> None:
    desk.environ["PATH"] = str(desk.path / "nowhere")
    assert not shutil.which("git", path=desk.environ["PATH"])
    assert desk.sync() == ""
    desk.edit_script(FIRST, "first = 11")
    desk.sync()  # nobody has touched the notebook
    assert "first = 11" in desk.code()
    desk.edit_notebook(SECOND, "second = 22")
    assert_offers_both(desk.sync(check=False))
    printed = desk.sync("--keep-script", "clean")
    kept = match_of(r"held before: a copy in (\S+)", printed)
    assert "second = 22" in desk.read(kept[1])
    assert SECOND in desk.code()
    assert "first = 11" in desk.code()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"clean": 1}'])
def test_a_memory_that_is_empty_or_cut_short(desk: QuickDesk, text: str) -> None:
    desk.write("notebooks/.sync.json", text)
    desk.other_commit()
    desk.commit()
    assert desk.sync() == ""


def test_a_script_with_a_byte_order_mark(desk: QuickDesk) -> None:
    desk.write(TASK, "\ufeff" + SCRIPT.replace(FIRST, "first = 11"))
    assert "took out the byte order mark" in desk.sync()
    assert desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert "first = 11" in desk.code() and "\ufeff" not in desk.code()


def test_a_script_in_another_encoding(desk: QuickDesk) -> None:
    (desk.path / TASK).write_bytes(SCRIPT.encode("cp1252"))
    before = desk.read(NOTEBOOK)
    for arguments in ([], ["--keep-script", "clean"], ["--keep-notebook", "clean"]):
        printed = desk.sync(*arguments, check=False)
        if "--keep-notebook" not in arguments:
            assert f"{TASK} is not UTF-8: byte 0xfc in line 4" in printed
            assert f"nbtasks sync --to-utf8 {TASK}" in printed
        assert "Traceback" not in printed
        assert desk.read(NOTEBOOK) == before
        (desk.path / TASK).write_bytes(SCRIPT.encode("cp1252"))
    desk.sync("--to-utf8", TASK)
    assert desk.read(TASK) == SCRIPT
    assert desk.sync() == ""


def test_what_is_no_percent_script_is_left_alone(desk: QuickDesk) -> None:
    desk.write("tasks/functions.py", "def get(product):\n    pass\n")
    desk.write("tasks/query.sql", "SELECT 1\n")
    desk.write("tasks/light.py", '# + tags=["parameters"]\nupstream = None\n\n# +\nx = 1\n')
    before = desk.files()
    assert "jupytext --to py:percent tasks/light.py" in desk.sync()
    assert desk.files() == before
    desk.run("jupytext", "--to", "py:percent", "tasks/light.py")
    desk.sync()
    assert "x = 1" in desk.code("notebooks/light.ipynb")


def test_a_notebook_that_a_pipeline_names_is_left_alone(desk: QuickDesk) -> None:
    desk.write("tasks/source.ipynb", desk.read(NOTEBOOK))
    desk.write("pipeline.other.yaml", "tasks:\n  - source: tasks/source.ipynb\n")
    assert desk.sync() == ""


def test_a_notebook_of_an_old_format(desk: QuickDesk) -> None:
    cell = {"cell_type": "code", "input": ["old = 1"], "outputs": [], "language": "python"}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    desk.write("notebooks/old.ipynb", json.dumps(old))
    desk.sync()
    assert "old = 1" in desk.read("tasks/old.py")
    desk.write("notebooks/new.ipynb", '{"nbformat": 9, "cells": []}')
    for arguments in ([], ["--keep-script", "new"], ["--keep-notebook", "new"]):
        printed = desk.sync(*arguments, check=False)
        assert "Traceback" not in printed
        assert desk.read("notebooks/new.ipynb") == '{"nbformat": 9, "cells": []}'


@pytest.mark.parametrize("minor", [0, 4])
def test_a_notebook_of_an_old_format_gives_way_to_its_script(desk: QuickDesk, minor: int) -> None:
    cell = {"cell_type": "code", "input": ["old = 1"], "outputs": [], "language": "python"}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    if minor:
        code = {"cell_type": "code", "source": "old = 1", "outputs": [], "metadata": {}}
        old = {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": [code]}
    desk.write("notebooks/old.ipynb", json.dumps(old))
    desk.write("tasks/old.py", "# %%\nnew = 2\n")
    printed = desk.sync("--keep-script", "old")
    assert "just now" not in printed
    assert "new = 2" in desk.code("notebooks/old.ipynb")
    assert desk.read("tasks/old.py") == "# %%\nnew = 2\n"
    assert desk.sync() == ""


def test_commands_can_be_typed_as_they_are_printed(desk: QuickDesk) -> None:
    name = "notebooks/EDA final v2.ipynb"
    desk.write(name, desk.read(NOTEBOOK).replace("first", "other"))
    printed = desk.sync("--check", check=False)
    command = match_of("To keep the notebook: *(.*)", printed)[1]
    printed = desk.run(*shlex.split(command)).stdout
    desk.run(*shlex.split(printed.split("Next: ")[1]))
    assert desk.git("status", "--short").endswith('"tasks/EDA final v2.py"')


def test_modules_of_the_project_do_not_get_in_the_way(desk: QuickDesk) -> None:
    """Whatever somebody's files are called: they are not those of the package."""
    for name in ("git.py", "notebooks.py", "project.py", "sync.py", "tools/__init__.py"):
        desk.write(name, "raise SystemExit('not mine')\n")
    desk.edit_script(SECOND, "second = 22")
    desk.run("python", "-m", "nbtasks", "sync", PYTHONPATH=str(desk.path / "tools"))
    assert "second = 22" in desk.code()
