"""How a user's day grows with the project: 5, 50 and 200 tasks, or other numbers if given.

What is measured is typed or clicked many times a day: status, a build with nothing to do, sync,
the commit of one task, a checkout that changes one task and one that changes all, and opening
and saving a task in JupyterLab. The last column is the cost of a task more, between the two
greatest numbers, relative to the cost of one between the two smallest: 1 is a straight line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import Cost, best, cost, environ, fill, make_project
from uv import find_uv_bin

UV = Path(find_uv_bin())
PORT = "8765"
ADDRESS = f"http://localhost:{PORT}/api/contents/tasks/task_1.py"


def edit(path: Path, text: str) -> None:
    """Change the last line of a script."""
    path.write_text(path.read_text(encoding="utf-8") + f"# {text}\n", encoding="utf-8")


def in_jupyter(project: Path, env: dict[str, str]) -> dict[str, Cost]:
    """Open and save a task as JupyterLab does."""
    command = ["jupyter", "lab", "--no-browser", f"--port={PORT}", "--allow-root"]
    command += ["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    server = subprocess.Popen(
        command, cwd=project, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(ADDRESS + "?content=0").close()
                break
            except OSError:
                time.sleep(0.5)
        found = {}
        for name in ("open a task in JupyterLab", "save it there"):
            before, started = spent(server.pid), time.perf_counter()
            if name.startswith("open"):
                model = json.load(urllib.request.urlopen(ADDRESS + "?type=notebook&content=1"))
            else:
                body = {"type": "notebook", "format": "json", "content": model["content"]}
                request = urllib.request.Request(
                    ADDRESS,
                    json.dumps(body).encode(),
                    {"Content-Type": "application/json"},
                    method="PUT",
                )
                urllib.request.urlopen(request).close()
            found[name] = Cost(spent(server.pid) - before, time.perf_counter() - started)
        return found
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def spent(pid: int) -> float:
    """Return the CPU seconds that a running process has taken (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(project: Path, tasks: int, env: dict[str, str]) -> dict[str, Cost]:
    """Return what each step of a day takes with that many tasks."""
    run = {"cwd": project, "env": env}
    names = fill(project, tasks)
    scripts = [project / "tasks" / f"{name}.py" for name in names]
    sync = ["nbtasks", "sync"]
    cost(sync, ["ploomber", "build"], **run)
    cost(["git", "add", "--all"], ["git", "commit", "--quiet", "-m", f"{tasks} tasks"], **run)
    rows = {
        "nbtasks status": best(2, ["nbtasks", "status"], **run),
        "build, nothing to do": best(2, ["ploomber", "build"], **run),
        "nbtasks sync, nothing to do": best(2, sync, **run),
    }
    edit(scripts[1], "one")
    commit = ["git", "commit", "--quiet", "-am", "One task"]
    rows["commit of one task"] = cost(commit, **run)
    back, forth = ["git", "checkout", "--quiet", "HEAD~"], ["git", "checkout", "--quiet", "-"]
    rows["checkout that changes one task"] = cost(back, **run)
    cost(forth, **run)
    for script in scripts:
        edit(script, "all")
    rows["commit of all tasks"] = cost(commit, **run)
    rows["checkout that changes all tasks"] = cost(back, **run)
    cost(forth, **run)
    return rows | in_jupyter(project, env)


def main() -> None:
    """Set a project up, measure, and print a table."""
    sizes = [int(word) for word in sys.argv[1:]] or [5, 50, 200]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = make_project(folder, UV, environ(folder / "home", UV.parent))
        env = environ(folder / "home", project / ".venv" / "bin")
        found = {tasks: measure(project, tasks, env) for tasks in sizes}
    heads = "".join(f"{tasks:>9} tasks" for tasks in sizes)
    print(f"\nCPU seconds  (Python {sys.version.split()[0]}, {os.cpu_count()} cores)\n")
    print(f"{'':36}{heads}   growth")
    for row in found[sizes[0]]:
        cpu = [found[tasks][row].cpu for tasks in sizes]
        slopes = [(cpu[i + 1] - cpu[i]) / (sizes[i + 1] - sizes[i]) for i in (0, len(sizes) - 2)]
        growth = f"{slopes[1] / slopes[0]:9.1f}" if len(sizes) > 2 and slopes[0] > 0 else ""
        print(f"{row:36}" + "".join(f"{seconds:15.2f}" for seconds in cpu) + growth)


if __name__ == "__main__":
    main()
