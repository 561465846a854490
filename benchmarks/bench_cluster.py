"""Eight tasks on one machine and as jobs of a SLURM cluster on that machine, wall seconds.

The tasks sleep, for 3, 30 and 300 seconds unless other lengths are given, so that they take no
processor from each other; what is left is what Ploomber and SLURM add to each task. A node has
one core. To be run as root, for it starts SLURM (tests/slurm).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ENTRY, HEAD, TEMPLATE, cost, environ, make_project
from uv import find_uv_bin

UV = Path(find_uv_bin())
SLURM = TEMPLATE / "tests" / "slurm"
TASKS = [f"sleep{number}" for number in range(8)]
SCRIPT = """\
# %% tags=["parameters"]
upstream = None
product = None

# %%
import time
from pathlib import Path

time.sleep(SECONDS)
Path(product["data"]).touch()
"""


def make_tasks(project: Path) -> None:
    """Put eight tasks in the pipeline of a project."""
    entries = [ENTRY.replace("NAME", name) for name in TASKS]
    (project / "pipeline.yaml").write_text(HEAD + "".join(entries), encoding="utf-8")


def build(project: Path, executor: str, env: dict[str, str]) -> float:
    """Run all tasks on this machine; return the seconds it took."""
    ploomber = project / ".venv" / "bin" / "ploomber"
    command = [ploomber, "build", "--force", "--env--executor", executor]
    return cost(command, cwd=project, env=env).wall


def export(project: Path, nodes: str, env: dict[str, str]) -> float:
    """Run all tasks on the cluster; return the seconds until the last job has ended."""
    for node in ("n1", "n2"):
        state = ["state=resume"] if node in nodes else ["state=drain", "reason=benchmark"]
        update = ["scontrol", "update", f"nodename={node}", *state]
        subprocess.run(update, env=env, check=node not in nodes)  # an idle one can't be resumed
    started = time.perf_counter()
    command = [project / ".venv" / "bin" / "soopervisor", "export", "cluster", "--mode", "force"]
    cost(command, cwd=project, env=env)
    waiting = ["squeue", "--noheader", "--me"]
    while subprocess.run(waiting, env=env, check=True, capture_output=True).stdout:
        time.sleep(0.5)
    return time.perf_counter() - started


def main() -> None:
    """Measure each length of a task in each place, and print a row of the table at once."""
    places = {
        "serial": lambda *known: build(known[0], "serial", known[1]),
        "parallel": lambda *known: build(known[0], "parallel", known[1]),
        "1 node": lambda *known: export(known[0], "n1", known[1]),
        "2 nodes": lambda *known: export(known[0], "n1 n2", known[1]),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([SLURM / "start.sh"], check=True)
        env = environ(folder / "home", UV.parent, SLURM_CONF="/var/spool/slurm-tests/slurm.conf")
        project = make_project(folder, UV, env, "example=empty", "cluster=slurm")
        make_tasks(project)
        print(f"\n8 tasks, wall seconds  ({os.cpu_count()} cores; each node has one)\n")
        print(f"{'a task sleeps':16}", *(f"{place:>10}" for place in places), flush=True)
        for seconds in map(int, sys.argv[1:] or ["3", "30", "300"]):
            for task in TASKS:
                text = SCRIPT.replace("SECONDS", str(seconds))
                (project / "tasks" / f"{task}.py").write_text(text, encoding="utf-8")
            print(f"{seconds:>13} s ", end="", flush=True)
            for measure in places.values():
                print(f" {measure(project, env):10.0f}", end="", flush=True)
            print()
        subprocess.run([SLURM / "stop.sh"], check=True)


if __name__ == "__main__":
    main()
