"""A task runs again when a file changes that it runs by its name."""

from __future__ import annotations

from pathlib import Path

import plain
import pytest

pytestmark = pytest.mark.slow

TASK = "  - source: tasks/one.py\n    product: {nb: out/one.ipynb}\n"
RUNS = {
    "%run": "# %run helpers.py",
    "%run with options": "# %run -i ./helpers.py 1 2",
    "exec": 'exec(open("helpers.py").read())',
    "exec of a path": 'from pathlib import Path\nexec(Path("helpers.py").read_text())',
    "runpy": 'import runpy\nrunpy.run_path("helpers.py")',
    "a shell": "# !python helpers.py",
    "a shell, kept": "# said = !python helpers.py",
    "subprocess": 'import subprocess, sys\nsubprocess.run([sys.executable, "helpers.py"])',
    "one that runs it": "# %run outer.py",
    "one that imports it": "# %run importing.py",
}


@pytest.mark.parametrize("name", RUNS)
def test_the_task_runs_again(tmp_path: Path, name: str) -> None:
    project = plain.make(tmp_path / "p")
    project.pipeline(TASK)
    project.task(RUNS[name])
    project.write("helpers.py", "value = 1\n")
    project.write("outer.py", 'exec(open("helpers.py").read())\n')
    project.write("importing.py", "import helpers\n")
    project.write("unrelated.py", "value = 1\n")
    project.build()
    project.write("unrelated.py", "value = 2\n")
    assert "Nothing to run" in project.build()
    project.write("helpers.py", "value = 2\n")
    assert "helpers.py" in project.build()
    assert "Nothing to run" in project.build()
