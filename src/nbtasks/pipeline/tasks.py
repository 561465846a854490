"""A pipeline as plain data: what the rooms that know no engine get of its tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from nbtasks.project import root

#: What has become of a task: not run yet, as it has to be, just made, or stopped by an error of
#: its own or of another.
State = Literal["to run", "up to date", "done", "failed", "aborted"]

#: The tag of the cell that a pipeline puts in: its parameters are compared one by one.
INJECTED = "injected-parameters"


class Cell(NamedTuple):
    """A cell of a notebook, as it is run."""

    text: str
    tags: frozenset[str]
    is_code: bool = True


def shorten(path: Path) -> str:
    """Return a path from the folder of the project, if it is inside."""
    return path.relative_to(root()).as_posix() if path.is_relative_to(root()) else str(path)


@dataclass(frozen=True)
class Source:
    """Where the code of a task is, and what it says."""

    path: Path | None
    text: str
    #: `python`, `r`, `sql`...
    language: str
    #: Those of a notebook, the parameters of the pipeline put in, if somebody asked for them.
    cells: tuple[Cell, ...] = ()

    def code(self) -> list[str]:
        """Return the texts of the code cells."""
        return [cell.text for cell in self.cells if cell.is_code]

    def shown(self) -> str:
        """Return the file, from the folder of the project if it is inside; "" if there is none."""
        return shorten(self.path) if self.path else ""


@dataclass(frozen=True)
class Product:
    """What a task makes: a file, a folder, or a table in a database."""

    #: The path, or the name of the table.
    name: str
    #: None for what is no file or folder.
    path: Path | None
    #: What was noted of it when it was made; empty if it was not.
    noted: Mapping[str, Any]
    is_table: bool = False
    #: Whether it is the executed notebook of its task, or a report of it: these hold times.
    is_run: bool = False
    #: What has the database of a table as its `engine` or its `connection`.
    client: Any = None

    def shown(self) -> str:
        """Return its path, from the folder of the project if it is inside, or its name."""
        return shorten(self.path) if self.path else self.name


@dataclass(frozen=True)
class Task:
    """A task of a pipeline."""

    name: str
    source: Source
    #: As JSON has them.
    params: Mapping[str, Any]
    #: By their keys, `""` when there is only one.
    products: Mapping[str, Product]
    state: State
    #: The tasks whose products it reads, by name.
    upstream: Mapping[str, "Task"] = field(default_factory=dict)
    #: Module and name of those that it is made of: its source, its serializers.
    functions: tuple[tuple[str, str], ...] = ()
    #: How the classes of the task and its products are called, such as `SQLScript`.
    kinds: frozenset[str] = frozenset()
    #: A connection to a database, or the like.
    has_client: bool = False
    #: Whether it is one, or a script that is run as one.
    is_notebook: bool = False
    #: Whether its code may be held against its parameters.
    is_analysed: bool = False
    #: Where it runs; None for the project's.
    folder: Path | None = None

    def files(self) -> dict[str, Path]:
        """Return the files that it makes, by the names they have in pipeline.yaml."""
        found = {key or "product": product.path for key, product in self.products.items()}
        return {key: path for key, path in found.items() if path is not None}

    def lineage(self) -> dict[str, "Task"]:
        """Return the task and all that it depends on, by name, what comes first first."""
        tasks: dict[str, Task] = {}
        for other in self.upstream.values():
            tasks |= other.lineage()
        return tasks | {self.name: self}
