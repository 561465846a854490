"""Print what an import is about to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from pathlib import Path

from nbtasks.importer.flow import Flow
from nbtasks.importer.scripts import Task

#: What can't be decided, or is better done otherwise.
UNDECIDED = {
    r"(?m)^\s*[!%]\s*(pip|conda|mamba)\b": "installs packages at each build; "
    "name them in requirements.txt instead",
    r"(?<![\w.])(exec|globals|locals|vars)\(": "uses names in a way that can't be followed",
    r"(?m)^\s*%(run|store|pylab|load)\b": "brings names that can't be followed",
    r"(?m)^\s*%%(writefile|file)\b": "writes a file to the folder that it runs in, the project's",
}


def show(tasks: list[Task], flow: Flow, path: Path) -> None:
    """Print the parts as a table, and what flows between them as a picture."""
    print(f"{path.name}: {len(tasks)} parts")
    width = max(len(task.part.name) for task in tasks)
    for task in tasks:
        cells = task.part.cells
        makes = ", ".join(key for key in task.products if key != "nb") or "-"
        print(f"  {task.part.name:<{width}}  cells {cells[0]}-{cells[-1]}  makes {makes}")
    show_flow(tasks, width)
    for line in flow.joined:
        print(f"  One task, since {line}")
    for line in find_undecided(tasks):
        print(f"  {line}")


def find_undecided(tasks: list[Task]) -> Iterator[str]:
    """Say what can't be decided, a line each."""
    for task in tasks:
        for name in sorted(task.part.unresolved):
            yield f"{task.part.name}: nothing says what {name} is"
        for cell in (cell for cell in task.cells if "import" in cell.metadata):
            for pattern, text in UNDECIDED.items():
                if re.search(pattern, cell.source):
                    yield f"{task.part.name}: cell {cell.metadata['import']} {text}"


def show_flow(tasks: list[Task], width: int) -> None:
    """Print what each part hands to later ones."""
    for index, task in enumerate(tasks):
        for later in tasks[index + 1 :]:
            names = sorted(n for n, giver in later.part.needs.items() if giver == index)
            if names:
                passed = ", ".join(names)
                print(f"  {task.part.name:>{width}} ── {passed} ──▶ {later.part.name}")


def describe_functions(flow: Flow, tested: Container[str]) -> Iterator[str]:
    """Say which functions have no test, and which stay in the scripts that use them."""
    for item in (item for item in flow.statements if item.kind == "function"):
        for name in sorted(item.binds):
            if name not in flow.moved:
                yield (
                    f"{name} (cell {item.cell}) stays in the scripts: it uses a value of the "
                    "notebook, a file, `eval`, or a name with two meanings"
                )
            elif name not in tested and isinstance(item.node, ast.FunctionDef):
                yield f"{name}: no test, its arguments are not known"
