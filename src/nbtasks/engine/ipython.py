"""Let notebooks use what IPython adds to Python, run where they ask to, and talk unheard."""

from __future__ import annotations

import os
import re
import sys
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.manager import AsyncKernelManager
from packaging.version import Version

ADDED = re.compile(r"^\s*[%!]|=\s*[%!]|\bawait\b|\basync\b|^[^#]*\?\s*$", re.M)

#: The variable that tells kernels in which folders they stay; editors/ipython_kernel_config.py
#: has those in other folders go to the project's.
STAY = "KERNELS_STAY_IN"


class KernelManager(AsyncKernelManager):
    """Jupyter's kernel manager, which has kernels encrypt what they say where they ask for it.

    Others on the machine can't listen then. From 7.3 on, ipykernel complains if it is not so.
    """

    def __init__(self, **kwargs: Any) -> None:
        """See jupyter_client, whose older versions can not encrypt."""
        super().__init__(**kwargs)
        complains = Version(metadata.version("ipykernel")) >= Version("7.3")
        if complains and self.has_trait("transport_encryption") and zmq.has("curve"):
            self.transport_encryption = "auto"


def encrypt(task: Any) -> None:
    """Have a notebook run in a kernel that encrypts what it says, unless it asks for another."""
    if getattr(task, "executor", "") == "papermill" and not task.debug_mode:
        task.executor_params.setdefault("kernel_manager_class", KernelManager)


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
