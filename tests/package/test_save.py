"""To save in JupyterLab is no reason to run a task; what its cells have written is."""

from __future__ import annotations

import sys
from pathlib import Path

import plain
import pytest

pytestmark = pytest.mark.slow

SAVE = """
from nbtasks.engine.contents import ContentsManager

manager = ContentsManager(root_dir=".")
model = manager.get("tasks/one.py", content=True, type="notebook")
assert "injected" in str(model["content"])
model["content"]["cells"][-1]["source"] += {added!r}
saved = {{"type": "notebook", "content": model["content"], "path": "tasks/one.py"}}
manager.save(saved, "tasks/one.py")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> plain.Plain:
    """Return a pipeline of one task that has been built."""
    project = plain.make(tmp_path_factory.mktemp("saved"))
    project.task("from pathlib import Path\n\nPath(product['data']).write_text('1')")
    project.pipeline("- source: tasks/one.py\n  product: {nb: out/one.ipynb, data: out/one.txt}\n")
    project.build()
    return project


def save(project: plain.Plain, added: str = "") -> None:
    """Open the task and save it, as JupyterLab does."""
    project.run(sys.executable, "-c", SAVE.format(added=added))


def test_saving_without_a_change_runs_nothing(project: plain.Plain) -> None:
    before = project.read("tasks/one.py")
    save(project)
    assert project.read("tasks/one.py") == before
    assert "up to date" in project.nbtasks("status").stdout


def test_a_product_that_a_cell_has_written_is_made_again(project: plain.Plain) -> None:
    Path(project.path, "out/one.txt").write_text("by a cell", encoding="utf-8")
    save(project)
    assert "will run: its product changed" in project.nbtasks("status").stdout
    project.build()


def test_a_change_that_is_saved_runs_its_task(project: plain.Plain) -> None:
    save(project, "\nprint('more')")
    assert "will run: its script" in project.nbtasks("status").stdout
