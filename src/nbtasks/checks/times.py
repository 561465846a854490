"""How long each task took when it last ran, and whether it failed; kept beside its products."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil


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


def begin(name: str, files: Sequence[Path]) -> None:
    """Write down that a task is being run, by this process."""
    write(name, files, {**read(name, files), "running": [platform.node(), os.getpid()]})


def fail(name: str, files: Sequence[Path], error: str) -> None:
    """Write down that a task has failed, and how, in a few words."""
    kept = {key: value for key, value in read(name, files).items() if key in Run._fields}
    write(name, files, {**kept, "failed": error})


def succeed(name: str, files: Sequence[Path]) -> None:
    """Forget that a task has failed, where nobody has taken its time."""
    if trouble(name, files):
        write(name, files, {k: v for k, v in read(name, files).items() if k in Run._fields})


def note(name: str, files: Sequence[Path], seconds: float) -> None:
    """Write down how long a task took; it has just ended."""
    write(name, files, Run(round(seconds, 2), round(time.time(), 2))._asdict())


def write(name: str, files: Sequence[Path], known: dict[str, Any]) -> None:
    """Write what is known of the runs of a task, whole or not at all."""
    if path := place(name, files):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.part")
        partial.write_text(json.dumps(known), encoding="utf-8")
        os.replace(partial, path)


def read(name: str, files: Sequence[Path]) -> dict[str, Any]:
    """Return what is known of the runs of a task."""
    path = place(name, files)
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8")) if path else {}
        return found if isinstance(found, dict) else {}
    return {}


def last(name: str, files: Sequence[Path]) -> Run | None:
    """Return the last run of a task that succeeded, None if it is not known."""
    known = read(name, files)
    return Run(*(known[key] for key in Run._fields)) if {*Run._fields} <= known.keys() else None


def trouble(name: str, files: Sequence[Path]) -> str:
    """Return what became of a task that has not succeeded since: it failed, was killed or runs."""
    known = read(name, files)
    if "failed" in known:
        return f"failed last time ({known['failed']})" if known["failed"] else "failed last time"
    if "running" not in known:
        return ""
    node, process = known["running"]
    if node == platform.node() and not psutil.pid_exists(process):
        return "was killed last time"
    return f"runs now, in process {process} of {node}"


def words(seconds: float) -> str:
    """Return a time as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
