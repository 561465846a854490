"""Let notebooks use what IPython adds to Python, and run where they ask to."""

from __future__ import annotations

import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

ADDED = re.compile(r"^\s*[%!]|=\s*[%!]|\bawait\b|\basync\b|^[^#]*\?\s*$", re.M)

#: The variable that tells kernels in which folders they stay; editors/ipython_kernel_config.py
#: has those in other folders go to the project's.
STAY = "KERNELS_STAY_IN"


def allow(task: Any) -> None:
    """Switch off Ploomber's check of the code where it takes IPython for a mistake.

    Parameters
    ----------
    task
        A task; if it is no notebook in Python, nothing happens.
    """
    if getattr(task, "static_analysis", None) != "regular" or task.source.language != "python":
        return
    notebook = task.source.nb_obj_rendered
    if not any(ADDED.search(cell.source) for cell in notebook.cells if cell.cell_type == "code"):
        return
    from ploomber.static_analysis.pyflakes import check_source

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_source(notebook)
    except Exception:  # whatever it says, IPython knows better, and runs the task next
        task.static_analysis = "disable"


def folder_of(task: Any) -> Path | None:
    """Return the folder that a task has its notebook or script run in; None: the project's."""
    folder = getattr(task, "executor_params", {}).get("cwd")
    if getattr(task, "local_execution", False) or type(task).__name__ == "ScriptRunner":
        folder = task.source.loc.parent
    return Path(folder).resolve() if folder else None


def stay(task: Any) -> None:
    """Have the kernel of a task stay in the folder that the task asks for, if it does."""
    folder = folder_of(task) if hasattr(task, "executor_params") else None
    if folder and "jupyterlab" not in sys.modules:  # whose kernels begin beside their notebooks
        known = os.environ.get(STAY, "").split(os.pathsep)
        os.environ[STAY] = os.pathsep.join({*filter(None, known), str(folder)})
