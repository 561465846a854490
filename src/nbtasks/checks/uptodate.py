"""Know which tasks have to run, and why: by what products are, not by when they were written."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from nbtasks.checks import clients, executed, notes
from nbtasks.checks import code as code_of
from nbtasks.pipeline.tasks import Task
from nbtasks.project import imports, root


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
        code = task.source.code()
        own = (task.folder,) if task.folder else ()
        trees = [imports.parse_cell(text) for text in code]
        run = executed.find(code, (*own, root()))
        trees += [imports.read(path)[0] for path in run.values() if path.suffix == ".py"]
        used |= imports.follow(trees, folders=(*own, *imports.places())) | executed.prints(run)
        if task.source.language == "python":
            used[notes.SCRIPT] = code_of.fingerprint(task.source.cells)
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
    task: Task, functions: Mapping[str, str], other_code: Callable[[], str]
) -> str | None:
    """Return why a task has to run by itself, None when its products are good.

    Parameters
    ----------
    task
        The task.
    functions
        What it uses now.
    other_code
        Tells what the engine takes for changed: ``SCRIPT``, ``RESOURCES`` or "".
    """
    known = [product.noted for product in task.products.values()]
    if reason := next((data[notes.OUTDATED] for data in known if notes.OUTDATED in data), None):
        return str(reason)
    if any(data.get("timestamp") is None for data in known):
        there = all(p.path is None or p.path.exists() for p in task.products.values())
        has_files = any(p.path is not None for p in task.products.values())
        return "no note of how it was made" if there and has_files else "never run"
    noted = notes.find_note(known)
    if changed := notes.changed_parameters(task, known[0]):
        return f"parameter {', '.join(changed)}"
    other = other_code()
    if other == notes.RESOURCES or (other and not is_judged_here(task, noted, functions)):
        return other
    return notes.compare(task, noted, functions) if noted else "no note of how it was made"


def is_judged_here(
    task: Task, noted: Mapping[str, Any] | None, functions: Mapping[str, str]
) -> bool:
    """Tell whether our note has the source of a task, formatted in any way."""
    if notes.SCRIPT in functions:
        return noted is not None and notes.SCRIPT in noted.get("functions", {})
    return bool(task.functions) and all(
        any(imports.find_modules(module)) for module, _ in task.functions
    )
