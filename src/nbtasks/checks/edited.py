"""Keep what somebody has typed into an executed notebook, before a build overwrites it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from nbtasks.checks import fingerprints, uptodate
from nbtasks.project import root

#: How the cells begin that `--debug` and `--debuglater` of Ploomber put at the top.
DEBUGGERS = ("%pdb on", "\nfrom debuglater ")
#: The folder that an edit is kept in.
KEPT = "exploration"


def typed(path: Path) -> str | None:
    """Return a fingerprint of what the cells of a notebook hold, outputs left out.

    None if it can't be read, or is half of a run that was killed or debugged: nobody remembers
    that.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        sources = ["".join(cell["source"]) for cell in notebook["cells"]]
        run = notebook["metadata"].get("papermill", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if "end_time" in run and run["end_time"] is None:
        return None
    if sources and sources[0].startswith(DEBUGGERS):
        return None
    return hashlib.sha256(json.dumps([s for s in sources if s.strip()]).encode()).hexdigest()


def notebooks_of(task: Any) -> list[Path]:
    """Return the executed notebooks among the products of a task."""
    products = [p for p in uptodate.products_of(task).values() if uptodate.is_file(p)]
    return [Path(p) for p in products if Path(p).suffix == ".ipynb" and Path(p).is_file()]


def remember(task: Any) -> None:
    """Remember what the executed notebooks of a task hold, as its run has left them."""
    for path in notebooks_of(task):
        fingerprints.remember("typed", path, typed(path))


def keep_edits(task: Any) -> None:
    """Copy the executed notebooks of a task that somebody has edited since it ran."""
    if "jupyterlab" in sys.modules:  # it reads the pipeline too, and builds nothing
        return
    for path in notebooks_of(task):
        before, now = fingerprints.recall("typed", path), typed(path)
        if before is None or now is None or now == before:
            continue
        copy = find_place(path, task.name)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(path, copy)
        fingerprints.remember("typed", path, now)
        print(
            f"{task.name}: its result {path.name} was edited; the edit is kept in "
            f"{copy.relative_to(root()).as_posix()}"
        )


def find_place(path: Path, name: str) -> Path:
    """Return a name in exploration/ that is free."""
    numbers = ["", *range(2, 1000)]
    names = [
        root() / KEPT / f"{name.replace('/', '-')}-edited{number}{path.suffix}"
        for number in numbers
    ]
    return next(place for place in names if not place.exists())
