"""Read tables that the pipeline has made, only when all of it is whole.

A build may be under way: a table is half written, or made of another one than that beside it.
The note that a task leaves when it has succeeded tells; until then, what was last whole stays.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from nbtasks.checks import fingerprints, uptodate
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
    dag
        The pipeline, rendered.
    names
        The tasks; what they depend on has to be whole too.
    """

    def __init__(self, dag: Any, names: list[str]) -> None:
        """See above; nothing is read yet."""
        self.names = names
        self.tasks: dict[str, Any] = {}
        for name in names:
            self.tasks |= about.lineage(dag[name])
        self.lock = Lock()
        self.state: list[Any] = []
        self.results: Results | None = None

    def read(self) -> Results | None:
        """Return the results; None if they have never been whole."""
        with self.lock, suppress(OSError, ValueError):  # what is written just now
            state = self.look()
            if state != self.state and all(map(is_whole, self.tasks.values())):
                results = self.load()
                if self.look() == state:
                    self.state, self.results = state, results
        return self.results

    def look(self) -> list[Any]:
        """Return what changes when a product, or a note on one, is written."""
        notes = [path.with_name(f".{path.name}.metadata") for path in self.files()]
        paths = [*self.files(), *notes]
        return [fingerprints.look(path) if path.exists() else None for path in paths]

    def files(self) -> list[Path]:
        """Return the files that the tasks make."""
        return [path for task in self.tasks.values() for path in about.files(task).values()]

    def load(self) -> Results:
        """Read the tables."""
        tables = {name: read_tables(about.files(self.tasks[name])) for name in self.names}
        made = max(task.product.metadata.timestamp for task in self.tasks.values())
        parquet = [str(path) for path in self.files() if path.suffix == ".parquet"]
        sample = about.sample(about.parameters(self.tasks), parquet)
        return Results(tables, made, sample, about.environment(self.files()[0]))


def read_tables(files: dict[str, Path]) -> dict[str, Any]:
    """Return those of a task's products that are tables."""
    import pandas as pd

    paths = {key: path for key, path in files.items() if path.suffix == ".parquet"}
    return {key: pd.read_parquet(path) for key, path in paths.items()}


def is_whole(task: Any) -> bool:
    """Tell whether a task's products are as it left them, made of what its input is now."""
    products = uptodate.products_of(task).values()
    for product in products:
        product.metadata.clear()  # Ploomber remembers what it has read
    noted = uptodate.find_note([product.metadata.to_dict() for product in products])
    # Functions that have changed since make no table wrong.
    return bool(noted) and uptodate.compare(task, noted, noted.get("functions", {})) is None


def age(seconds: float) -> str:
    """Return how long ago something was, as people say it."""
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}{'s' if number > 1 else ''} ago"
    return "just now"
