"""Summarize a smoke run in Markdown, for the page of a CI run.

    nbtasks summary FOLDER --against FILE

FOLDER is where the smoke test has put its products, or one above it. FILE has the metrics of an
earlier one, to compare with; then it has those of this one. CI keeps that of the default branch.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbtasks.notebooks import replace
from nbtasks.pipeline import parameters
from nbtasks.project import encode
from nbtasks.results import about, records, smoked
from nbtasks.results.runs import step, text

#: State of a task that has run -> what the table says of it.
SHOWN = {"done": "yes", "failed": "**failed**"}


def summarize(folder: Path, against: Path | None = None) -> str:
    """Return the summary: for each pipeline a table of its tasks, its error, its picture.

    Parameters
    ----------
    folder
        Where to look for what the smoke test has left.
    against
        The metrics of an earlier one, see above.
    """
    logs = sorted(folder.rglob("pipeline*.yaml.log"), key=lambda path: (len(path.name), path))
    lines = ["### All pipelines on the data sample", ""]
    if not logs:
        lines.append("The pipelines have not been run.")
    for log in logs:
        lines += describe(log)
    return "\n".join([*lines, *compare(folder, against)])


def compare(folder: Path, against: Path | None) -> list[str]:
    """Return the table of the metrics, beside those of an earlier smoke run; write them down."""
    paths = sorted(folder.rglob("runs/*.json"), key=lambda path: path.name)
    now = {run["pipeline"]: run for run in filter(None, map(records.read, paths))}
    then: dict[str, Any] = {}
    if against:
        with suppress(OSError, ValueError):  # none yet, or of another version
            then = json.loads(against.read_text(encoding="utf-8"))
        good = {name: run for name, run in now.items() if run["outcome"] == "done"}
        sha = about.head()[0]
        new = {name: {**run, "commit": sha} for name, run in good.items()}
        replace(against, json.dumps({**then, **new}))
    lines = []
    for name, run in now.items():
        before = then.get(name, {"metrics": {}, "commit": "no run"})
        found, earlier = map(parameters.flatten, (run["metrics"], before["metrics"]))
        if found:
            lines += ["### Metrics on the data sample", ""]
            lines.append(f"| {run['sample']} | default branch, {before['commit'][:7]} | now | |")
            lines.append("|---|--:|--:|--:|")
        for metric, value in found.items():
            known = earlier.get(metric)
            lines.append(f"| {metric} | {text(known)} | {text(value)} | {step(value, known)} |")
    return lines


def describe(log: Path) -> list[str]:
    """Return the table of a pipeline's tasks, its error if there is one, and its picture."""
    pipeline = log.name.removesuffix(".log")
    facts = smoked.read_facts(log.parent, pipeline)
    lines = [f"`{pipeline}`", "", "| task | ran | seconds | products |", "|---|---|---:|---|"]
    lines += [row(name, task) for name, task in facts.items()]
    if any(task["state"] != "done" for task in facts.values()) or not facts:
        lines += ["", "```text", *smoked.read_error(log).splitlines()[-60:], "```"]
    return [*lines, "", *draw(facts), ""]


def draw(facts: dict[str, dict[str, Any]]) -> list[str]:
    """Return a picture of a pipeline, as GitHub draws it."""
    numbers = {name: f"t{number}" for number, name in enumerate(facts)}
    boxes = [f'{number}["{name}"]' for name, number in numbers.items()]
    arrows = [
        f"{numbers[upstream]} --> {numbers[name]}"
        for name, task in facts.items()
        for upstream in task["upstream"]
    ]
    return ["```mermaid", "graph LR", *boxes, *arrows, "```"] if facts else []


def row(name: str, task: dict[str, Any]) -> str:
    """Return the line of a task in the table."""
    made = ", ".join(f"`{Path(product).name}`" for product in task["products"] if product)
    seconds = "" if task["seconds"] is None else f"{task['seconds']:.1f}"
    return f"| {name} | {SHOWN.get(task['state'], 'no')} | {seconds} | {made} |"


def main(arguments: list[str]) -> int:
    """Print the summary of the smoke run in a folder."""
    parser = argparse.ArgumentParser(prog="nbtasks summary", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", metavar="FILE", type=Path)
    given = parser.parse_args(arguments)
    encode(sys.stdout, encoding="utf-8")  # GitHub's page is, whatever the system's terminal
    print(summarize(given.folder, given.against))
    return 0
