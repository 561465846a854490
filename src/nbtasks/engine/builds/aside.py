"""Let a product that is a folder begin empty: what an earlier run left would be there twice.

A folder that its task is recorded as having made is set aside when the task begins. It comes
back if the task fails, however it does, and goes when the task has succeeded. Other folders are
somebody's, and stay.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbtasks.checks import fingerprints, notes
from nbtasks.engine import plain


def folders(task: Any) -> Iterator[tuple[str, Path, Path]]:
    """Yield key, path and place aside of each product that is, or was, a folder."""
    for key, product in plain.own_products(task).items():
        if hasattr(product, "__fspath__"):
            path = Path(product)
            place = path.with_name(f".{path.name}.aside")
            if place.is_dir() or path.is_dir():
                yield key, path, place


def begin(task: Any) -> list[Path]:
    """Set folders of an earlier run aside; return those that stay and hold something.

    Parameters
    ----------
    task
        The Ploomber task, about to run.
    """
    found = [product.noted for product in plain.products_of(task).values()]
    noted = (notes.find_note(found) or {}).get("products", {})
    stay = []
    for key, path, place in folders(task):
        if place.is_dir():  # that run was killed: what is there now is half of it
            shutil.rmtree(path, ignore_errors=True)
        elif noted.get(key) and noted[key] == fingerprints.fingerprint(path) and is_alone(path):
            try:
                path.rename(place)
            except OSError:  # a disk of its own, a file that is open
                stay.append(path)
        elif any(path.iterdir()):
            stay.append(path)
    return stay


def is_alone(folder: Path) -> bool:
    """Tell whether a folder holds no notes, which lie beside products of other tasks."""
    return not any(fingerprints.is_note(path) for path in folder.rglob(".*"))


def succeed(task: Any, stayed: list[Path], before: dict[Path, list[str]]) -> None:
    """Delete what was set aside; warn of what an earlier run has left in other folders."""
    for _, _, place in folders(task):
        shutil.rmtree(place, ignore_errors=True)
    for path in stayed:
        if path.is_dir() and set(before[path]) < set(names(path)):
            warnings.warn(
                f"{task.name}: its product {path.name} held files already, and they are still "
                "there: rows may be there twice. To begin anew, delete the folder, and build",
                stacklevel=2,
            )


def names(folder: Path) -> list[str]:
    """Return the files of a folder."""
    return [name for name, _ in fingerprints.files_of(folder)]


def put_back(task: Any) -> None:
    """Put back what was set aside, in place of what a run that failed has left."""
    for _, path, place in folders(task):
        if place.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            place.rename(path)
