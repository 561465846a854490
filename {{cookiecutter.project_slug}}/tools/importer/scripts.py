"""Write the parts of a notebook as the scripts of tasks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from tools import ROOT
from tools.importer.flow import Flow
from tools.importer.parts import RANDOM, Part
from tools.importer.statements import Statement

PACKAGE = next((ROOT / "src").glob("*/__init__.py")).parent
#: Titles of the cells that the import adds.
ADDED = {"Imports", "Inputs", "Outputs"}
PARAMETERS = {"upstream", "product", "resources_"}


@dataclass
class Files:
    """Files that the notebook reads and writes: text in its code -> key and path."""

    reads: dict[str, tuple[str, str]] = field(default_factory=dict)
    writes: dict[str, tuple[str, str]] = field(default_factory=dict)
    writers: dict[str, str] = field(default_factory=dict)  #: text -> task that wrote it first


@dataclass
class Task:
    """What is written for a part."""

    part: Part
    cells: list[Any]
    products: dict[str, str]
    resources: dict[str, str]
    images: dict[str, bytes] = field(default_factory=dict)


def make_task(flow: Flow, index: int, cells: list[Any], module: str, files: Files) -> Task:
    """Turn a part into a task.

    Parameters
    ----------
    flow
        What flows between the parts.
    index
        Number of the part.
    cells
        The cells of the notebook.
    module
        Name of the module that has the functions.
    files
        Files that the notebook reads and writes.

    Returns
    -------
    Task
        With the cells of its script.
    """
    part = flow.parts[index]
    task = Task(part, [], {"nb": f"{part.name}.ipynb"}, {})
    own = [body_of(cells[number - 1], number, part, flow.moved) for number in part.cells]
    upstream = {flow.parts[giver].name for giver in part.needs.values()}
    for item in own:
        if item.cell_type == "code":
            item.source = use_files(item.source, task, files, upstream)
    inputs, outputs = load_lines(flow, part), save_lines(flow, index, task)
    late = [
        item.text for item in part.copies if item.kind not in ("import", "names") or clashes(item)
    ]
    inputs += [use_files(text, task, files, upstream) for text in late]
    if any(name in item.binds for item in part.statements + part.copies for name in PARAMETERS):
        inputs.insert(0, "task_product = product")  # the notebook has a `product` of its own
        outputs = [line.replace("product[", "task_product[") for line in outputs]
    text = "\n".join([*inputs, *outputs])
    imports = [item.text for item in part.copies if item.text not in late]
    imports += ["import joblib"] * ("joblib." in text) + ["import pandas as pd"] * ("pd." in text)
    imports += ["import numpy as np"] * ("np.random." in text)
    imports += ["import random"] * bool(re.search(r"(?<!\.)\brandom\.[gs]etstate", text))
    moved = ", ".join(sorted(part.moved))
    imports += [f"from {PACKAGE.name}.{module} import {moved}"] * bool(moved)
    lines = [f"upstream = {sorted(upstream) or None}".replace("'", '"'), "product = None"]
    parameters = [*lines, *["resources_ = None"] * bool(task.resources)]
    lead = next((n for n, item in enumerate(own) if item.cell_type == "code"), len(own))
    task.cells = [
        *own[:lead],
        *added("Imports", list(dict.fromkeys(imports))),
        code_cell("\n".join(parameters), tags=["parameters"]),
        *added("Inputs", inputs),
        *(item for item in own[lead:] if item.source.strip() or item.cell_type != "code"),
        *added("Outputs", outputs),
    ]
    return task


def code_cell(source: str, **metadata: Any) -> Any:
    """Return a cell of code."""
    from nbformat.v4 import new_code_cell

    return new_code_cell(source, metadata=metadata)


def added(title: str, lines: list[str]) -> list[Any]:
    """Return a cell with a title, if there is something in it."""
    return [code_cell("\n".join(lines), title=title)] if lines else []


def clashes(item: Statement) -> bool:
    """Tell whether a copied import has the name of a parameter."""
    return bool(item.binds & PARAMETERS)


def body_of(cell: Any, number: int, part: Part, moved: set[str]) -> Any:
    """Return a cell without what moves to the module, and without results."""
    from nbformat import from_dict

    tags = [tag for tag in cell.metadata.get("tags", []) if tag != "parameters"]
    copy = from_dict({**cell, "metadata": {"tags": tags} if tags else {}})
    if cell.cell_type != "code":
        return copy
    gone = {
        line
        for item in part.statements
        if item.cell == number and item.binds & moved
        for line in item.lines
    }
    lines = silenced(cell.source, [item for item in part.statements if item.cell == number])
    kept = "\n".join(line for place, line in enumerate(lines) if place not in gone)
    copy.source = re.sub(r"\n{3,}", "\n\n", kept).strip("\n") if gone else kept
    copy.metadata["import"] = number  # to find its outputs again; not written to the script
    copy.outputs, copy.execution_count = [], None
    return copy


def silenced(source: str, statements: list[Statement]) -> list[str]:
    """Return the lines of a cell; `_ = ` hides a result where `;` did, which no formatter keeps."""
    lines, last = source.rstrip().splitlines(), statements[-1:]
    if lines and lines[-1].endswith(";") and last and isinstance(last[0].node, ast.Expr):
        start = last[0].lines.start
        if not lines[start].startswith(("%", "!")) and last[0].text.startswith(lines[start][:5]):
            lines[start] = "_ = " + lines[start]
            lines[-1] = lines[-1].rstrip("; ")
    return lines


def use_files(text: str, task: Task, files: Files, upstream: set[str]) -> str:
    """Return code that takes its files from the pipeline; note them in the task."""
    for name, (key, path) in files.reads.items():
        if quoted(name).search(text):
            task.resources[key] = path
            text = quoted(name).sub(f'resources_["{key}"]', text)
    for name, (key, path) in files.writes.items():
        if not quoted(name).search(text):
            continue
        writer = files.writers.setdefault(name, task.part.name)
        if writer == task.part.name:
            task.products[key] = f"{writer}/{path}"
            text = quoted(name).sub(f'product["{key}"]', text)
        else:
            upstream.add(writer)
            text = quoted(name).sub(f'upstream["{writer}"]["{key}"]', text)
    return text


def quoted(text: str) -> re.Pattern[str]:
    """Return what finds a text where it stands in quotes."""
    return re.compile(rf"(?<!\w)[rRuU]?([\"']){re.escape(text)}\1")


def load_lines(flow: Flow, part: Part) -> list[str]:
    """Return the lines that read what earlier tasks made."""
    lines = []
    for name, giver in sorted(part.needs.items(), key=lambda item: (item[1], item[0])):
        path = f'upstream["{flow.parts[giver].name}"]["{name}"]'
        if name in RANDOM:
            lines.append(f"{RANDOM[name][2]}(joblib.load({path}))")
        elif is_table(flow, giver, name):
            lines.append(f"{name} = pd.read_parquet({path})")
        else:
            lines.append(f"{name} = joblib.load({path})")
    return lines


def save_lines(flow: Flow, index: int, task: Task) -> list[str]:
    """Return the lines that write what later tasks need; note the products."""
    lines, part = [], flow.parts[index]
    for name in sorted(part.gives):
        table = is_table(flow, index, name)
        task.products[name] = f"{part.name}/{name}.{'parquet' if table else 'joblib'}"
        value = RANDOM[name][1] if name in RANDOM else name
        write = f"{name}.to_parquet(" if table else f"joblib.dump({value}, "
        lines.append(f'{write}product["{name}"])')
    return lines


def is_table(flow: Flow, index: int, name: str) -> bool:
    """Tell whether a run saw that a value is a table that parquet keeps as it is."""
    return "columns" in flow.look(index, name)
