"""How long each task took when it last ran; kept beside its products."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ploomber.products import File, MetaProduct


class Run(NamedTuple):
    """The last run of a task that succeeded: its seconds, and when it ended (Unix time)."""

    seconds: float
    ended: float


def files(task: Any) -> list[Path]:
    """Return the products of a task that are files."""
    several = isinstance(task.product, MetaProduct)
    products = list(task.product) if several else [task.product]
    return [Path(product) for product in products if isinstance(product, File)]


def place(task: Any) -> Path | None:
    """Return the file that keeps the time of a task, None when no product is a file."""
    found = files(task)
    return found[0].parent / f".{task.name}.time" if found else None


def note(task: Any, seconds: float) -> None:
    """Write down how long a task took; it has just ended."""
    if path := place(task):
        run = Run(round(seconds, 2), round(time.time(), 2))
        path.write_text(json.dumps(run._asdict()), encoding="utf-8")


def last(task: Any) -> Run | None:
    """Return the last run of a task, None if it is not known."""
    with suppress(OSError, ValueError, TypeError):
        if path := place(task):
            return Run(**json.loads(path.read_text(encoding="utf-8")))
    return None


def words(seconds: float) -> str:
    """Return a time as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
