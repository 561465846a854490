"""Know which tasks have to run, and why: by what products are, not by when they were written.

When a task has succeeded, a note is added to what Ploomber keeps beside its products: what
each product holds, what each input held, and with which functions. A product that is not as
its note says (half written, copied over, written by hand) is made again.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbtasks.checks import clients, executed, fingerprints
from nbtasks.pipeline.tasks import Product, Task
from nbtasks.project import imports, root

#: Under these keys what is noted of a product holds our note, and why it does not count.
NOTE, OUTDATED = "note", "outdated"


def identify(product: Product) -> str | None:
    """Return what a product is now: what a file holds, or when a table was made."""
    if product.path is not None:
        return fingerprints.fingerprint(product.path)
    return str(product.noted.get("timestamp"))


def identify_all(products: Mapping[str, Product]) -> dict[str, str | None]:
    """Return what all products of a task are now."""
    return {key: identify(product) for key, product in products.items()}


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
    found = {name: identify_all(made) for name, made in inputs.items()}
    files = {key: p for key, p in products.items() if p.path is not None}
    return {"functions": functions, "inputs": found, "products": identify_all(files)}


def functions_of(task: Task) -> dict[str, str]:
    """Return the project's modules that a task uses, with a fingerprint of each.

    Parameters
    ----------
    task
        The task, with its cells. For a function, of its own module only what it uses counts.
    """
    used: dict[str, str] = {}
    for module, name in task.functions:
        used |= functions_of_function(module, name)
    for path, passed in clients.makers(task):
        module, _, name = path.rpartition(".")
        used |= functions_of_function(module, name)
        used |= {clients.PASSED: passed} if passed else {}
    if task.source.cells:
        code = [cell.code for cell in task.source.cells]
        own = (task.folder,) if task.folder else ()
        trees = [imports.parse_cell(text) for text in code]
        run = executed.find(code, (*own, root()))
        trees += [imports.read(path)[0] for path in run.values() if path.suffix == ".py"]
        used |= imports.follow(trees, folders=(*own, *imports.places())) | executed.prints(run)
    return used


def functions_of_function(module: str, name: str) -> dict[str, str]:
    """Return what a function uses: parts of its own module, and the modules they import."""
    found = [file for _, file in imports.find_modules(module)]
    used = {file.relative_to(root()).as_posix(): imports.read(file)[1] for file in found}
    if found:
        parts = imports.parts_used(imports.read(found[-1])[0], name)
        text = "".join(ast.dump(node) for node in parts)
        path = found[-1].relative_to(root()).as_posix()
        used[path] = hashlib.sha256(text.encode()).hexdigest()
        used = imports.follow(parts, module.rpartition(".")[0]) | used
    return used


def find_reason(
    task: Task, functions: Mapping[str, str], is_other_code: Callable[[], bool]
) -> str | None:
    """Return why a task has to run by itself, None when its products are good.

    Parameters
    ----------
    task
        The task.
    functions
        What it uses now.
    is_other_code
        Tells whether its source or parameters have changed, as the engine sees it.
    """
    known = [product.noted for product in task.products.values()]
    if reason := next((data[OUTDATED] for data in known if OUTDATED in data), None):
        return str(reason)
    if any(data.get("timestamp") is None for data in known):
        there = all(p.path is None or p.path.exists() for p in task.products.values())
        has_files = any(p.path is not None for p in task.products.values())
        return "no note of how it was made" if there and has_files else "never run"
    if is_other_code():
        return changed_source(task, known[0])
    noted = find_note(known)
    return compare(task, noted, functions) if noted else "no note of how it was made"


def find_note(known: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the note that all products of a task have, None if they have not the same one."""
    notes = [data.get(NOTE) for data in known]
    is_shared = notes and isinstance(notes[0], dict) and all(each == notes[0] for each in notes)
    return notes[0] if is_shared else None


def changed_source(task: Task, known: Mapping[str, Any]) -> str:
    """Return whether the source or which parameters of a task have changed."""
    now = task.params
    before = known.get("params") or {}
    changed = sorted(
        name for name in now.keys() | before.keys() if now.get(name) != before.get(name)
    )
    changed = [name for name in changed if name != "resources_"]  # Ploomber notes their contents
    if known["stored_source_code"] != task.source.text:
        return "its script"
    return f"parameter {', '.join(changed)}" if changed else "its resources_"


def compare(task: Task, noted: Mapping[str, Any], functions: Mapping[str, str]) -> str | None:
    """Return what is not as a note says, None if everything is."""
    before = noted.get("functions", {})
    changed = sorted(
        path for path in before.keys() | functions.keys() if before.get(path) != functions.get(path)
    )
    if changed:
        return changed[0] if len(changed) == 1 else f"{changed[0]} and {len(changed) - 1} more"
    products = task.products
    for key, fingerprint in noted.get("products", {}).items():
        if key not in products or identify(products[key]) != fingerprint:
            return "its product changed"
    inputs = {name: identify_all(up.products) for name, up in task.upstream.items()}
    if inputs != noted.get("inputs"):
        return "its input"
    return None
