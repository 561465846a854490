"""The note that a task leaves beside its products when it has succeeded, held against today.

It says what each product held, what each input held, and with which functions it was made. A
product that is not as its note says (half written, copied over, written by hand) is made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbtasks.checks import fingerprints
from nbtasks.pipeline.tasks import Product, Task

#: Under these keys what is noted of a product holds our note, and why it does not count.
NOTE, OUTDATED = "note", "outdated"
#: How a note calls the fingerprint of a notebook's own code, and what else may have changed.
SCRIPT, RESOURCES, INPUT = "its script", "its resources_", "its input"


def identify(product: Product) -> str | None:
    """Return what a product is now: what a file holds, or when a table was made."""
    if product.path is not None:
        return fingerprints.fingerprint(product.path)
    return str(product.noted.get("timestamp"))


def identify_all(products: Mapping[str, Product]) -> dict[str, str | None]:
    """Return what all products of a task are now."""
    return {key: identify(product) for key, product in products.items()}


def that_count(products: Mapping[str, Product]) -> dict[str, Product]:
    """Return what another task may read: no executed notebooks, which hold times.

    They do count if a task makes nothing else.
    """
    return {key: one for key, one in products.items() if not one.is_run} or dict(products)


def note(
    functions: Mapping[str, str],
    inputs: Mapping[str, Mapping[str, Product]],
    products: Mapping[str, Product],
) -> dict[str, Any]:
    """Return the note on a task that has just succeeded.

    Parameters
    ----------
    functions
        What was in use as it began.
    inputs
        The products of each task that it reads, by the name of that task.
    products
        Its own.
    """
    found = {name: identify_all(that_count(made)) for name, made in inputs.items()}
    files = {key: p for key, p in products.items() if p.path is not None}
    return {"functions": functions, "inputs": found, "products": identify_all(files)}


def find_note(known: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the note that all products of a task have, None if they have not the same one."""
    notes = [data.get(NOTE) for data in known]
    is_shared = notes and isinstance(notes[0], dict) and all(each == notes[0] for each in notes)
    return notes[0] if is_shared else None


def changed_parameters(task: Task, known: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters that are not as they were."""
    now, before = task.params, known.get("params") or {}
    changed = {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}
    return sorted(changed - {"resources_"})  # of which the engine notes the contents


def compare(task: Task, noted: Mapping[str, Any], functions: Mapping[str, str]) -> str | None:
    """Return what is not as a note says, None if everything is."""
    changed = changed_functions(noted, functions)
    if changed:
        return changed[0] if len(changed) == 1 else f"{changed[0]} and {len(changed) - 1} more"
    for key, fingerprint in noted.get("products", {}).items():
        if key not in task.products or identify(task.products[key]) != fingerprint:
            return "its product changed"
    return INPUT if changed_inputs(task, noted) else None


def changed_functions(noted: Mapping[str, Any], functions: Mapping[str, str]) -> list[str]:
    """Return what code is not as a note says, its own script first."""
    before = noted.get("functions", {})
    names = before.keys() | functions.keys()
    if SCRIPT not in before:  # of an earlier version
        names -= {SCRIPT}
    changed = (name for name in names if before.get(name) != functions.get(name))
    return sorted(changed, key=lambda name: (name != SCRIPT, name))


def changed_inputs(task: Task, noted: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a task reads that is not as a note says: names of tasks and keys."""
    before = noted.get("inputs") or {}
    found = [(name, "") for name in before.keys() ^ task.upstream.keys()]
    for name in before.keys() & task.upstream.keys():
        now = identify_all(that_count(task.upstream[name].products))
        found += [(name, key) for key in now if now[key] != before[name].get(key)]
    return sorted(found)


def varying(task: Task, note: Mapping[str, Any]) -> list[str]:
    """Return the products that have come out otherwise, from the same code and the same input.

    Parameters
    ----------
    task
        The task, with what was noted of its products before it ran.
    note
        The new note.
    """
    known = [product.noted for product in task.products.values()]
    before = find_note(known)
    if before is None or changed_parameters(task, known[0]):
        return []
    if any(before.get(part) != note[part] for part in ("functions", "inputs")):
        return []
    now, then = note["products"], before.get("products", {})
    counted = that_count(task.products)
    return [key for key in now if key in counted and then.get(key, now[key]) != now[key]]
