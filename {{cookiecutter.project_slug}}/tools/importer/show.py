"""Print what an import is about to do."""

from __future__ import annotations

from pathlib import Path

from tools.importer.flow import Flow
from tools.importer.scripts import Task


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
    for task in tasks:
        for name in sorted(task.part.unresolved):
            print(f"  {task.part.name}: nothing says what {name} is")


def show_flow(tasks: list[Task], width: int) -> None:
    """Print what each part hands to later ones."""
    for index, task in enumerate(tasks):
        for later in tasks[index + 1 :]:
            names = sorted(n for n, giver in later.part.needs.items() if giver == index)
            if names:
                passed = ", ".join(names)
                print(f"  {task.part.name:>{width}} ── {passed} ──▶ {later.part.name}")
