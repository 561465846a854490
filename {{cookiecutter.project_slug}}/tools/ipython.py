"""Let notebooks use what IPython adds to Python: magics, commands, await."""

from __future__ import annotations

import re
import warnings
from typing import Any

ADDED = re.compile(r"^\s*[%!]|=\s*[%!]|\bawait\b|\basync\b|^[^#]*\?\s*$", re.M)


def allow(task: Any) -> None:
    """Switch off Ploomber's check of the code where it takes IPython for a mistake.

    Parameters
    ----------
    task
        A task that is about to run; if it is no notebook in Python, nothing happens.
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
