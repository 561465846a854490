"""Write the parts of a notebook as the scripts of tasks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from tools import ROOT
from tools.importer.cells import added, body_of, code_cell
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
    own_names = []
    if PARAMETERS & names_in(part):  # the notebook has a `product` of its own
        inputs, outputs = (aliased(lines) for lines in (inputs, outputs))
        own_names = ["task_product, task_upstream = product, upstream"]
    late = [item for item in part.copies if not is_import(item) or item.binds & PARAMETERS]
    early = needed_to_load(flow, part)
    inputs = [
        *own_names,
        *(item.text for item in late if item in early),
        *inputs,
        *(item.text for item in late if item not in early),
    ]
    inputs = [use_files(text, task, files, upstream) for text in inputs]
    text = "\n".join([*inputs, *outputs])
    imports = [item.text for item in part.copies if item not in late]
    imports += ["import joblib"] * ("joblib." in text) + ["import pandas as pd"] * ("pd." in text)
    imports += ["import numpy as np"] * ("np.random." in text)
    imports += ["import random"] * bool(re.search(r"(?<!\.)\brandom\.[gs]etstate", text))
    moved = ", ".join(sorted(part.moved))
    imports += [f"from {PACKAGE.name}.{module} import {moved}"] * bool(moved)
    lines = [f"upstream = {sorted(upstream) or None}".replace("'", '"'), "product = None"]
    parameters = [*lines, *["resources_ = None"] * bool(task.resources)]
    lead = next((n for n, item in enumerate(own) if item.cell_type == "code"), len(own))
    body = [item for item in own[lead:] if item.source.strip() or item.cell_type != "code"]
    if not any(item.cell_type == "code" for item in body) and not inputs + outputs:
        outputs = ["# All of its code has moved to src/"]  # Ploomber wants a cell
    task.cells = [
        *own[:lead],
        *added("Imports", list(dict.fromkeys(imports))),
        code_cell("\n".join(parameters), tags=["parameters"]),
        *added("Inputs", inputs),
        *body,
        *added("Outputs", outputs),
    ]
    return task


def is_import(item: Statement) -> bool:
    """Tell whether a copied statement imports."""
    return item.kind == "import" or isinstance(item.node, (ast.Import, ast.ImportFrom))


def names_in(part: Part) -> set[str]:
    """Return the names that a part binds or loads."""
    return {*part.needs}.union(*(item.binds for item in part.statements + part.copies))


def aliased(lines: list[str]) -> list[str]:
    """Return lines that read and write by names that the notebook does not have."""
    return [re.sub(r"\b(product|upstream)\[", r"task_\1[", line) for line in lines]


def needed_to_load(flow: Flow, part: Part) -> list[Statement]:
    """Return what must be there before values are loaded: constants, classes, what these use."""
    wanted = set()
    for name, giver in part.needs.items():
        wanted |= {*flow.look(giver, name).get("classes", ())}
    found = [item for item in part.copies if item.kind == "constant"]
    while new := [item for item in part.copies if item.binds & wanted and item not in found]:
        found += new
        wanted = wanted.union(*(item.needs for item in new))
    return found


def use_files(text: str, task: Task, files: Files, upstream: set[str]) -> str:
    """Return code that takes its files from the pipeline; note them in the task."""
    for name, (key, path) in files.reads.items():
        shell = rf"(?m)^(\s*!.*\s){re.escape(name)}(?=\s|$)"
        if quoted(name).search(text) or re.search(shell, text):
            task.resources[key] = path
            text = quoted(name).sub(f'resources_["{key}"]', re.sub(shell, rf"\1{path}", text))
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
        path = f'upstream["{flow.parts[giver].name}"]["{key_for(name)}"]'
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
        key = key_for(name)
        task.products[key] = f"{part.name}/{name}.{'parquet' if table else 'joblib'}"
        value = RANDOM[name][1] if name in RANDOM else name
        write = f"{name}.to_parquet(" if table else f"joblib.dump({value}, "
        lines.append(f'{write}product["{key}"])')
    return lines


def key_for(name: str) -> str:
    """Return the key of the product that a value becomes; `nb` is the executed notebook."""
    return "nb_value" if name == "nb" else name


def is_table(flow: Flow, index: int, name: str) -> bool:
    """Tell whether a run saw that a value is a table that parquet keeps as it is."""
    return "columns" in flow.look(index, name)
