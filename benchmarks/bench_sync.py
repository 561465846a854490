"""Keeping scripts and notebooks the same: nbtasks sync, `jupytext --sync`, and jupytext's own hook.

For 4 and for 50 tasks of 12 cells, all with the project's locked environment. jupytext's
own hook fails with notebooks that git ignores; what it takes is counted all the same.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from measure import Cost, best, cost, environ, make_project, show
from uv import find_uv_bin

CELL = "\n# %%\nvalue_{0} = [number * {0} for number in range(100)]\nvalue_{0}[:10]\n"
TASK = '# %% tags=["parameters"]\nupstream = None\nproduct = None\n' + "".join(
    CELL.format(number) for number in range(12)
)


def make_tasks(project: Path, number: int, env: dict[str, str]) -> list[Path]:
    """Put that many tasks in a project, in sync and committed; return their scripts."""
    for folder in ("tasks", "notebooks"):
        shutil.rmtree(project / folder)
    (project / "tasks").mkdir()
    scripts = [project / "tasks" / f"task_{index}.py" for index in range(number)]
    for index, script in enumerate(scripts):
        script.write_text(TASK.replace("value", f"value_{index}"), encoding="utf-8")
    git = ["git", "-c", "core.hooksPath=/dev/null"]
    cost(
        ["nbtasks", "sync"],
        [*git, "add", "--all"],
        [*git, "commit", "--message", "Tasks"],
        cwd=project,
        env=env,
    )
    for script in scripts:
        notebook = project / "notebooks" / f"{script.stem}.ipynb"
        content = json.loads(notebook.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            text = {"output_type": "stream", "name": "stdout", "text": "1, 2, 3\n" * 200}
            cell |= {"outputs": [text], "execution_count": 1}
        notebook.write_text(json.dumps(content), encoding="utf-8")
    return scripts


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, which has it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def measure(project: Path, number: int, env: dict[str, str]) -> dict[str, Cost]:
    """Return what each hook takes with that many tasks."""
    run = {"cwd": project, "env": env}
    scripts = make_tasks(project, number, env)
    names = [script.relative_to(project) for script in scripts]
    check = ["nbtasks", "sync", "--check"]
    rows = {
        "jupytext --sync": best(3, ["jupytext", "--sync", *names], **run),
        "jupytext --pre-commit-mode --sync": best(
            3, ["jupytext", "--pre-commit-mode", "--sync", *names], **run, succeed=False
        ),
    }
    cost(["nbtasks", "sync"], **run)
    rows["nbtasks sync --check: nothing to do"] = best(5, check, **run)
    edit(scripts[0], "range(100)", "range(101)")
    rows["nbtasks sync --check: one script edited"] = best(5, check, **run)
    rows["nbtasks sync: that notebook refreshed"] = cost(["nbtasks", "sync"], **run)
    for script in scripts[1:]:
        edit(script, "range(100)", "range(101)")
    rows["nbtasks sync --check: every script edited"] = best(5, check, **run)
    rows["nbtasks sync: every notebook refreshed"] = cost(["nbtasks", "sync"], **run)
    edit(project / "notebooks" / f"{scripts[0].stem}.ipynb", "range(101)", "range(102)")
    rows["nbtasks sync --check: a notebook edited, refused"] = best(5, check, **run, succeed=False)
    return rows


def main() -> None:
    """Set a project up, and measure with few and with many tasks."""
    uv = Path(find_uv_bin())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environ(folder / "home", uv.parent)
        project = make_project(folder, uv, env)
        env = environ(folder / "home", project / ".venv" / "bin")
        subprocess.run(["python", "-c", "import jupytext"], cwd=project, env=env, check=True)
        for number in (4, 50):
            show(f"Sync hook, {number} tasks", measure(project, number, env))


if __name__ == "__main__":
    main()
