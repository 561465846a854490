"""Opening and saving a task in JupyterLab, or injecting its parameters, leaves its script."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project
from desk import Desk, without_set_up


@pytest.fixture(scope="module")
def base_penguins(bake: Callable[..., Project], home: Path) -> Desk:
    """Return the complete example with its notebooks."""
    desk = without_set_up(bake(), home)
    desk.environ["PYTHONPATH"] += os.pathsep + str(desk.path / "src")
    desk.sync()
    return desk


SAVE = """
import sys
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=".")
for path in sys.argv[1:]:
    model = manager.get(path)
    notebook = model["content"]
    notebook.metadata["kernelspec"] = {"name": "conda-x", "display_name": "X", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
    for cell in notebook.cells:
        cell.metadata["collapsed"] = False
        if cell.cell_type == "code":
            cell.execution_count = 7
    manager.save({"type": "notebook", "content": notebook, "format": "json"}, path=path)
"""


@pytest.mark.parametrize("opened", ["script", "notebook"])
def test_open_and_save_leaves_the_script_as_it_was(base_penguins: Desk, opened: str) -> None:
    desk = base_penguins
    tasks = sorted(path.stem for path in (desk.path / "tasks").glob("*.py"))
    before = {name: desk.read(f"tasks/{name}.py") for name in tasks}
    paths = [f"tasks/{t}.py" if opened == "script" else f"notebooks/{t}.ipynb" for t in tasks]
    desk.run("python", "-c", SAVE, *paths)
    assert before == {name: desk.read(f"tasks/{name}.py") for name in tasks}
    assert all('# %% tags=["parameters"]\n' in text for text in before.values())
    assert '"execution_count": 7' in desk.read("notebooks/get.ipynb")
    assert "conda-x" in desk.read("notebooks/get.ipynb")
    assert desk.sync() == ""


def test_injected_by_hand_and_taken_out_again(base_penguins: Desk) -> None:
    """VS Code and PyCharm: real parameters come and go, edits made meanwhile stay."""
    project = base_penguins
    scripts = {path: path.read_bytes() for path in (project.path / "tasks").glob("*.py")}
    project.run("ploomber", "nb", "--inject")
    injected = project.read("tasks/clean.py")
    assert "sample=False/get.parquet" in injected
    project.write("tasks/clean.py", injected + "\n# %%\nprint('typed in VS Code')\n")
    project.run("ploomber", "nb", "--remove")
    project.run(
        "jupytext", "--opt", "notebook_metadata_filter=-all", "--to", "py:percent", *scripts
    )
    clean = project.path / "tasks" / "clean.py"
    scripts[clean] += b"\n# %%\nprint('typed in VS Code')\n"
    try:
        assert {path: path.read_bytes() for path in scripts} == scripts
    finally:
        project.git("checkout", "tasks")
