"""Integrity tests: each table that has a schema in schemas.py is checked against it.

`SCHEMAS` there holds, for the name of a task (or for several, ``"fit-*"``), the schema of its
table, or the schemas of its tables by the keys of the products. A table that is larger than
memory is read and checked in parts.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import sys
import warnings
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nbtasks.checks import fingerprints, frames, notes
from nbtasks.errors import NbtasksError
from nbtasks.pipeline.tasks import Product, Task
from nbtasks.project import imports, root, traces


class IntegrityError(NbtasksError):
    """A table is not as its schema says."""


class BrokenSchemasError(NbtasksError):
    """The file of the schemas can't be imported."""


def schemas_file() -> Path | None:
    """Return the module that holds the schemas, if there is one."""
    return next(iter(sorted((root() / "src").glob("*/schemas.py"))), None)


@functools.cache
def schemas_fingerprint() -> str:
    """Return a short name for what the schemas, and all that they import, hold."""
    file = schemas_file()
    if file is None:
        return ""
    name = f"{file.parent.name}.schemas"
    modules = imports.follow([imports.parse(f"import {name}")])
    return hashlib.sha256(repr(sorted(modules.items())).encode()).hexdigest()


def load_schemas() -> dict[str, Any]:
    """Return the schemas, by the names of tasks.

    Raises
    ------
    BrokenSchemasError
        If schemas.py can't be imported, or SCHEMAS holds something else.
    """
    file = schemas_file()
    if file is None:
        return {}
    path = file.relative_to(root()).as_posix()
    try:
        schemas = getattr(importlib.import_module(f"{file.parent.name}.schemas"), "SCHEMAS", {})
    except Exception as error:
        shown = traces.show(traces.of_exception(error)[-1:])
        raise BrokenSchemasError(f"{path} can't be imported:\n{shown}") from None
    for name, found in schemas.items():
        for schema in found.values() if isinstance(found, dict) else [found]:
            if not hasattr(schema, "validate"):
                raise BrokenSchemasError(f"{path}: SCHEMAS[{name!r}] is no schema: {schema!r}")
    return schemas


def assign(
    task: Task, schemas: dict[str, Any], say: Callable[[str], None] = warnings.warn
) -> dict[str, Any]:
    """Return the schema of each table of a task, by the key of the product.

    Parameters
    ----------
    task
        The task.
    schemas
        Those of schemas.py.
    say
        What is told that they do not fit; a worker shows nothing but warnings.
    """
    names = [task.name, *(key for key in schemas if fnmatchcase(task.name, key))]
    found = next((schemas[name] for name in names if name in schemas), None)
    if found is None:
        return {}
    products = task.products
    if isinstance(found, dict):
        missing = sorted(set(found) - set(products))
        if missing:
            say(f"{task.name}: no product is called {', '.join(missing)}, as SCHEMAS says")
        return {key: schema for key, schema in found.items() if key in products}
    tables = frames.find_tables(products)
    if "data" in tables or len(tables) == 1:
        return {"data" if "data" in tables else tables[0]: found}
    listed = ", ".join(tables) or "no table"
    say(f"{task.name}: SCHEMAS has one schema for {listed}; give each its own, by these keys")
    return {}


def check(task: Task) -> None:
    """Check the tables that a task has made.

    Parameters
    ----------
    task
        The task, which has just run.

    Raises
    ------
    IntegrityError
        If a table is not as its schema says; the message names each column and check that
        failed, and the first rows at fault.
    """
    products = task.products
    tables = frames.find_tables(products)
    if not tables or schemas_file() is None:
        return
    schemas = assign(task, load_schemas())
    for key, schema in schemas.items():
        frames.validate(products[key], schema, title(task, key, schemas), IntegrityError)
        remember(products[key])
    unknown = [key for key in tables if frames.kind_of(products[key]) not in frames.MAYBE]
    for key in unknown if not schemas else ():
        text = f"{task.name}: its table {short(products[key])} has no schema in schemas.py"
        line = f'"{task.name}": pa.DataFrameSchema(),'
        warnings.warn(f"{text}; a line to begin with, in SCHEMAS: {line}", stacklevel=2)


def find_unused(names_of_tasks: Iterable[str]) -> list[str]:
    """Return the names in SCHEMAS that no task of the only pipeline has.

    They are read, not imported, since the schemas load pandas; what is no literal is passed over.
    """
    file, tasks = schemas_file(), [*names_of_tasks]
    is_part = not {"--partially", "-p"}.isdisjoint(sys.argv)
    if file is None or is_part or len(list(root().glob("pipeline*.yaml"))) > 1:
        return []
    keys: list[ast.expr | None] = []
    for node in (node for node in imports.read(file)[0].body if isinstance(node, ast.Assign)):
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "SCHEMAS":
            keys.append(target.slice)
        elif ast.unparse(target) == "SCHEMAS" and isinstance(node.value, ast.Dict):
            keys += node.value.keys
    names = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
    return [name for name in names if not any(fnmatchcase(task, name) for task in tasks)]


def title(task: Task, key: str, schemas: dict[str, Any]) -> str:
    """Say which table of a task is meant."""
    return f"The table {f'{key} ' if len(schemas) > 1 else ''}of task {task.name!r}"


def short(product: Product) -> str:
    """Return the name of a product without its folder."""
    return product.path.name if product.path else product.name


def remember(product: Product) -> None:
    """Remember that a table, as it is now, has passed the schemas as they are now."""
    passed = [notes.identify(product), schemas_fingerprint()]
    fingerprints.remember("checked", product.name, passed)


def find_reason(task: Task) -> str | None:
    """Return why the tables of a task do not count any more: they break a schema that is new.

    Parameters
    ----------
    task
        The task, up to date otherwise.
    """
    products = task.products
    for key in frames.find_tables(products):
        passed = [notes.identify(products[key]), schemas_fingerprint()]
        if fingerprints.recall("checked", products[key].name) == passed or not passed[1]:
            continue
        schemas = assign(task, load_schemas(), say=print)
        try:
            if key in schemas:
                name = title(task, key, schemas)
                frames.validate(products[key], schemas[key], name, IntegrityError)
        except IntegrityError:
            file = schemas_file()
            return f"its schema in {file.relative_to(root()).as_posix() if file else 'src'}"
        remember(products[key])
    return None
