"""Tell what has changed since a task was run: which file, which key, and since when."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbtasks.checks import notes
from nbtasks.pipeline.tasks import Product, Task
from nbtasks.project import root

#: Lines of a script's differences that are shown.
LINES = 12


def differences(task: Task, functions: Mapping[str, str], other: str) -> Iterator[str]:
    """Yield what is not as it was when a task ran, a line each.

    Parameters
    ----------
    task
        The task, with its cells.
    functions
        What it uses now.
    other
        What the engine takes for changed: its script, its files of `resources_`, or "".
    """
    known = [product.noted for product in task.products.values()]
    if not known or any(data.get("timestamp") is None for data in known):
        yield "it has not run yet, or what was noted of its products is gone"
        return
    yield f"it ran last at {date(known[0]['timestamp'])}"
    yield from of_parameters(task, known[0])
    if other == notes.RESOURCES:
        yield "a file under `resources_` in pipeline.yaml holds something else now"
    if noted := notes.find_note(known):
        yield from of_code(task, known[0], noted, functions)
        yield from of_products(task, noted)
        for name, key in notes.changed_inputs(task, noted):
            yield of_input(task, name, key)
    elif other == notes.SCRIPT:
        yield from of_script(task, known[0])


def of_parameters(task: Task, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parameters that have changed."""
    before = known.get("params") or {}
    for name in notes.changed_parameters(task, known):
        yield f"parameter {name}: {before.get(name, 'none')!r} -> {task.params.get(name, 'none')!r}"


def of_code(
    task: Task, known: Mapping[str, Any], noted: Mapping[str, Any], functions: Mapping[str, str]
) -> Iterator[str]:
    """Yield the files of code that have changed."""
    for name in notes.changed_functions(noted, functions):
        if name == notes.SCRIPT:
            yield from of_script(task, known)
        else:
            yield f"{name}: {written(root() / name)}"


def of_script(task: Task, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is different in the source of a task."""
    yield f"{task.source.shown() or 'its source'}: {written(task.source.path)}"
    before = (known.get("stored_source_code") or "").splitlines()
    found = [*difflib.unified_diff(before, task.source.text.splitlines(), n=0, lineterm="")][2:]
    yield from (f"  {text}" for text in found[:LINES])
    if len(found) > LINES:
        yield f"  and {len(found) - LINES} lines more"


def of_products(task: Task, noted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the products that are not as the task has left them."""
    for key, fingerprint in noted.get("products", {}).items():
        product = task.products.get(key)
        if product is None:
            yield f"product {key}: pipeline.yaml has it no more"
        elif notes.identify(product) != fingerprint:
            yield f"product {called(key, product)}: {written(product.path)}"


def of_input(task: Task, name: str, key: str) -> str:
    """Say which product of another task has changed."""
    if name not in task.upstream:
        return f"input {name}: it is read no more"
    product = task.upstream[name].products.get(key)
    if product is None:
        return f"input {name}: it was not read before"
    return f"input {name}, {called(key, product)}: {written(product.path)}"


def called(key: str, product: Product) -> str:
    """Return a product by its key and its path."""
    return f"{key} ({product.shown()})" if key else product.shown()


def written(path: Path | None) -> str:
    """Say since when a file is as it is."""
    if path is None:
        return "changed"
    return f"changed, written at {date(path.stat().st_mtime)}" if path.exists() else "is missing"


def date(moment: float) -> str:
    """Return a Unix time as people write it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
