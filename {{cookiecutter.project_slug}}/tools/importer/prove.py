"""Build the tasks that came from a notebook, and compare what they show with what it shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.importer.run import difference
from tools.importer.scripts import ADDED, Task


def prove(tasks: list[Task], original: Any, notes: list[str], again: Callable[[], Any]) -> int:
    """Build, compare and report.

    Parameters
    ----------
    tasks
        The new tasks.
    original
        The executed notebook; None if it was not run.
    notes
        What else to say.
    again
        Runs the original once more.

    Returns
    -------
    int
        0 only if all is the same.
    """
    names = [task.part.name for task in tasks]
    code = "import sys; from tools.importer.prove import build; build(sys.argv[2:])"
    command = [sys.executable, "-c", code, "--partially", *names]  # as our checks look for it
    failed = subprocess.run(command, cwd=ROOT).returncode
    made = executed(names)
    found = {task.part.name: compare(task, made.get(task.part.name), original) for task in tasks}
    if original is not None and any(number for lines in found.values() for number in lines):
        notes = notes + set_aside(found, original, again())
    print("\nOutputs, compared with those of the notebook:")
    for name, lines in found.items():
        print(f"  {name}: {'; '.join(lines.values()) or 'the same'}")
    for line in [*notes, *["The build failed: see above"] * bool(failed)]:
        print(f"  {line}")
    print("Next: python -m pytest, git add --all, git commit")
    return 1 if failed or any(found.values()) else 0


def build(names: list[str]) -> None:
    """Build tasks that need no others, all in one build; exit as `ploomber build` does."""
    from ploomber.cli.io import cli_endpoint
    from ploomber.spec import DAGSpec

    @cli_endpoint
    def build_them() -> None:
        dag = DAGSpec.find().to_dag()
        for name in set(dag) - set(names):
            dag.pop(name)
        dag.build()

    build_them()


def executed(names: list[str]) -> dict[str, Path]:
    """Return the executed notebooks of those tasks that are up to date."""
    from ploomber.exceptions import BaseException as PloomberError
    from ploomber.exceptions import DAGRenderError
    from ploomber.spec import DAGSpec

    try:
        dag = DAGSpec.find().to_dag().render(show_progress=False)
    except (PloomberError, DAGRenderError):
        return {}  # and ploomber has said why
    tasks = {name: dag[name] for name in names}
    return {
        name: Path(str(task.product["nb"]))
        for name, task in tasks.items()
        if task.exec_status.name == "Skipped"
    }


def set_aside(found: dict[str, dict[int, str]], one: Any, two: Any) -> list[str]:
    """Take out what differs between two runs of the original itself; return lines that say so."""
    lines = []
    for name, cells in found.items():
        for number in [n for n in cells if n]:
            if difference(one.cells[number - 1].outputs, two.cells[number - 1].outputs):
                lines.append(f"{name}: {cells.pop(number)}, which varies by itself from run to run")
    return lines


def compare(task: Task, path: Path | None, original: Any) -> dict[int, str]:
    """Return what is not the same in a task as in the notebook: number of a cell -> what."""
    import nbformat

    if path is None:
        return {0: "it was not built"}
    if original is None:
        return {0: "there is nothing to compare with, as the notebook was not run"}
    numbers = [cell.metadata["import"] for cell in task.cells if "import" in cell.metadata]
    ours = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.metadata.get("title") not in ADDED
        if not {"parameters", "injected-parameters"} & {*cell.metadata.get("tags", [])}
    ]
    if len(ours) != len(numbers):
        return {0: f"it has {len(ours)} cells, not {len(numbers)}"}
    pairs = zip(numbers, ours, strict=True)
    found = {n: difference(original.cells[n - 1].outputs, cell.outputs) for n, cell in pairs}
    return {number: f"cell {number}: {what}" for number, what in found.items() if what}
