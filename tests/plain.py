"""A pipeline in a folder, without a template or an environment of its own: for tests of builds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from conftest import TEMPLATE, Project

TOOLS = Path(sys.executable).parent
HEAD = """\
executor: {dotted_path: nbtasks.Executor, workers: serial}
on_render: nbtasks.on_render
"""
SCRIPT = """\
# %% tags=["parameters"]
upstream = None
product = None

# %%
"""


class Plain(Project):
    """A folder with a pipeline of ours, that the tools of the tests build."""

    def build(self, *options: str, check: bool = True) -> str:
        """Run `ploomber build` in a copy of this process; return what it prints."""
        return self.ploomber("build", *options, check=check).stdout

    def build_anew(self, *options: str) -> str:
        """Run `ploomber build` as it is typed, in a new Python; return what it prints."""
        return self.run(TOOLS / "ploomber", "build", *options).stdout

    def task(self, code: str, name: str = "one") -> None:
        """Write a task: a cell of parameters, and one of code."""
        self.write(f"tasks/{name}.py", SCRIPT + code.strip("\n") + "\n")

    def pipeline(self, tasks: str) -> None:
        """Write pipeline.yaml, with the items of `tasks:`."""
        self.write("pipeline.yaml", f"{HEAD}tasks:\n{tasks}")


def make(folder: Path) -> Plain:
    """Return a new folder of that kind."""
    left_out = ("PYTHONWARNINGS", "PLOOMBER_ENV_FILENAME", "ENTRY_POINT")
    environ = {name: value for name, value in os.environ.items() if name not in left_out}
    paths = os.pathsep.join([str(TEMPLATE / "src"), str(folder)])
    folder.mkdir(parents=True, exist_ok=True)
    return Plain(
        folder, "", environ | {"PYTHONPATH": paths, "GIT_CEILING_DIRECTORIES": str(folder)}
    )
