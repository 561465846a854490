"""Keep what somebody has typed into an executed notebook, before a build overwrites it."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from nbtasks.checks import fingerprints
from nbtasks.pipeline.tasks import Product, Task, shorten
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
    return fingerprints.digest(json.dumps([s for s in sources if s.strip()]))


def notebooks_among(products: Iterable[Product]) -> list[Path]:
    """Return the executed notebooks among some products."""
    paths = (product.path for product in products)
    return [path for path in paths if path and path.suffix == ".ipynb" and path.is_file()]


def remember(products: Iterable[Product]) -> None:
    """Remember what the executed notebooks of a task hold, as its run has left them."""
    for path in notebooks_among(products):
        fingerprints.remember("typed", path, typed(path))


def keep_edits(task: Task) -> None:
    """Copy the executed notebooks of a task that somebody has edited since it ran."""
    for path in notebooks_among(task.products.values()):
        before, now = fingerprints.recall("typed", path), typed(path)
        if before is None or now is None or now == before:
            continue
        copy = find_place(path, task.name)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(path, copy)
        fingerprints.remember("typed", path, now)
        kept = f"the edit is kept in {shorten(copy)}"
        print(f"{task.name}: its result {path.name} was edited; {kept}")


def find_place(path: Path, name: str) -> Path:
    """Return a name in exploration/ that is free."""
    start = root() / KEPT / f"{name.replace('/', '-')}-edited"
    places = (Path(f"{start}{number}{path.suffix}") for number in ["", *range(2, 1000)])
    return next(place for place in places if not place.exists())
