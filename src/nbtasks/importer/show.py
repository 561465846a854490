"""Print what an import is about to do, and what is left to do by hand."""

import ast
import re
from collections.abc import Container, Iterator
from pathlib import Path

from nbtasks.importer.files import Files
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
    for index, part in enumerate(flow.parts):
        for later in flow.parts[index + 1 :]:
            if names := sorted(n for n, giver in later.needs.items() if giver == index):
                print(f"  {part.name:>{width}} ── {', '.join(names)} ──▶ {later.name}")
    for line in [*(f"One task, since {line}" for line in flow.joined), *find_undecided(tasks)]:
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


def advise(tasks: list[Task], flow: Flow, files: Files, tested: Container[str]) -> Iterator[str]:
    """Say what to do by hand, most useful first."""
    yield from find_undecided(tasks)
    bare = []
    for item in (item for item in flow.statements if item.kind == "function"):
        name, sets = min(item.binds), ", ".join(sorted(item.sets))
        why = "it changes or names a value of the notebook, or a file. Give it arguments."
        if not item.binds & flow.moved:
            why = f"it sets {sets} by `global`. Let it return what it makes." if sets else why
            yield f"{name} (cell {item.cell}) stays in the script: {why}"
        elif isinstance(item.node, ast.FunctionDef) and name not in tested:
            bare.append(name)
    for index, part in enumerate(flow.parts):
        for name in sorted(part.gives):
            seen = flow.look(index, name)
            if seen.get("type") == "DataFrame" and "columns" not in seen:
                yield f"{name} passes by joblib: parquet would change its types, or nan to None."
    for task in tasks:
        if loose := [name for name, way in files.loose(task.part.cells).items() if not way]:
            first = ", ".join(loose[:2]) + ", ..." * (len(loose) > 2)
            yield f"{task.part.name} puts names of files together: {first} stay where they were."
        yield from (f"A picture is now tasks/images/{name}" for name in task.images)
    if bare:
        yield f"No test, since no short, plain call of them was seen: {', '.join(bare)}"
