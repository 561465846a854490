"""Write the parts of a notebook as the scripts of tasks."""

import ast
import json
from dataclasses import dataclass, field
from typing import Any

from nbformat.v4 import new_code_cell

from nbtasks.importer.cells import body_of, import_text
from nbtasks.importer.files import Files
from nbtasks.importer.flow import Flow
from nbtasks.importer.functions import SET_UP
from nbtasks.importer.parts import Part
from nbtasks.importer.statements import Statement
from nbtasks.project import package

#: Titles of the cells that the import adds.
ADDED = {"Imports", "Inputs", "Outputs"}
KEYS = {"nb": "nb_value"}  #: `product["nb"]` is the executed notebook
PARAMETERS = {"upstream", "product", "resources_"}


@dataclass
class Task:
    """What is written for a part."""

    part: Part
    cells: list[Any]
    products: dict[str, str]
    resources: dict[str, str]
    images: dict[str, bytes] = field(default_factory=dict)


def make_task(flow: Flow, index: int, cells: list[Any], module: str, files: Files) -> Task:
    """Turn a part into a task."""
    part = flow.parts[index]
    task = Task(part, [], {"nb": f"{part.name}.ipynb"}, {})
    upstream = {flow.parts[giver].name for giver in part.needs.values()}
    gone = {item for item in flow.statements if item.binds & flow.moved} | {*flow.common}
    own = [body_of(cells[n - 1], n, part, gone | flow.imports) for n in part.cells]
    for item in own:
        if item.cell_type == "code":
            item.source = files.use(item.source, task, upstream)
    code = [item.source for item in own if item.cell_type == "code"]
    left = [item for item in part.copies + part.statements if item not in gone]
    used = part.gives.union(*(item.needs | item.mentions for item in left))
    imports = [import_text(item, used) for item in left if item in flow.imports]
    copies = [item for item in part.copies if item not in gone | flow.imports]
    top = [i for i in copies if i.kind == "import" or isinstance(i.node, ast.ImportFrom)]
    late = [i for i in copies if i not in top or i.binds & PARAMETERS]
    imports += [item.text for item in copies if item not in late]
    names = {*part.needs}.union(*(item.binds for item in left))
    prefix = "task_" if PARAMETERS & names else ""  # it has a `product` of its own
    inputs = ["task_product, task_upstream = product, upstream"] if prefix else []
    inputs += input_lines(flow, part, late, prefix)
    inputs = [files.use(text, task, upstream) for text in inputs]
    outputs = save_lines(flow, index, task, prefix)
    files.watch(task, upstream)
    if task.resources and "resources_" not in "".join(inputs + code):
        inputs.append("watched = resources_  # read below, by names that code puts together")
    if any("get_ipython()" in text for text in code):
        imports.append("from IPython import get_ipython")  # for Ploomber, which looks for names
    text = "\n".join(inputs + outputs)
    imports += ["import joblib"] * ("joblib." in text) + ["import pandas as pd"] * ("pd." in text)
    moved = ", ".join(sorted({*part.moved, *[SET_UP] * bool(flow.common)}))
    imports += [f"from {package().name}.{module} import {moved}"] * bool(moved)
    inputs = [f"{SET_UP}()"] * bool(flow.common) + inputs
    parameters = [f"upstream = {json.dumps(sorted(upstream)) if upstream else None}"]
    parameters += ["product = None", *["resources_ = None"] * bool(task.resources)]
    lead = next((n for n, item in enumerate(own) if item.cell_type == "code"), len(own))
    body = [item for item in own[lead:] if item.source.strip() or item.cell_type != "code"]
    if not any(item.cell_type == "code" for item in body) and not inputs + outputs:
        outputs = ["# All of its code has moved to src/"]  # Ploomber wants a cell
    task.cells = [
        *own[:lead],
        *added("Imports", [*dict.fromkeys(filter(None, imports))]),
        new_code_cell("\n".join(parameters), metadata={"tags": ["parameters"]}),
        *added("Inputs", inputs),
        *body,
        *added("Outputs", outputs),
    ]
    return task


def added(title: str, lines: list[str]) -> list[Any]:
    """Return a cell with a title, if there is something in it."""
    return [new_code_cell("\n".join(lines), metadata={"title": title})] if lines else []


def input_lines(flow: Flow, part: Part, copies: list[Statement], prefix: str) -> list[str]:
    """Return what a part begins with: what it copies, and the reading of what others made.

    Constants and the classes of values, with what these use, come before the values.
    """
    needs = sorted(part.needs.items(), key=lambda item: (item[1], item[0]))
    wanted = {name for value, giver in needs for name in flow.look(giver, value).get("classes", ())}
    early = [item for item in copies if item.kind == "constant"]
    while new := [item for item in copies if item.binds & wanted and item not in early]:
        early += new
        wanted = wanted.union(*(item.needs for item in new))
    lines = [item.text for item in copies if item in early]
    for name, giver in needs:
        path = f'{prefix}upstream["{flow.parts[giver].name}"]["{KEYS.get(name, name)}"]'
        load = "pd.read_parquet" if "columns" in flow.look(giver, name) else "joblib.load"
        lines.append(f"{name} = {load}({path})")
    return lines + [item.text for item in copies if item not in early]


def save_lines(flow: Flow, index: int, task: Task, prefix: str) -> list[str]:
    """Return the lines that write what later tasks need; note the products."""
    lines, part = [], flow.parts[index]
    for name in sorted(part.gives):
        table = "columns" in flow.look(index, name)
        key = KEYS.get(name, name)
        task.products[key] = f"{part.name}/{name}.{'parquet' if table else 'joblib'}"
        write = f"{name}.to_parquet(" if table else f"joblib.dump({name}, "
        lines.append(f'{write}{prefix}product["{key}"])')
    return lines
