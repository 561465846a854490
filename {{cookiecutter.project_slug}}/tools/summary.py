"""Summarize a smoke run in Markdown, for the page of a CI run.

    python tools summary FOLDER

FOLDER is where the smoke test has put its products.
"""

import json
import re
from pathlib import Path

import yaml

from tools import ROOT


def find(folder, name):
    """Return the file with this name somewhere below a folder, or None."""
    return next(folder.rglob(name), None)


def read(path, default=""):
    """Return the text of a file, or a default when there is no file."""
    return path.read_text(encoding="utf-8") if path else default


def row(folder, task, log):
    """Return the line of a task in the table."""
    name = Path(task["source"]).stem
    notebook = find(folder, f"{name}.ipynb")
    if notebook is None:
        return f"| {name} | no | | |"
    run = json.loads(read(notebook))["metadata"]["papermill"]
    failed = run["exception"] or re.search(f"task ['\"]{name}['\"]$", log, re.MULTILINE)
    made = [Path(file).name for file in task["product"].values()]
    made = ", ".join(f"`{file}`" for file in made if find(folder, file))
    return f"| {name} | {'**failed**' if failed else 'yes'} | {run['duration'] or 0:.1f} | {made} |"


def summarize(folder):
    """Return the summary: a table of the tasks, the error if there is one, the picture."""
    log = read(find(folder, "build.log"), "The notebooks have not been run.")
    lines = ["### All notebooks on the data sample", ""]
    lines += ["| task | ran | seconds | products |", "|---|---|---:|---|"]
    tasks = yaml.safe_load(read(ROOT / "pipeline.yaml"))["tasks"]
    lines += [row(folder, task, log) for task in tasks]
    if "Ran?" not in log:  # Ploomber ends with a table when nothing has failed
        error = log[max(log.find("====="), 0) :].strip()  # without the progress bars
        lines += ["", "```text", *error.splitlines()[-60:], "```"]
    plot = read(find(folder, "pipeline.html"))
    if picture := re.search('<pre class="mermaid">(.*?)</pre>', plot, re.DOTALL):
        lines += ["", "```mermaid", picture[1].strip(), "```"]
    return "\n".join(lines)


def main(arguments):
    """Print the summary of the smoke run in a folder."""
    print(summarize(Path(arguments[0])))
    return 0
