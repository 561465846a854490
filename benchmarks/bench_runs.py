"""What it costs a build of 50 tasks to leave its record, and to show it with 500 runs on its page.

Measured in the process that builds, and in git, which it asks; the tasks themselves are not run.
The goal is less than 0.02 CPU s a build for all of it.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from measure import Cost, cost, environ, fill, make_project, show
from uv import find_uv_bin

UV = Path(find_uv_bin())
TASKS, RUNS, TIMES = 50, 500, 20
#: Prints the CPU and wall seconds of each part, the mean of several times.
CODE = f"""
import json, os, sys, time
from pathlib import Path
from nbtasks.engine import building, plain
from nbtasks.results import about, history, index, records

dag = building.load([], "status")
tasks = plain.describe(dag)
codes = {{name: task.on_finish.functions for name, task in dag.items()}}
ran = {{name: (1.0, "its script") for name in dag}}
folder = records.place(tasks)
parts = {{}}

def measure(name, call):
    before = os.times()
    for number in range({TIMES}):
        made = call(number)
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    parts[name] = [cpu / {TIMES}, (after[4] - before[4]) / {TIMES}]
    return made

def record(number):
    facts = {{"outcome": "done", "seconds": 1.0}}
    facts |= {{"commit": "0" * 40, "edited": False}}
    made = records.make(tasks, codes, ran, time.time(), **facts)
    made["metrics"] = {{"task_1": {{f"m{{n}}": (number + 1) / 7**n for n in range(5)}}}}
    made["parameters"] = {{f"p{{n}}": number // (n + 1) for n in range(15)}}
    records.write(made, folder, {RUNS})

for number in range({RUNS}):
    record(number)
measure("git is asked for the commit", lambda number: about.head())
measure("the record is made and written", record)
page = index.write(tasks)
record({RUNS})  # one that the page does not know yet

def update(number):
    text = page.read_text("utf-8")
    return history.update(folder, json.loads(history.RUNS.search(text)[1])["runs"])

runs = measure("the page learns of the new run", update)
cards = []
def render(runs):
    return lambda number: index.render({{}}, cards, folder, runs)
render([])(0)
measure("a page without runs", render([]))
text = measure("a page with {RUNS} runs", render(runs))
parts["bytes"] = len(text)
print(json.dumps(parts))
"""


def main() -> None:
    """Set a project up, and measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = make_project(folder, UV, environ(folder / "home", UV.parent))
        env = environ(folder / "home", project / ".venv" / "bin")
        fill(project, TASKS)
        cost(["ploomber", "build"], cwd=project, env=env)
        command = [project / ".venv" / "bin" / "python", "-c", CODE]
        done = subprocess.run(command, cwd=project, env=env, check=True, stdout=subprocess.PIPE)
        parts = json.loads(done.stdout.splitlines()[-1])
        size = parts.pop("bytes")
        rows = {name: Cost(*seconds) for name, seconds in parts.items()}
        show(f"A build of {TASKS} tasks", rows)
        without = rows.pop("a page without runs")
        cpu = sum(row.cpu for row in rows.values()) - without.cpu
        print(f"Together {cpu:.4f} CPU s a build; the runs take {size / 1000:.0f} kB of the page.")


if __name__ == "__main__":
    main()
