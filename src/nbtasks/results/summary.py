"""Summarize a smoke run in Markdown, for the page of a CI run.

    nbtasks summary FOLDER

FOLDER is where the smoke test has put its products, or one above it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from nbtasks.project import encode
from nbtasks.results import smoked

#: State of a task that has run -> what the table says of it.
SHOWN = {"done": "yes", "failed": "**failed**"}


def summarize(folder: Path) -> str:
    """Return the summary: for each pipeline a table of its tasks, its error, its picture.

    Parameters
    ----------
    folder
        Where to look for what the smoke test has left.
    """
    logs = sorted(folder.rglob("pipeline*.yaml.log"), key=lambda path: (len(path.name), path))
    lines = ["### All pipelines on the data sample", ""]
    if not logs:
        lines.append("The pipelines have not been run.")
    for log in logs:
        lines += describe(log)
    return "\n".join(lines)


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
    folder = parser.parse_args(arguments).folder
    encode(sys.stdout, encoding="utf-8")  # GitHub's page is, whatever the system's terminal
    print(summarize(folder))
    return 0
