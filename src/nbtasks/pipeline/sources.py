"""Refuse, in a sentence, YAML that can't be read, and tasks whose file or function is missing.

Ploomber answers the first with a traceback, and proposes to write an empty file for the second.
"""

from __future__ import annotations

import ast
import difflib
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from nbtasks.errors import Refusal
from nbtasks.pipeline import options, pipeline_file
from nbtasks.project import imports, root

#: What is wrong, as PyYAML says it -> what that means.
MEANS = {
    "cannot start any token": "YAML is indented by spaces, and takes no tabs",
    "found undefined alias": "a text that begins with * goes between quotes",
    "found unhashable key": 'a placeholder goes between quotes: "{{name}}"',
    "mapping values are not allowed here": "a text with a colon goes between quotes",
}


@functools.cache
def check() -> None:
    """Refuse what the command that has been typed can't read.

    Raises
    ------
    Refusal
        If pipeline.yaml or a file of parameters is no YAML, or has a key twice; if schemas.py
        is no Python; if a task has a source that does not exist.
    """
    path = options.pipeline_path()
    for file in [path, *sorted(root().glob("env*.yaml"))]:
        if file.is_file():
            check_yaml(file)
    for file in (root() / "src").glob("*/schemas.py"):
        check_syntax(file)
    there = pipeline_file.read(path)
    meta = there.get("meta") or {}
    if there and not meta.get("source_loader"):
        listed = list(find_sources(path))
        for source, line in listed:
            check_source(path, source, line, {one for one, _ in listed})


def check_yaml(path: Path) -> None:
    """Refuse a file that is no YAML, or has a key twice: PyYAML takes the last."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, yaml.SafeLoader)
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(str(error.problem or error.context).split())
        means = next((f"; {MEANS[part]}" for part in MEANS if part in said), "")
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refusal(f"{path.name}{where}: {said}{means}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path.name} can't be read: {' '.join(str(error).split())}") from None
    for key, line, before in find_repeated(tree):
        raise Refusal(
            f"{path.name}, line {line}: {key!r} is there already, in line {before}; "
            "the first would be passed over"
        )


def check_syntax(path: Path) -> None:
    """Refuse a module that is no Python, before tasks run whose tables it checks."""
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        said, line = getattr(error, "msg", str(error)), getattr(error, "lineno", 1)
        raise Refusal(f"{path.relative_to(root()).as_posix()}:{line}: {said}") from None


def find_repeated(tree: Any) -> Iterator[tuple[str, int, int]]:
    """Yield each key that a mapping has twice, its line, and that of the first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, value in node.value:
                waiting.append(value)
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    line = key.start_mark.line + 1
                    before = lines.setdefault((key.tag, key.value), line)
                    if before != line or key.start_mark.column != column_of(node, key):
                        yield key.value, line, before


def column_of(node: yaml.MappingNode, key: yaml.ScalarNode) -> int:
    """Return the column of the first key of a mapping that is the same."""
    same = (one for one, _ in node.value if (one.tag, one.value) == (key.tag, key.value))
    column: int = next(same).start_mark.column
    return column


def find_sources(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the source of each task of a pipeline, and its line."""
    tree = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    for tasks in (value for key, value in (tree.value if tree else ()) if key.value == "tasks"):
        for task in tasks.value:
            pairs = task.value if isinstance(task, yaml.MappingNode) else ()
            for key, value in pairs:
                if key.value == "source" and isinstance(value, yaml.ScalarNode):
                    yield value.value, value.start_mark.line + 1


def check_source(path: Path, source: str, line: int, used: set[str]) -> None:
    """Refuse a source that does not exist, as far as it can be told before it is imported."""
    if re.search(r"[*?\[{]", source):
        return
    if Path(source).suffix in pipeline_file.FILES or "/" in source:
        problem = missing_file(path.parent, source, used)
    else:
        problem = missing_function(source)
    if problem:
        raise Refusal(f"{path.name}:{line}: {problem}")


def missing_file(folder: Path, source: str, used: set[str]) -> str:
    """Say that a file is missing, and which may be meant; nothing if it is there."""
    if any((place / source).exists() for place in (folder, root())):
        return ""
    suffix, beside = Path(source).suffix, Path(source).parent
    found = (file.relative_to(root()) for file in (root() / "tasks").rglob(f"*{suffix}"))
    others = sorted({file.as_posix() for file in found} - used)
    near = [name for name in others if Path(name).parent == beside]
    alike = difflib.get_close_matches(source, others, n=1) or (near if len(near) == 1 else [])
    meant = f"Did you mean {alike[0]}?" if alike else "Has it been renamed?"
    return f"there is no file {source}. {meant} Change this line, or the name of the file"


def missing_function(source: str) -> str:
    """Say that a function of the project, or its module, is missing; nothing if it may be there."""
    module, _, function = source.rpartition(".")
    top = module.partition(".")[0]
    if not module or not any((place / top).is_dir() for place in imports.places()):
        files = dict(imports.find_modules(module)) if module else {}
        return in_module(files[module], function) if module in files else ""
    files = dict(imports.find_modules(module))
    if module in files:
        return in_module(files[module], function)
    folder, _, stem = module.rpartition(".")
    beside = [
        file
        for place in imports.places()
        for file in place.joinpath(*folder.split(".")).glob("*.*")
    ]
    if any(file.name.partition(".")[0] == stem for file in beside):  # compiled
        return ""
    names = [f"{folder}.{file.stem}" for file in beside if file.suffix == ".py"]
    alike = difflib.get_close_matches(module, names, n=1)
    return f"there is no module {module}" + (f". Did you mean {alike[0]}?" if alike else "")


def in_module(file: Path, function: str) -> str:
    """Say that a module has no such function; nothing if it has, or can't be read."""
    body = imports.read(file)[0].body
    names = {name for node in body for name in imports.names_bound(node)}
    if not body or {function, "*", "__getattr__"} & names:
        return ""
    alike = difflib.get_close_matches(function, names, n=1)
    meant = f". Did you mean {alike[0]}?" if alike else ""
    return f"{file.relative_to(root()).as_posix()} has no function {function}{meant}"
