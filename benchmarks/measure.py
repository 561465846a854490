"""Run commands and count what they cost; used by the benchmarks beside this file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

TEMPLATE = Path(__file__).resolve().parent.parent
#: How pipeline.yaml begins in a project of the template, as far as it matters here.
HEAD = """\
meta: {extract_upstream: true, extract_product: false}
executor: {dotted_path: nbtasks.Executor, workers: "{{executor}}"}
on_render: nbtasks.on_render
tasks:
"""
#: A task that does next to nothing; all but the first read what the first has written.
TASK = """\
# %% tags=["parameters"]
upstream = UPSTREAM
product = None

# %%
from pathlib import Path

from my_pipeline.step import step

# %%
before = Path(upstream["task_0"]["data"]).read_text() if upstream else ""
Path(product["data"]).write_text(step(before))
"""
STEP = '''\
"""The step of all tasks."""


def step(text: str) -> str:
    """Return a text that is one longer."""
    return f"{text}."
'''
ENTRY = """\
  - source: tasks/NAME.py
    product: {nb: "{{products}}/NAME.ipynb", data: "{{products}}/NAME.txt"}
"""


class Cost(NamedTuple):
    """What commands took: CPU seconds (user and system, children too) and wall seconds."""

    cpu: float
    wall: float


def environ(home: Path, *folders: Path, **extra: str) -> dict[str, str]:
    """Return the environment of a newcomer: nothing active, `folders` first on the PATH."""
    leaks = {"VIRTUAL_ENV", "CONDA_PREFIX", "UV", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    kept = {name: value for name, value in os.environ.items() if name not in leaks}
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    config.write_text("[user]\n\tname = Ada\n\temail = ada@example.com\n")
    path = os.pathsep.join([*map(str, folders), kept["PATH"]])
    return kept | {"PATH": path, "GIT_CONFIG_GLOBAL": str(config)} | extra


def cost(*commands: list[str | Path], cwd: Path, env: dict[str, str], succeed: bool = True) -> Cost:
    """Run commands one after the other and return what all of them took together.

    Raises RuntimeError with what was printed if one of them fails and has to succeed.
    """
    before, started = os.times(), time.perf_counter()
    for command in commands:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        if succeed and done.returncode:
            raise RuntimeError(f"{command} exited with {done.returncode}:\n{done.stdout[-4000:]}")
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Cost(cpu, time.perf_counter() - started)


def make_project(folder: Path, uv: Path, env: dict[str, str], *answers: str) -> Path:
    """Return a project of the empty example, or by other answers, set up."""
    given = answers or ["example=empty"]
    cost([uv, "tool", "run", "cookiecutter", TEMPLATE, "--no-input", *given], cwd=folder, env=env)
    return folder / "my-pipeline"


def fill(project: Path, tasks: int) -> list[str]:
    """Put that many tasks in a project, instead of those that it has; return their names."""
    for name in ("tasks", "notebooks", "products"):
        shutil.rmtree(project / name, ignore_errors=True)
    (project / "tasks").mkdir()
    (project / "src" / "my_pipeline" / "step.py").write_text(STEP, encoding="utf-8")
    names = [f"task_{number}" for number in range(tasks)]
    for name in names:
        upstream = "None" if name == "task_0" else '["task_0"]'
        text = TASK.replace("UPSTREAM", upstream)
        (project / "tasks" / f"{name}.py").write_text(text, encoding="utf-8")
    entries = [ENTRY.replace("NAME", name) for name in names]
    (project / "pipeline.yaml").write_text(HEAD + "".join(entries), encoding="utf-8")
    return names


def best(times: int, *commands: list[str | Path], **options) -> Cost:
    """Return the cheapest of several runs, the one that other programs disturbed least."""
    return min(cost(*commands, **options) for _ in range(times))


def show(title: str, rows: dict[str, Cost]) -> None:
    """Print a table; the ratio is the CPU time relative to the first row."""
    print(f"\n{title}  (Python {sys.version.split()[0]}, {os.cpu_count()} cores)\n")
    print(f"{'':48} {'CPU s':>8} {'wall s':>8} {'ratio':>7}")
    first = next(iter(rows.values())).cpu
    for name, (cpu, wall) in rows.items():
        print(f"{name:48} {cpu:8.2f} {wall:8.2f} {cpu / first:7.2f}")
    sys.stdout.flush()
