"""A notebook in a build sees and leaves what it sees and leaves in a kernel of Jupyter's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import TEMPLATE, Project

pytestmark = pytest.mark.slow

TOOLS = Path(sys.executable).parent
SCRIPT = """\
# %% tags=["parameters"]
upstream = None
product = None

# %%
"""
PIPELINE = """\
executor: {dotted_path: nbtasks.Executor, workers: serial}
on_render: nbtasks.on_render
tasks:
  - source: tasks/one.py
    product: {nb: out/one.ipynb, data: out/one.txt}
"""

#: What a notebook may leave to the end of its process, by the file that is written then. A kernel
#: of Jupyter's own kills child processes as it ends; so does ours.
LEFT = {
    "thread.txt": """
        def late():
            time.sleep(1)
            Path("thread.txt").write_text("all of it")
        threading.Thread(target=late).start()""",
    "pool.txt": """
        def later():
            time.sleep(1)
            Path("pool.txt").write_text("all of it")
        pool = ThreadPoolExecutor(1)
        future = pool.submit(later)""",
    "registered.txt": """
        atexit.register(Path("registered.txt").write_text, "all of it")""",
    "log.txt": """
        target = logging.FileHandler("log.txt")
        logging.getLogger("mine").addHandler(logging.handlers.MemoryHandler(9, target=target))
        logging.getLogger("mine").warning("all of it")""",
    "open.txt": """
        file = open("open.txt", "w")
        file.write("all of it")""",
    "module.txt": """
        import holder""",
    "archive.zip": """
        archive = zipfile.ZipFile("archive.zip", "w")
        archive.writestr("in.txt", "all of it")""",
    "finalizer.txt": """
        class Kept:
            pass
        kept = Kept()
        weakref.finalize(kept, Path("finalizer.txt").write_text, "all of it")""",
}
IMPORTS = """
import atexit, logging.handlers, threading, time, weakref, zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
"""


@pytest.fixture
def project(tmp_path: Path, home: Path) -> Project:
    """Return a folder with a pipeline of one task."""
    environ = {name: v for name, v in os.environ.items() if name != "PYTHONWARNINGS"}
    paths = [str(TEMPLATE / "src"), str(tmp_path / "p")]
    environ |= {"PYTHONPATH": os.pathsep.join(paths), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    made = Project(tmp_path / "p", "", environ)
    made.write("pipeline.yaml", PIPELINE)
    made.write("holder.py", 'file = open("module.txt", "w")\nfile.write("all of it")\n')
    return made


def write(project: Project, code: str) -> None:
    """Write the task."""
    lines = [line.removeprefix("        ") for line in code.splitlines()]
    lines.append('open(product["data"], "w").close()')
    project.write("tasks/one.py", SCRIPT + "\n".join(lines))


def run(project: Project, code: str) -> str:
    """Write the task, build it, and return the executed notebook."""
    write(project, code)
    project.run(TOOLS / "ploomber", "build")
    return project.read("out/one.ipynb")


def test_what_is_left_to_the_end_is_done(project: Project) -> None:
    run(project, IMPORTS + "".join(LEFT.values()))
    with zipfile.ZipFile(project.path / "archive.zip") as archive:
        found = {"archive.zip": archive.read("in.txt").decode()}
    found |= {name: project.read(name).strip() for name in LEFT if name not in found}
    assert found == dict.fromkeys(LEFT, "all of it")


def test_what_the_build_leaves_to_its_end_is_not_done_by_a_notebook(project: Project) -> None:
    """Functions that a module of the project registers while the pipeline is read run once."""
    project.write(
        "hooks.py",
        "import atexit\n\ndef count():\n    open('count.txt', 'a').write('x')\n\n"
        "atexit.register(count)\n\ndef done():\n    pass\n",
    )
    project.write("pipeline.yaml", PIPELINE + "    on_finish: hooks.done\n")
    run(project, "")
    assert project.read("count.txt") == "x"


def test_warnings_are_those_of_jupyter(project: Project) -> None:
    """All kinds, with the filters of a new Python: the same as papermill alone shows."""
    kinds = "DeprecationWarning PendingDeprecationWarning ResourceWarning UserWarning FutureWarning"
    code = "import warnings\n" + "".join(
        f'warnings.warn("a {kind} of mine", {kind})\n' for kind in kinds.split()
    )
    code += 'warnings.warn("resource_ of 5 MB is mine")\nimport helper\nhelper.old()\n'
    project.write(
        "helper.py",
        'import warnings\n\ndef old():\n    warnings.warn("from a module", DeprecationWarning)\n',
    )
    shown = warned(run(project, code))
    notebook = project.path / "alone.ipynb"
    source = ["import sys\n", f"sys.path.insert(0, {str(project.path)!r})\n"]
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": [*source, *code.splitlines(keepends=True)],
        }
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook.write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4})
    )
    command = [TOOLS / "papermill", notebook, project.path / "alone.out.ipynb"]
    subprocess.run(command, env=project.environ, check=True, capture_output=True)
    alone = warned((project.path / "alone.out.ipynb").read_text())
    assert shown == alone
    assert "DeprecationWarning: a DeprecationWarning of mine" in shown
    assert "UserWarning: resource_ of 5 MB is mine" in shown


def warned(notebook: str) -> list[str]:
    """Return the warnings below the cells of a notebook."""
    outputs = [out for cell in json.loads(notebook)["cells"] for out in cell.get("outputs", [])]
    text = "".join("".join(out.get("text", "")) for out in outputs)
    return [line.partition(": ")[2] for line in text.splitlines() if "Warning: " in line]


def test_a_task_that_ends_badly_still_ends(project: Project) -> None:
    """An error in what is left to the end neither fails the task nor keeps its process."""
    run(project, "import atexit\natexit.register(lambda: 1 / 0)\n")
    assert (project.path / "out" / "one.txt").exists()


def test_a_thread_without_an_end_is_ended_and_named(project: Project) -> None:
    """The task succeeds, as with a kernel of Jupyter's own; a line says what may be missing."""
    write(
        project, "import threading, time\nthreading.Thread(target=lambda: time.sleep(100)).start()"
    )
    printed = project.run(TOOLS / "ploomber", "build").stdout
    assert "warning: its kernel was still at work after its last cell, and was ended" in printed
    assert "Done in" in printed
