"""Read tables that the pipeline has made, only when all of it is whole.

A build may be under way: a table is half written, or made of another one than that beside it.
The note that a task leaves when it has succeeded tells; until then, what was last whole stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from nbtasks.checks import fingerprints, notes
from nbtasks.pipeline.tasks import Task
from nbtasks.results import about


@dataclass(frozen=True, eq=False)  # each one is another, for those who cache by it
class Results:
    """Tables by task and product, when the last was made (Unix time), and what they are of."""

    tables: dict[str, dict[str, Any]]
    made: float
    sample: str
    environment: str

    @property
    def about(self) -> list[str]:
        """Return texts for the head of a page: the environment, and how old the tables are."""
        date = f"{datetime.fromtimestamp(self.made):%Y-%m-%d %H:%M}"
        texts = [self.environment, f"made {date}, {age(time.time() - self.made)}"]
        return [text for text in texts if text]


class Whole:
    """What some tasks have made, as it was when it was last whole.

    Parameters
    ----------
    load
        Returns the tasks of the pipeline by name, with what is noted of their products now.
    names
        The tasks; what they depend on has to be whole too.
    """

    def __init__(self, load: Callable[[], Mapping[str, Task]], names: list[str]) -> None:
        """See above; no product is read yet."""
        self.load, self.names = load, names
        self.files = [path for task in self.tasks().values() for path in task.files().values()]
        self.lock = Lock()
        self.state: list[Any] = []
        self.results: Results | None = None

    def read(self) -> Results | None:
        """Return the results; None if they have never been whole."""
        with self.lock, suppress(OSError, ValueError):  # what is written just now
            state = self.look()
            if state != self.state and all(map(is_whole, (tasks := self.tasks()).values())):
                results = self.read_results(tasks)
                if self.look() == state:
                    self.state, self.results = state, results
        return self.results

    def tasks(self) -> dict[str, Task]:
        """Return the tasks, and those that they depend on."""
        everything = self.load()
        lineages = (everything[name].lineage() for name in self.names)
        return {name: task for tasks in lineages for name, task in tasks.items()}

    def look(self) -> list[Any]:
        """Return what changes when a product, or a note on one, is written."""
        notes = [path.with_name(f".{path.name}.metadata") for path in self.files]
        paths = [*self.files, *notes]
        return [fingerprints.look(path) if path.exists() else None for path in paths]

    def read_results(self, tasks: Mapping[str, Task]) -> Results:
        """Read the tables."""
        tables = {name: read_tables(tasks[name].files()) for name in self.names}
        products = [product for task in tasks.values() for product in task.products.values()]
        made = max(product.noted["timestamp"] for product in products)
        parquet = [str(path) for path in self.files if path.suffix == ".parquet"]
        sample = about.sample(about.parameters(tasks), parquet)
        return Results(tables, made, sample, about.environment(self.files[0]))


def read_tables(files: dict[str, Path]) -> dict[str, Any]:
    """Return those of a task's products that are tables."""
    import pandas as pd

    paths = {key: path for key, path in files.items() if path.suffix == ".parquet"}
    return {key: pd.read_parquet(path) for key, path in paths.items()}


def is_whole(task: Task) -> bool:
    """Tell whether a task's products are as it left them, made of what its input is now."""
    noted = notes.find_note([product.noted for product in task.products.values()])
    if not noted:
        return False
    # Functions that have changed since make no table wrong.
    return notes.compare(task, noted, noted.get("functions", {})) is None


def age(seconds: float) -> str:
    """Return how long ago something was, as people say it."""
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}{'s' if number > 1 else ''} ago"
    return "just now"
