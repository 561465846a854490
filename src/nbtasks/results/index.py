"""The page of a build: its tasks, their reports and tables, the parameters, a picture.

`index.html` is written into the folder of the products at the end of each build. It needs no
network, and no server.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbtasks.checks import times
from nbtasks.pipeline import picture
from nbtasks.pipeline.tasks import Task
from nbtasks.project import root
from nbtasks.results import about, preview

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: How the page holds its cards, so that a build of a part of the pipeline keeps the others.
CARDS = re.compile(r'<script type="application/json" id="cards">(.*?)</script>', re.DOTALL)
#: The folders of a build of the sample and of one of all data; where a page names the other one.
SWAPPED = {"sample=True": "sample=False", "sample=False": "sample=True"}
OTHER = "<!-- other -->"


def write(tasks: Mapping[str, Task], errors: dict[str, str] | None = None) -> Path | None:
    """Write the page of a pipeline that has been built, also of one that has failed.

    Parameters
    ----------
    tasks
        Those of the pipeline, after a build.
    errors
        What is known of the tasks that have failed, by their names.

    Returns
    -------
    Path or None
        The page; None if the products have no folder in common, or if a file of that name
        is somebody else's.
    """
    folder = find_folder(tasks)
    if folder is None or folder / "index.html" in products(tasks):
        return None
    page = folder / "index.html"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    found = CARDS.search(before)
    if before and not found:
        return None
    earlier = json.loads(found[1]) if found else []
    if is_current(tasks, page, earlier):
        return page
    said = errors or {}
    named = about.titles(tasks)
    cards = [
        {**describe(task, folder, said.get(name, "")), "title": named[name]}
        for name, task in tasks.items()
    ]
    cards += keep(earlier, {card["name"] for card in cards}, folder)
    put(page, before, link(page, render(tasks, cards, folder)))
    if other := other_of(page):
        text = other.read_text(encoding="utf-8")
        put(other, text, link(other, text))
    return page


def put(page: Path, before: str, text: str) -> None:
    """Write a page, whole or not at all, if it is not as it was before."""
    if text != before:
        partial = page.with_name(f".{page.name}.part")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, page)


def other_of(page: Path) -> Path | None:
    """Return the page of all data for that of the sample, and the other way round, if it exists."""
    name = SWAPPED.get(page.parent.name)
    found = page.parent.parent / name / page.name if name else page
    return found if name and found.exists() else None


def link(page: Path, text: str) -> str:
    """Return the text of a page with a link to the other one, if that exists."""
    if other := other_of(page):
        folder = other.parent.name
        words = "all data" if folder == "sample=False" else "the sample"
        return text.replace(OTHER, f'<a href="../{folder}/index.html">The page of {words}</a>', 1)
    return text


def is_current(tasks: Mapping[str, Task], page: Path, cards: list[dict[str, Any]]) -> bool:
    """Tell whether nothing was run since the page was written."""
    done = {card["name"] for card in cards if card["state"] == "done"}
    if any(task.state != "up to date" or task.name not in done for task in tasks.values()):
        return False
    made = [path.stat().st_mtime for path in products(tasks) if path.exists()]
    return page.stat().st_mtime >= max(made, default=0)


def products(tasks: Mapping[str, Task]) -> list[Path]:
    """Return the files that all tasks make."""
    return [path.absolute() for task in tasks.values() for path in task.files().values()]


def find_folder(tasks: Mapping[str, Task]) -> Path | None:
    """Return the folder that holds all products, None if there is none but the project's."""
    try:
        folder = Path(os.path.commonpath([path.parent for path in products(tasks)]))
    except ValueError:  # no products, or on two drives
        return None
    return folder if folder.is_dir() and not root().is_relative_to(folder) else None


def describe(task: Task, folder: Path, said: str) -> dict[str, Any]:
    """Return what the card of a task shows; `said` is its error, if it has failed."""
    files = [path.absolute() for path in task.files().values()]
    run = last_run(task)
    return {
        "name": task.name,
        "state": picture.state(task),
        "error": said,
        "upstream": list(task.upstream),
        "seconds": run[0],
        "ended": run[1],
        "source": task.source.shown(),
        "files": [path.relative_to(folder).as_posix() for path in files],
    }


def keep(cards: list[dict[str, Any]], known: set[str], folder: Path) -> list[dict[str, Any]]:
    """Return the cards of an earlier build that this one had no part in.

    Not those of tasks that have been renamed or deleted: their source or products are gone.
    """
    others = [card for card in cards if card["name"] not in known]
    others = [card for card in others if (root() / card.get("source", "?")).exists()]
    return [card for card in others if all((folder / name).exists() for name in card["files"])]


def last_run(task: Task) -> tuple[float | None, str]:
    """Return how many seconds a task took when it last ran, and when that was."""
    run = times.last(task.name, [*task.files().values()])
    if run is None:
        return None, ""
    return run.seconds, f"{datetime.fromtimestamp(run.ended):%Y-%m-%d %H:%M}"


def render(tasks: Mapping[str, Task], cards: list[dict[str, Any]], folder: Path) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader

    tables = [str(folder / name) for card in cards for name in card["files"]]
    parquet = [path for path in tables if path.endswith(".parquet")]
    nodes = [
        picture.Node(card["name"], card["upstream"], card["state"], f"#{card['name']}")
        for card in cards
    ]
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters["link"] = quote
    template = environment.get_template("index.html.j2")
    return template.render(
        project=about.project(),
        commit=about.commit(),
        environment=about.environment(folder / "index.html"),
        sample=about.sample(about.parameters(tasks), parquet),
        parameters=about.values(tasks),
        cards=cards,
        picture=picture.draw(nodes),
        tables=[
            preview.describe(path, folder)
            for path in map(Path, tables)
            if path.suffix in preview.TABLES
        ],
    )
