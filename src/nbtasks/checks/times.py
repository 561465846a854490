"""How long each task took when it last ran; kept beside its products."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """The last run of a task that succeeded: its seconds, and when it ended (Unix time)."""

    seconds: float
    ended: float


def place(name: str, files: Sequence[Path]) -> Path | None:
    """Return the file that keeps the time of a task, None when it makes no file.

    Parameters
    ----------
    name
        Of the task.
    files
        What it makes.
    """
    return files[0].parent / f".{name}.time" if files else None


def note(name: str, files: Sequence[Path], seconds: float) -> None:
    """Write down how long a task took; it has just ended."""
    if path := place(name, files):
        run = Run(round(seconds, 2), round(time.time(), 2))
        path.write_text(json.dumps(run._asdict()), encoding="utf-8")


def last(name: str, files: Sequence[Path]) -> Run | None:
    """Return the last run of a task, None if it is not known."""
    with suppress(OSError, ValueError, TypeError):
        if path := place(name, files):
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
