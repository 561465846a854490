"""Know which tasks have to run, and why: by what products are, not by when they were written.

When a task has succeeded, a note is added to what Ploomber keeps beside its products: what
each product holds, what each input held, and with which functions. A product that is not as
its note says (half written, copied over, written by hand) is made again.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path
from typing import Any

from nbtasks.checks import clients, executed, fingerprints
from nbtasks.engine import ipython
from nbtasks.pipeline import options, parameters, pipeline_file
from nbtasks.project import imports, root

#: Name of each task that will run -> why, in a word or two.
REASONS: dict[str, str] = {}
#: Under this key Ploomber's metadata holds the note, and why it does not count.
NOTE, OUTDATED = "note", "outdated"


def drop_half_notes() -> None:
    """Remove what Ploomber noted of products and was cut short, as by a full disk.

    It would stop at such a file; without it, the task runs again. Looked at are the folders
    that env.yaml names, and those of products in pipeline.yaml.
    """
    tasks = pipeline_file.read_tasks(options.pipeline_path())
    named = {name: task.get("product") for name, task in tasks.items()}
    named["env.yaml"] = parameters.read(root() / "env.yaml")
    values = parameters.flatten(named).values()
    tops = {value.split("/")[0] for value in values if isinstance(value, str)}
    folders = [path for path in root().glob("[!.]*") if path.name in tops and path.is_dir()]
    for path in (path for folder in folders for path in folder.rglob(".*.metadata")):
        if not path.read_bytes().rstrip().endswith(b"}"):
            path.unlink()


def products_of(task: Any) -> dict[str, Any]:
    """Return the products of a task by their keys, `""` when there is only one."""
    names = task.product.to_json_serializable()
    if isinstance(names, dict):
        return {key: task.product[key] for key in names}
    if isinstance(names, list):
        return {str(key): task.product[key] for key in range(len(names))}
    return {"": task.product}


def is_file(product: Any) -> bool:
    """Tell whether a product is a file or folder, not a table in a database."""
    return hasattr(product, "__fspath__")


def identify(product: Any) -> str | None:
    """Return what a product is now: what a file holds, or when a table was made."""
    if is_file(product):
        return fingerprints.fingerprint(Path(product))
    return str(product.metadata.timestamp)


def identify_all(task: Any) -> dict[str, str | None]:
    """Return what all products of a task are now."""
    return {key: identify(product) for key, product in products_of(task).items()}


def note(task: Any, functions: dict[str, str]) -> dict[str, Any]:
    """Return the note on a task that has just succeeded."""
    found = {name: identify_all(up) for name, up in task.upstream.items()}
    files = {key: identify(p) for key, p in products_of(task).items() if is_file(p)}
    return {"functions": functions, "inputs": found, "products": files}


def functions_of(task: Any) -> dict[str, str]:
    """Return the project's modules that a task uses, with a fingerprint of each.

    Parameters
    ----------
    task
        The task. For a function, of its own module only what it uses counts.
    """
    loaders = [getattr(task, "_serializer", None), getattr(task, "_unserializer", None)]
    source = getattr(task.source, "primitive", None)
    used: dict[str, str] = {}
    for function in [source, *(getattr(item, "callable", None) for item in loaders)]:
        if callable(function):
            used |= functions_of_function(function.__module__, function.__name__)
    for path, passed in clients.makers(task, [*products_of(task).values()]):
        module, _, name = path.rpartition(".")
        used |= functions_of_function(module, name)
        used |= {clients.PASSED: passed} if passed else {}
    if hasattr(task.source, "nb_obj_rendered"):
        cells = task.source.nb_obj_rendered.cells
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        folders = tuple(filter(None, [ipython.folder_of(task), *imports.places()]))
        trees = [imports.parse_cell(text) for text in code]
        run = executed.find(code, (*filter(None, [ipython.folder_of(task)]), root()))
        trees += [imports.read(path)[0] for path in run.values() if path.suffix == ".py"]
        used |= imports.follow(trees, folders=folders) | executed.prints(run)
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


def find_reason(task: Any, functions: dict[str, str]) -> str | None:
    """Return why a task has to run by itself, None when its products are good."""
    known = [product.metadata.to_dict() for product in products_of(task).values()]
    if reason := next((data[OUTDATED] for data in known if OUTDATED in data), None):
        return reason
    if any(data.get("timestamp") is None for data in known):
        return "never run" if not task.product.exists() else "no note of how it was made"
    if task.status(sections=["outdated_code"])["Outdated code"]:
        return changed_source(task, known[0])
    noted = find_note(known)
    return compare(task, noted, functions) if noted else "no note of how it was made"


def find_note(known: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the note that all products of a task have, None if they have not the same one."""
    notes = [data.get(NOTE) for data in known]
    is_shared = notes and isinstance(notes[0], dict) and all(each == notes[0] for each in notes)
    return notes[0] if is_shared else None


def changed_source(task: Any, known: dict[str, Any]) -> str:
    """Return whether the source or which parameters of a task have changed."""
    now = task.params.to_json_serializable(params_only=True)
    before = known.get("params") or {}
    changed = sorted(
        name for name in now.keys() | before.keys() if now.get(name) != before.get(name)
    )
    changed = [name for name in changed if name != "resources_"]  # Ploomber notes their contents
    if known["stored_source_code"] != str(task.source):
        return "its script"
    return f"parameter {', '.join(changed)}" if changed else "its resources_"


def compare(task: Any, noted: dict[str, Any], functions: dict[str, str]) -> str | None:
    """Return what is not as a note says, None if everything is."""
    before = noted.get("functions", {})
    changed = sorted(
        path for path in before.keys() | functions.keys() if before.get(path) != functions.get(path)
    )
    if changed:
        return changed[0] if len(changed) == 1 else f"{changed[0]} and {len(changed) - 1} more"
    products = products_of(task)
    for key, fingerprint in noted.get("products", {}).items():
        if key not in products or identify(products[key]) != fingerprint:
            return "its product changed"
    if {name: identify_all(up) for name, up in task.upstream.items()} != noted.get("inputs"):
        return "its input"
    return None


def distrust(task: Any, reason: str) -> None:
    """Let Ploomber take a task for outdated, until it has run."""
    update_in_memory(task, {OUTDATED: reason, "stored_source_code": None})


def trust(task: Any) -> None:
    """Let Ploomber take a task for newer than its input, whatever the clock said."""
    times = [up.product.metadata.timestamp or 0 for up in task.upstream.values()]
    update_in_memory(task, {"timestamp": max(times, default=0)})


def update_in_memory(task: Any, changes: dict[str, Any]) -> None:
    """Change what Ploomber knows of a task's products, until this process ends."""
    for product in products_of(task).values():
        product.metadata.update_locally(product.metadata.to_dict() | changes)
