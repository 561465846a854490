"""Build the tasks that came from a notebook, and compare what they show with what it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.importer.run import difference
from tools.importer.scripts import ADDED, Task


def prove(tasks: list[Task], original: Any, notes: list[str]) -> int:
    """Build, compare and report.

    Parameters
    ----------
    tasks
        The new tasks.
    original
        The executed notebook; None if it was not run.
    notes
        What else to say.

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
    print("\nOutputs, compared with those of the notebook:")
    for name, lines in found.items():
        print(f"  {name}: {'the same' if not lines else '; '.join(lines)}")
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
    from ploomber.spec import DAGSpec

    try:
        dag = DAGSpec.find().to_dag().render(show_progress=False)
    except PloomberError:
        return {}  # and ploomber has said why
    tasks = {name: dag[name] for name in names}
    return {
        name: Path(str(task.product["nb"]))
        for name, task in tasks.items()
        if task.exec_status.name == "Skipped"
    }


def compare(task: Task, path: Path | None, original: Any) -> list[str]:
    """Return what is not the same in a task as in the notebook, one line a cell."""
    import nbformat

    if path is None:
        return ["it was not built"]
    if original is None:
        return ["there is nothing to compare with, as the notebook was not run"]
    numbers = [cell.metadata["import"] for cell in task.cells if "import" in cell.metadata]
    ours = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.metadata.get("title") not in ADDED
        if not {"parameters", "injected-parameters"} & {*cell.metadata.get("tags", [])}
    ]
    if len(ours) != len(numbers):
        return [f"it has {len(ours)} cells, not {len(numbers)}"]
    lines = []
    for number, cell in zip(numbers, ours, strict=True):
        found = difference(original.cells[number - 1].outputs, cell.outputs)
        if found:
            lines.append(f"cell {number}: {found}")
    return lines
