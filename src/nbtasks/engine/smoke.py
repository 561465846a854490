"""Run all pipelines of the project on the data sample, in a copy of the project.

    nbtasks smoke FOLDER

FOLDER gets the products, the logs, and for each pipeline what its tasks are and took. When git
calls this before a push, the copy has what is pushed; else it has what the project has now.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from nbtasks.engine import building, passed
from nbtasks.pipeline import options, parameters
from nbtasks.pipeline.tasks import Task
from nbtasks.project import copying, root
from nbtasks.results import smoked

#: A line of a task, as a build prints it.
LINE = re.compile(r" *\d+/\d+  \S")
#: A script that is a notebook: it has cells, or the parameters that Ploomber fills in.
NOTEBOOK = re.compile(r"^# (%%|\+)|tags=.*parameters", re.M)


def main(arguments: list[str]) -> int:
    """Run them; return 1 if a task failed, took too long or is in no pipeline."""
    parser = argparse.ArgumentParser(prog="nbtasks smoke", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the products go")
    parser.add_argument("--build", metavar="PIPELINE", help=argparse.SUPPRESS)  # in the copy
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    if given.build:
        build(given.build, folder)
        return 0
    state = passed.pushed_state()
    if passed.has_passed(state):
        print("Nothing that a notebook can notice is new since the smoke test passed.")
        return 0
    problems = run(folder)
    print("\n".join(problems) or "All pipelines run on the data sample.")
    if not problems:
        passed.remember(state)
    return int(bool(problems))


def run(folder: Path) -> list[str]:
    """Run all pipelines in a copy of the project; return what is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        copy = Path(name).resolve() / root().name
        copying.copy_project(copy)
        names = ["pipeline.yaml", *sorted(path.name for path in copy.glob("pipeline.*.yaml"))]
        problems = [problem for pipeline in names for problem in run_one(copy, pipeline, folder)]
        return problems or find_forgotten(copy, [smoked.read_facts(folder, name) for name in names])


def run_one(copy: Path, pipeline: str, folder: Path) -> list[str]:
    """Run one pipeline of the copy in a process of its own; return what is wrong."""
    log = folder / f"{pipeline}.log"
    paths = [str(copy / "src"), str(copy), os.environ.get("PYTHONPATH", "")]
    left_out = ("GIT_", "PLOOMBER_ENV_FILENAME", "ENTRY_POINT")
    environ = {name: v for name, v in os.environ.items() if not name.startswith(left_out)}
    environ |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "nbtasks", "smoke", str(folder), "--build", pipeline]
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    streams |= {"encoding": "utf-8", "errors": "replace"}
    with (
        log.open("w", encoding="utf-8") as output,
        screen() as shown,
        subprocess.Popen(command, cwd=copy, env=environ, **streams) as process,
    ):
        for line in process.stdout or ():
            output.write(line)
            if shown and LINE.match(line):
                print(line.rstrip(), file=shown, flush=True)
    if process.returncode:
        return [f"{pipeline}:\n{smoked.read_error(log)}"]
    budget = parameters.read(copy / "env.yaml").get("time_budget")
    return [
        f"{pipeline}: the task {name} takes {task['seconds']:.1f} s, longer than {budget} seconds"
        for name, task in smoked.read_facts(folder, pipeline).items()
        if budget and task["seconds"] > budget
    ]


@contextmanager
def screen() -> Iterator[IO[str] | None]:
    """Open the terminal, where pre-commit keeps back what a hook prints until it has ended."""
    if not os.environ.get("PRE_COMMIT"):
        yield None
        return
    with ExitStack() as stack:
        shown = None
        with suppress(OSError):  # there is none, as in CI
            name = Path("CONOUT$" if os.name == "nt" else "/dev/tty")
            shown = stack.enter_context(name.open("w", encoding="utf-8"))
            print(file=shown)  # pre-commit has begun a line
        yield shown


def build(pipeline: str, folder: Path) -> None:
    """Build a pipeline of this project on the sample, all of it; note its tasks in the folder."""
    path = options.env_of(pipeline)
    known = parameters.known(path) if path else {}
    given = {"sample": "true", "products": str(folder / "products")}
    words = [word for k, v in given.items() if k in known for word in (f"--env--{k}", v)]

    def note(tasks: dict[str, Task], seconds: Mapping[str, float]) -> None:
        facts = {name: describe(task, seconds.get(name), folder) for name, task in tasks.items()}
        path = folder / f"{pipeline}.json"
        path.write_text(json.dumps(facts, indent=1), encoding="utf-8")

    building.build_all(pipeline, words, note)


def describe(task: Task, seconds: float | None, folder: Path) -> dict[str, Any]:
    """Return what is worth knowing of a task that could run; keep its products."""
    return {
        "source": task.source.shown(),
        "upstream": list(task.upstream),
        "products": [keep(Path(product.name), folder) for product in task.products.values()],
        "seconds": seconds,
        "state": task.state,
    }


def keep(product: Path, folder: Path) -> str | None:
    """Return where a product is in the folder, copied there from the copy; None if nowhere."""
    if not product.exists():
        return None
    if product.is_relative_to(root()):
        kept = folder / "products" / product.relative_to(root())
        kept.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if product.is_dir() else shutil.copy2
        copy(product, kept)
        product = kept
    return product.relative_to(folder).as_posix() if product.is_relative_to(folder) else None


def find_forgotten(copy: Path, facts: list[dict[str, Any]]) -> list[str]:
    """Return the notebooks in tasks/ that no pipeline has as a source."""
    used = {task["source"] for tasks in facts for task in tasks.values()}
    found = [path for path in (copy / "tasks").rglob("*") if is_notebook(path)]
    names = sorted(path.relative_to(copy).as_posix() for path in found)
    return [f"{name}: no task of a pipeline has it as source" for name in names if name not in used]


def is_notebook(path: Path) -> bool:
    """Tell whether a file of tasks/ is a notebook, or a script that opens as one."""
    if path.suffix == ".py":
        return bool(NOTEBOOK.search(path.read_text(encoding="utf-8", errors="replace")))
    return path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts
