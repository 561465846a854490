"""Read tables that the pipeline has made, only when all of it is whole.

A build may be under way: a table is half written, or made of another one than that beside it.
The note that a task leaves when it has succeeded tells; until then, what was last whole stays.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from nbtasks.checks import fingerprints, frames, notes, tables
from nbtasks.checks.texts import Types
from nbtasks.errors import NbtasksError
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


class UnreadableError(NbtasksError):
    """A table can't be read."""


class Whole:
    """What some tasks, and those that they depend on, have made when that was last whole."""

    def __init__(self, load: Callable[[], Mapping[str, Task]], names: list[str]) -> None:
        """Read nothing yet.

        `load` returns all tasks by name, with what is noted of their products at that moment.
        """
        self.load, self.names = load, names
        self.files = [path for task in self.tasks().values() for path in task.files().values()]
        self.lock = Lock()
        self.state: list[Any] = []
        self.results: Results | None = None
        #: Why it was not whole when it was last read, a sentence for each product or task.
        self.problems: list[str] = []

    def read(self) -> Results | None:
        """Return the results; None if they have never been whole."""
        with self.lock:
            try:
                self.renew()
            except (OSError, ValueError, NbtasksError) as error:  # what is written just now
                self.problems = [str(error)]
        return self.results

    def renew(self) -> None:
        """Read the results, if something has changed and all is whole."""
        state = self.look()
        if state == self.state:
            return
        tasks = self.tasks()
        self.problems = [text for task in tasks.values() for text in lacking(task)]
        if self.problems:
            return
        results = self.read_results(tasks)
        if self.look() == state:
            self.state, self.results = state, results

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
        found = {name: read_tables(tasks[name]) for name in self.names}
        products = [product for task in tasks.values() for product in task.products.values()]
        made = max(product.noted["timestamp"] for product in products)
        parquet = [str(path) for path in self.files if path.suffix == ".parquet"]
        sample = about.sample(about.parameters(tasks), parquet)
        return Results(found, made, sample, about.environment(self.files[0]))


def read_tables(task: Task) -> dict[str, Any]:
    """Return those of a task's products that are files of tables, texts as their schema says.

    UnreadableError is raised if one can't be read, whatever the reason.
    """
    found = {}
    for key in frames.find_tables(task.products):
        product = task.products[key]
        if product.path is not None and frames.kind_of(product) not in frames.MAYBE:
            try:
                found[key or "product"] = read_table(task, key)
            except Exception as error:
                reason = f"{type(error).__name__} {error}".splitlines()[0]
                raise UnreadableError(f"{product.shown()} can't be read: {reason}") from error
    return found


def read_table(task: Task, key: str) -> Any:
    """Return a table as a data frame."""
    import pandas as pd

    product = task.products[key]
    if frames.kind_of(product) == ".parquet":
        return pd.read_parquet(product.name)  # which keeps its index
    schema = tables.assign(task, tables.load_schemas(), say=lambda _: None).get(key)
    return pd.concat(frames.read_parts(product, Types(schema)))


def lacking(task: Task) -> list[str]:
    """Return what keeps the products of a task from being whole, a sentence each.

    They have to be there, as it left them, made of what its input is now.
    """
    products = task.products
    gone = [each.shown() for each in products.values() if each.path and not each.path.exists()]
    if gone:
        return [f"{name} is not there" for name in gone]
    noted = notes.find_note([product.noted for product in products.values()])
    if not noted:
        return [f"{task.name} has not succeeded yet"]
    made = noted.get("products", {})
    others = [key for key in products if key in made and notes.identify(products[key]) != made[key]]
    if others:
        return [f"{products[key].shown()} is not as {task.name} left it" for key in others]
    # Functions that have changed since make no table wrong.
    reason = notes.compare(task, noted, noted.get("functions", {}))
    return [f"{task.name} has to run: {reason}"] if reason else []


def age(seconds: float) -> str:
    """Return how long ago something was, as people say it."""
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}{'s' if number > 1 else ''} ago"
    return "just now"
