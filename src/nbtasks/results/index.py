"""The page of a build: its tasks, their reports and tables, the parameters, a picture.

`index.html` is written into the folder of the products at the end of each build. It needs no
network, and no server.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbtasks.checks import times
from nbtasks.checks.texts import Types
from nbtasks.pipeline import picture
from nbtasks.pipeline.tasks import Task
from nbtasks.project import root
from nbtasks.results import about, titles

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: How the page holds its cards, so that a build of a part of the pipeline keeps the others.
CARDS = re.compile(r'<script type="application/json" id="cards">(.*?)</script>', re.DOTALL)
TABLES = {".parquet", ".csv"}
ROWS = 5


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
    named = titles.of(tasks)
    cards = [
        {**describe(task, folder, said.get(name, "")), "title": named[name]}
        for name, task in tasks.items()
    ]
    cards += keep(earlier, {card["name"] for card in cards}, folder)
    text = render(tasks, cards, folder)
    if text != before:
        partial = page.with_name(f".{page.name}.part")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, page)
    return page


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
        tables=[preview(Path(path), folder) for path in tables if Path(path).suffix in TABLES],
    )


def preview(path: Path, folder: Path) -> dict[str, Any]:
    """Return the size and the first rows of a table."""
    shown = {"file": path.relative_to(folder).as_posix(), "size": "", "rows": ""}
    with suppress(OSError, ValueError, ImportError):  # ArrowInvalid is a ValueError
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        if path.suffix == ".csv":
            given = Types().for_csv(path, ",")
            given.pop("columns")
            table, size = pd.read_csv(path, nrows=ROWS, **given), ""
        else:
            file = pq.ParquetFile(path)
            first = list(itertools.islice(file.iter_batches(ROWS), 1))  # none if it is empty
            table = pa.Table.from_batches(first, schema=file.schema_arrow).to_pandas()
            size = f"{file.metadata.num_rows:,} rows, {table.shape[1]} columns"
        shown["size"] = size
        shown["rows"] = table.to_html(border=0, na_rep="", max_cols=30)
    return shown
