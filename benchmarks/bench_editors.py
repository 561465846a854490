"""How long the parameters cell of a task takes in an editor, in wall seconds, of 1 and 50 tasks.

In a kernel as VS Code starts it. First the pipeline is read; a new session finds what the last one
has kept; with a cell of imports before it, as tasks have, the reading goes on meanwhile. Against
`ploomber nb --inject`, which writes the parameters into the scripts.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path

from measure import best, environ, fill, make_project
from uv import find_uv_bin

UV = Path(find_uv_bin())
#: Runs cells in a kernel, as VS Code does, and prints how long each has taken.
SEND = """
import json, sys, time
from jupyter_client.manager import start_new_kernel

def send(code):
    began = time.perf_counter()
    client.execute_interactive(code, output_hook=lambda message: None, timeout=300)
    return time.perf_counter() - began

manager, client = start_new_kernel(cwd="tasks")
try:
    send("__file__ = " + repr(sys.argv[1]))
    print(json.dumps([send(cell) for cell in sys.argv[2:]]))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""
PARAMETERS = "upstream = None\nproduct = None"
IMPORTS = "import pandas, plotly.express"


def send(project: Path, env: dict[str, str], *cells: str) -> list[float]:
    """Run cells in a new kernel of the project; return the seconds of each."""
    file = project / "tasks" / "task_0.py"
    command = [project / ".venv" / "bin" / "python", "-c", SEND, file, *cells]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure(project: Path, env: dict[str, str]) -> dict[str, float]:
    """Return the seconds of each way to the first parameters."""
    kept = project / ".cache" / "parameters.json"
    kept.unlink(missing_ok=True)
    first, again = send(project, env, PARAMETERS, PARAMETERS)
    (new,) = send(project, env, PARAMETERS)
    kept.unlink()
    imports, after = send(project, env, IMPORTS, PARAMETERS)
    plain, _ = send(project, env | {"NBTASKS_IN_JUPYTERLAB": "1"}, "1", IMPORTS)
    inject = best(2, [project / ".venv/bin/ploomber", "nb", "--inject"], cwd=project, env=env)
    return {
        "the first cell of a session, nothing kept": first,
        "behind a cell of imports": after,
        "  (those imports, meanwhile)": imports,
        "again in the same session": again,
        "a new session": new,
        "another cell": plain,
        "ploomber nb --inject": inject.wall,
    }


def main() -> None:
    """Measure pipelines of both sizes, and print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environ(folder / "home", UV.parent)
        project = make_project(folder, UV, env)
        found = {}
        for tasks in (1, 50):
            fill(project, tasks)
            time.sleep(0.1)
            found[tasks] = measure(project, env)
    print(f"{'wall seconds':44} {'1 task':>8} {'50 tasks':>9}")
    for row in found[1]:
        print(f"{row:44} {found[1][row]:8.2f} {found[50][row]:9.2f}")


if __name__ == "__main__":
    main()
