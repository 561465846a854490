"""Refuse, in a sentence, what Ploomber answers with a traceback before it has made a task.

Read are the texts of pipeline.yaml and of the sources. What they don't tell, such as the
names of the tasks of a grid, is left to Ploomber.
"""

from __future__ import annotations

import ast
import datetime
import fnmatch
import graphlib
import itertools
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbtasks import notebooks
from nbtasks.errors import Refusal
from nbtasks.pipeline import options, parameters, pipeline_file, sources
from nbtasks.project import imports

#: The first line of a cell of parameters, in each format that jupytext writes.
TAGGED = re.compile(r"""^# (%%|\+).*["']parameters["']""", re.M)
#: Options of Ploomber's commands that change what is run.
LONG = {"--entry-point", "--force", "--partially", "--skip-upstream", "--debug", "--debuglater"}
LONG |= {"--log", "--log-file", "--source", "--on-finish", "--status"}
#: What stands for a parameter.
PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
#: How functions and SQL scripts name what they need.
NEEDED = re.compile(r"""\bupstream\[\s*["']([^"']+)["']\s*\]""")


def check() -> None:
    """Refuse a pipeline that can't be built, if a command that reads it has been typed.

    Raises
    ------
    Refusal
        If YAML can't be read or a source is missing; if an option is cut short; if a notebook
        gets a date, or the cell of its parameters has no tag; if a file under ``resources_``
        is missing; if tasks need each other in a circle; or if there is no task of the name
        after ``--partially``.
    """
    is_ploomber = options.is_ploomber(Path(sys.argv[0]))
    if not (is_ploomber or sys.argv[0].startswith("nbtasks ")):
        return
    sources.check()
    check_exact(sys.argv[1:])
    path = options.pipeline_path()
    tasks = pipeline_file.read_tasks(path)
    if not tasks:
        return  # Ploomber says what is wrong with the file
    meta = pipeline_file.read(path).get("meta") or {}
    needs = {}
    for name, task in tasks.items():
        cells = list(read_cells(path.parent / str(task["source"])))
        check_dates(path.name, name, task, is_notebook=bool(cells))
        check_resources(path.parent, name, task)
        if meta.get("extract_upstream", True):
            check_tag(str(task["source"]), cells)
            needs[name] = find_needed(path.parent / str(task["source"]), cells)
        else:
            given = task.get("upstream") or []
            needs[name] = {given} if isinstance(given, str) else {*given}
    check_circles(needs)
    is_whole = "import_tasks_from" not in meta and not any("grid" in t for t in tasks.values())
    if is_whole and "*" not in "".join(str(task["source"]) for task in tasks.values()):
        check_partially(sys.argv, list(tasks))


def check_exact(words: list[str]) -> None:
    """Refuse the beginning of an option, which Ploomber takes for the option itself."""
    known = {f"{options.CLI}{name.replace('.', '--')}" for name in parameters.in_files()} | LONG
    for word in (word.partition("=")[0] for word in words if word.startswith("--")):
        longer = sorted(option for option in known if option.startswith(word) and len(word) > 2)
        if longer and word not in known:
            raise Refusal(f"There is no option {word}. Did you mean {' or '.join(longer)}?")


def read_cells(source: Path) -> Iterator[tuple[bool, str]]:
    """Yield of each cell of a Python notebook whether it is tagged `parameters`, and its code."""
    if source.suffix == ".py" and source.is_file():
        text = source.read_text(encoding="utf-8", errors="replace")
        yield bool(TAGGED.search(text)), text
    elif source.suffix == ".ipynb" and source.is_file():
        try:
            notebook = notebooks.read_notebook(Path(os.path.relpath(source))) or {"cells": []}
        except notebooks.Unreadable as error:
            raise Refusal(str(error)) from None
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                yield "parameters" in notebooks.tags_of(cell), cell["source"]


def check_dates(where: str, name: str, task: Mapping[str, Any], is_notebook: bool) -> None:
    """Refuse a date among the parameters of a notebook: no notebook can hold one."""
    given = task.get("params")
    if not is_notebook or not isinstance(given, Mapping):
        return
    for key, value in parameters.flatten(given).items():
        if isinstance(value, datetime.date):
            raise Refusal(
                f"{where}: the parameter {key} of the task {name!r} is a date, which a notebook "
                f'can\'t get; with quotes it is a text: {key.split(".")[-1]}: "{value}"'
            )


def fill_in(text: str, values: Mapping[str, Any]) -> str:
    """Return a text with the placeholders filled in whose parameters are known."""
    return PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), text)


def check_resources(folder: Path, name: str, task: Mapping[str, Any]) -> None:
    """Refuse a file that a task reads and that is missing, as far as parameters tell its name."""
    params = task.get("params")
    files = params.get("resources_") if isinstance(params, Mapping) else None
    for file in files.values() if isinstance(files, Mapping) else ():
        values = parameters.in_use() if PLACEHOLDER.search(str(file)) else {}
        found = fill_in(str(file), values)
        if not PLACEHOLDER.search(found) and not (folder / found).is_file():
            from nbtasks.project import data

            hint = "\nIt is too large for git. To get it: nbtasks data"
            listed = found in data.read_list()
            raise Refusal(f"The task {name!r} reads {found}, which is missing{hint * listed}")


def check_tag(source: str, cells: list[tuple[bool, str]]) -> None:
    """Refuse a notebook that assigns `upstream` in a cell which is not tagged."""
    if any(is_tagged for is_tagged, _ in cells):
        return
    if any(assigned(text) is not None for _, text in cells):
        raise Refusal(
            f"{source}: the cell with `upstream = ...` has to have the tag `parameters`. In a "
            'script it begins with the line: # %% tags=["parameters"]'
        )


def assigned(code: str) -> set[str] | None:
    """Return the tasks that code assigns to `upstream`; None if it assigns nothing."""
    for node in imports.parse_cell(code).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "upstream":
            try:
                return {*(ast.literal_eval(node.value) or ())}
            except (ValueError, TypeError):
                return set()
    return None


def find_needed(source: Path, cells: list[tuple[bool, str]]) -> set[str]:
    """Return the tasks that a task needs, as far as its source tells."""
    if cells:
        return next((assigned(text) or set() for tagged, text in cells if tagged), set())
    if source.is_file():
        return {*NEEDED.findall(source.read_text(encoding="utf-8", errors="replace"))}
    module, _, function = source.name.rpartition(".")
    for _, file in list(imports.find_modules(module))[-1:]:
        nodes = [n for n in imports.read(file)[0].body if getattr(n, "name", "") == function]
        return {name for node in nodes for name in NEEDED.findall(ast.unparse(node))}
    return set()


def check_circles(needs: Mapping[str, set[str]]) -> None:
    """Refuse tasks that need each other."""
    try:
        graph = {
            name: {n for p in them for n in fnmatch.filter(needs, p)}
            for name, them in needs.items()
        }
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        raise Refusal(
            f"These tasks need each other in a circle, so that none can be the first: {circle}. "
            "Take a name out of the `upstream` of one of them"
        ) from None


def check_partially(words: list[str], tasks: list[str]) -> None:
    """Refuse the name of a task that does not exist."""
    for option, name in itertools.pairwise(words):
        if option in ("--partially", "-p") and not fnmatch.filter(tasks, name):
            raise Refusal(f"There is no task {name!r}. The tasks are: {', '.join(tasks)}")
