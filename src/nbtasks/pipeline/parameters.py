"""Check the parameters: that they exist, and have the type that they have in env.yaml."""

from __future__ import annotations

import ast
import datetime
import difflib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from nbtasks.pipeline import options
from nbtasks.pipeline.tasks import INJECTED, Task
from nbtasks.project import imports, root

#: A parameter that may be a word or a number; Executor looks at it.
WORD_OR_NUMBER = "executor"


def check(tasks: Iterable[Task]) -> None:
    """Refuse parameters that do not exist, and values of another type than in env.yaml.

    Parameters
    ----------
    tasks
        Those of the pipeline, with their cells.

    Raises
    ------
    ValueError
        If there is one; the message says where, and lists those that exist.
    """
    for path in sorted(root().glob("env.*.yaml")):
        base = base_of(path)
        if base is not None:
            compare(path.name, flatten(read(path)), base, is_own=has_pipeline(path))
    compare_command_line()
    for task in tasks:
        check_spelling(task)


def read(path: Path) -> dict[str, Any]:
    """Read a file of parameters, without its ``meta`` section."""
    if not path.is_file():
        return {}
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {k: v for k, v in found.items() if k != "meta"} if isinstance(found, dict) else {}


def has_pipeline(path: Path) -> bool:
    """Tell whether a file env.X.yaml is that of a pipeline.X.yaml."""
    return path.with_name(path.name.replace("env.", "pipeline.", 1)).is_file()


def base_of(path: Path) -> Path | None:
    """Return the file whose parameters another file changes; None if it stands for itself."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    meta = found.get("meta") if isinstance(found, dict) else None
    name = (meta or {}).get("import_from")
    if name is None and has_pipeline(path):
        return None
    base = path.with_name(name or "env.yaml")
    return base if base.is_file() else None


@functools.cache
def known(path: Path) -> dict[str, Any]:
    """Return all parameters that a file gives, those of the files it imports included."""
    base = base_of(path) if path.name != "env.yaml" else None
    return (known(base) if base else {}) | flatten(read(path))


def flatten(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested parameters with dots in their names: ``{"db.port": 1}``."""
    flat: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def compare(where: str, given: Mapping[str, Any], base: Path, is_own: bool) -> None:
    """Refuse what a base file lacks, unless a pipeline has its own, and values of other types."""
    there = known(base)
    unknown = [name for name in given if not list(find_known(name, there))]
    if unknown and not is_own:
        raise ValueError(
            f"{where}: there is no parameter {', '.join(sorted(unknown))}; "
            f"those that exist ({base.name}): {', '.join(there)}"
        )
    for name, value in given.items():
        for example in find_known(name, there):
            check_type(where, name, value, example, base)


def find_known(name: str, there: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the value that a parameter has, or an empty or missing group that it belongs to."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        group = there.get(".".join(parts[:end]), there)
        if group is None or group == {}:
            yield None
    if name in there:
        yield there[name]
    elif any(other.startswith(f"{name}.") for other in there):
        yield {}


def check_type(where: str, name: str, value: Any, example: Any, base: Path) -> None:
    """Refuse a value that has another type than the example."""
    if name != WORD_OR_NUMBER and not has_same_type(value, example):
        shown = f"{example!r} ({type(example).__name__})" if example != {} else "a group of others"
        raise ValueError(
            f"{where}: the parameter {name} can't be {value!r}; in {base.name} it is {shown}"
        )


def has_same_type(value: Any, example: Any) -> bool:
    """Tell whether two values have one type: null goes with any, a date is a text.

    A whole number will do for a fraction; what a placeholder stands for is not known here.
    """
    if value is None or example is None:
        return True
    if any(re.search(r"\{\{", str(item)) for item in (value, example)):
        return True
    kinds = [str if isinstance(v, datetime.date) else type(v) for v in (value, example)]
    return kinds[0] is kinds[1] or kinds == [int, float]


def compare_command_line() -> None:
    """Check the parameters given as ``--env--name value``."""
    path = options.env_path()
    if path is None:
        return
    for option, text in options.given().items():
        name = options.name_of(option)
        for example in find_known(name, known(path)):
            value = options.read_value(text, example)
            check_type(f"{option} {text}", name, value, example, path)


def in_files() -> dict[str, Any]:
    """Return the parameters that this command takes from files."""
    path = options.env_path()
    return known(path) if path else {}


def in_use() -> dict[str, Any]:
    """Return the parameters of this command, those of its command line included."""
    there = in_files()
    typed = {options.name_of(option): text for option, text in options.given().items()}
    return there | {name: options.read_value(text, there.get(name)) for name, text in typed.items()}


def check_spelling(task: Task) -> None:
    """Refuse a parameter that a notebook does not read, when its cell has one much like it."""
    if not task.is_analysed or task.source.language != "python":
        return
    given = set(task.params) - {"upstream", "product"}
    code = (cell for cell in task.source.cells if cell.is_code)
    own = [cell for cell in code if INJECTED not in cell.tags]
    nodes = [node for cell in own for node in ast.walk(imports.parse_cell(cell.text))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    tagged = [cell.text for cell in own if "parameters" in cell.tags]
    lines = imports.parse("\n".join(tagged)).body
    declared = {name for node in lines for name in imports.names_bound(node)}
    for name in sorted(given - names):
        for other in difflib.get_close_matches(name, declared - given, n=1, cutoff=0.7):
            raise ValueError(
                f"task {task.name!r}: pipeline.yaml gives it the parameter {name}, but the cell "
                f"tagged `parameters` of {Path(task.source.shown()).name} has {other}"
            )
