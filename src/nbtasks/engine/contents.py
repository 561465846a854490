"""How JupyterLab reads and writes the files of the project.

As Ploomber does, a task opens with its real parameters; here its pair in `notebooks/` does
so too. Results, in `products/`, open read-only, since the next build replaces them.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class
from ploomber.jupyter.manager import DAGMapping, derive_class
from tornado.web import HTTPError

from nbtasks.engine import compatibility, plain

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def is_result(path: str) -> bool:
    """Tell whether a file is one that the pipeline has made."""
    return "products" in PurePosixPath(path).parts


def swap(path: str, folder: str, other: str, suffix: str) -> str:
    """Return the path of the other file of a pair."""
    parts = PurePosixPath(path.strip("/")).with_suffix(suffix).parts
    return "/".join(other if part == folder else part for part in parts)


class Tasks(DAGMapping):
    """Path of a notebook -> its tasks. To save it is no reason to run them."""

    def delete_metadata(self, key: str) -> None:
        """Forget how products were made that a build can't look into, such as tables.

        Ploomber does so for all. Files that were written by cells run here are noticed by what
        they hold.
        """
        for task in self._mapping[key]:
            if not plain.files_of(task):
                task.product.metadata.delete()


# Jupytext and Ploomber each derive their class from another one. The lowest is synchronous,
# as both of them are.
Derived: Any = derive_class(build_sync_jupytext_contents_manager_class(LargeFileManager))


class ContentsManager(Derived):
    """Jupyter's files, with jupytext's pairs, Ploomber's parameters and read-only results."""

    @property
    def dag_mapping(self) -> Any:
        """Path of a notebook -> its task; both files of a pair are there."""
        return self._mapping

    @dag_mapping.setter
    def dag_mapping(self, mapping: Any) -> None:
        tasks = list((mapping or {}).items())
        pairs = [(swap(path, "tasks", "notebooks", ".ipynb"), task) for path, task in tasks]
        self._mapping = Tasks(tasks + pairs) if mapping else mapping

    def load_dag(self, starting_dir: Any = None, log: bool = True, model: Any = None) -> None:
        """Load the pipeline again if it has changed; the script of a pair tells whether."""
        if model and model["path"].endswith(".ipynb"):
            model = {**model, "path": swap(model["path"], "notebooks", "tasks", ".py")}
        compatibility.mend()
        super().load_dag(starting_dir, log, model)

    def get(
        self, path: str, content: bool = True, type: Any = None, format: Any = None, **options: Any
    ) -> Any:
        """Return a file for the browser."""
        model = super().get(path, content=content, type=type, format=format, **options)
        if is_result(path) and model["type"] != "directory":
            model["writable"] = False
        if content and self._model_in_dag(model):
            # What JupyterLab would add, and then call the notebook changed.
            metadata = model["content"]["metadata"]
            metadata.setdefault("kernelspec", KERNEL)
            metadata.setdefault("language_info", IPythonKernel.language_info)
        return model

    def save(self, model: Any, path: str = "") -> Any:
        """Write a file of the browser, unless it is a result."""
        if is_result(path):
            raise HTTPError(403, "This is a result: the next build replaces it. Edit its task.")
        return super().save(model, path)
