"""What to say of a task that was stopped because it took too long."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbtasks.checks import times
from nbtasks.engine import plain


def describe(task: Any, budget: float) -> str:
    """Say that a task was stopped, in which cell, and how to give it more time."""
    notebooks = {file.with_suffix(".ipynb") for file in plain.files_of(task)}
    cells = [f" in cell {running_cell(path)} of {path}" for path in notebooks if running_cell(path)]
    where = cells[0] if cells else ""
    return (
        f"Task {task.name!r} was stopped{where}: it took longer than its time budget, "
        f"{times.words(budget)}.\nTo give it more: time_budget in env.yaml; or for this task "
        "alone, in pipeline.yaml, `executor_params: {execution_timeout: SECONDS}`."
    )


def running_cell(notebook: Path) -> int | None:
    """Return the number of the cell that papermill was running, None if there is none."""
    with suppress(OSError, ValueError, KeyError):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        states = [cell["metadata"].get("papermill", {}).get("status") for cell in cells]
        return states.index("running") + 1
    return None
