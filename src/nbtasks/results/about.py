"""What pages say about the project: its name, author and commit, the sample, titles of tasks."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbtasks.pipeline.parameters import in_use
from nbtasks.pipeline.tasks import Task
from nbtasks.project import git, root

#: What every task has, or which is a file.
OWN = {"upstream", "product", "resources_"}


def project() -> str:
    """Return the name of the project: the heading of its README, or the name of its folder."""
    readme = root() / "README.md"
    lines = readme.read_text(encoding="utf-8").splitlines() if readme.exists() else []
    return next((line[2:].strip() for line in lines if line.startswith("# ")), root().name)


def author() -> str:
    """Return who has written the project, as pyproject.toml says; "" if nobody has said so."""
    with suppress(OSError, ValueError, AttributeError):  # it is not there, or not as it should be
        text = (root() / "pyproject.toml").read_text(encoding="utf-8")
        authors = tomllib.loads(text).get("project", {}).get("authors", [])
        names = [each.get("name", "") for each in authors]
        return ", ".join(name for name in names if name not in {"", "Your Name"})
    return ""


def commit() -> str:
    """Return the commit that is checked out, and whether files differ from it; "" without git."""
    here = ["-C", str(root()), "--no-optional-locks"]
    head = git.ask(*here, "rev-parse", "--short", "HEAD").strip()
    dirty = head and git.ask(*here, "status", "--porcelain")
    return f"{head}, with uncommitted changes" if dirty else head


def environment(path: Path) -> str:
    """Return the environment that a product belongs to: products/staging/... is staging."""
    if not path.is_relative_to(root() / "products"):
        return ""
    return next(iter(path.relative_to(root() / "products").parent.parts), "")


def parameters(tasks: Mapping[str, Task]) -> dict[str, Any]:
    """Return the parameters of some tasks; of one that differs between them the last value."""
    return {name: each[-1] for name, each in values(tasks).items()}


def values(tasks: Mapping[str, Task]) -> dict[str, list[Any]]:
    """Return the parameters of some tasks: all values of each, in the order of the tasks."""
    found: dict[str, list[Any]] = {}
    for task in tasks.values():
        for name, value in task.params.items():
            if name not in OWN and value not in found.setdefault(name, []):
                found[name].append(value)
    return found


def sample(parameters: dict[str, Any], tables: list[str]) -> str:
    """Return that the results are those of a sample, and of how many rows; or nothing.

    Parameters
    ----------
    parameters
        Those of the tasks. It is a sample when one with this name is true, there or in the
        file of parameters and on the command line, whether or not a task asks for it.
    tables
        Paths of tables, in the order they are made. The first that says how many rows it was
        drawn from tells how large the sample is.
    """
    if parameters.get("sample") is not True and in_use().get("sample") is not True:
        return ""
    for path in tables:
        rows, drawn_from = read_rows(path)
        if drawn_from:
            return f"Sample, {rows} of {drawn_from} rows"
    return "Sample"


def read_rows(path: str) -> tuple[int, int]:
    """Return the rows of a Parquet file, and the ``drawn_from`` in the attributes of its table."""
    try:
        import pyarrow.parquet as pq

        about = pq.read_metadata(path)
    except (OSError, ValueError, ImportError):
        return 0, 0
    attributes = json.loads((about.metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    return about.num_rows, attributes.get("drawn_from", 0)


def titles(tasks: Mapping[str, Task]) -> dict[str, str]:
    """Return the title of each task: its heading, and how it differs from others of its script."""
    alike: dict[str, dict[str, Task]] = {}
    for name, task in tasks.items():
        alike.setdefault(task.source.shown(), {})[name] = task
    found = {}
    for group in alike.values():
        several = {name for name, each in values(group).items() if len(each) > 1}
        for name, task in group.items():
            own = [f"{key} {task.params[key]}" for key in sorted(several) if key in task.params]
            title = heading(task)
            found[name] = " · ".join([title, ", ".join(own)]) if own and title else title
    return found


def heading(task: Task) -> str:
    """Return the first heading of the script of a task."""
    if task.source.path is None:
        return ""
    with suppress(OSError, UnicodeDecodeError):
        text = task.source.path.read_text(encoding="utf-8")
        if found := re.search(r"(?m)^(?:# |\s*\")# (.+?)(?:\\n\",?)?$", text):
            return found[1]
    return ""
