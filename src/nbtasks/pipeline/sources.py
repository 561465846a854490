"""Refuse, in a sentence, YAML that can't be read, and tasks whose file or function is missing.

Ploomber answers the first with a traceback, and proposes to write an empty file for the second.
"""

import ast
import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from nbtasks.errors import Refusal
from nbtasks.pipeline import options, pipeline_file, schema
from nbtasks.pipeline.tasks import shorten
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
    """Refuse what the command that has been typed can't read."""
    path = options.pipeline_path()
    for file in [path, *sorted(root().glob("env*.yaml"))]:
        if file.is_file():
            check_yaml(file)
    for file in (root() / "src").glob("*/schemas.py"):
        check_syntax(file)
    there = pipeline_file.read(path)
    meta = there.get("meta") or {}
    if there and not meta.get("source_loader"):
        tree = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
        used = [str(task["source"]) for task in there["tasks"]]
        for number, (source, task) in enumerate(zip(used, there["tasks"], strict=True)):
            problem = check_source(path.parent, source, {*used}) or check_markdown(source, task)
            if problem:
                line = schema.line_of(tree, ["tasks", number, "source"])
                raise Refusal(f"{path.name}:{line}: {problem}")


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
        raise Refusal(f"{shorten(path)}:{line}: {said}") from None


def find_repeated(tree: Any) -> Iterator[tuple[str, int, int]]:
    """Yield each key that a mapping has twice, its line, and that of the first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            marks: dict[tuple[str, str], yaml.Mark] = {}
            for key, value in node.value:
                waiting.append(value)
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    first = marks.setdefault((key.tag, key.value), key.start_mark)
                    if first is not key.start_mark:
                        yield key.value, key.start_mark.line + 1, first.line + 1


def check_source(folder: Path, source: str, used: set[str]) -> str:
    """Say that a source is missing, as far as it can be told before it is imported; or nothing."""
    if re.search(r"[*?\[{]", source):
        return ""
    if Path(source).suffix in pipeline_file.FILES or "/" in source:
        return missing_file(folder, source, used)
    return missing_function(source)


def check_markdown(source: str, task: Mapping[str, Any]) -> str:
    """Say what a Markdown notebook lacks, which Ploomber could not tell from any other text."""
    if not source.endswith(".md") or "class" in task:
        return ""
    needed = "`class: NotebookRunner` and `kernelspec_name: python3`"
    return f"a notebook in Markdown needs two lines more: {needed}"


def missing_file(folder: Path, source: str, used: set[str]) -> str:
    """Say that a file is missing, and which may be meant; nothing if it is there."""
    if any((place / source).exists() for place in (folder, root())):
        return ""
    suffix, beside = Path(source).suffix, Path(source).parent
    others = sorted({*map(shorten, (root() / "tasks").rglob(f"*{suffix}"))} - used)
    near = [name for name in others if Path(name).parent == beside]
    alike = difflib.get_close_matches(source, others, n=1) or (near if len(near) == 1 else [])
    meant = f"Did you mean {alike[0]}?" if alike else "Has it been renamed?"
    return f"there is no file {source}. {meant} Change this line, or the name of the file"


def missing_function(source: str) -> str:
    """Say that a function of the project, or its module, is missing; nothing if it may be there."""
    module, _, function = source.rpartition(".")
    files = dict(imports.find_modules(module)) if module else {}
    if module in files:
        return in_module(files[module], function)
    top, places = module.partition(".")[0], imports.places()
    if not module or not any((place / top).is_dir() for place in places):
        return ""
    folder, _, stem = module.rpartition(".")
    beside = [file for place in places for file in place.joinpath(*folder.split(".")).glob("*.*")]
    if any(file.name.partition(".")[0] == stem for file in beside):  # compiled
        return ""
    names = {f"{folder}.{file.stem}" for file in beside if file.suffix == ".py"}
    return f"there is no module {module}{meant(module, names)}"


def in_module(file: Path, function: str) -> str:
    """Say that a module has no such function; nothing if it has, or can't be read."""
    body = imports.read(file)[0].body
    names = {name for node in body for name in imports.names_bound(node)}
    if not body or {function, "*", "__getattr__"} & names:
        return ""
    return f"{shorten(file)} has no function {function}{meant(function, names)}"


def meant(name: str, known: set[str]) -> str:
    """Ask whether a name that is much like this one is meant, if there is such."""
    alike = difflib.get_close_matches(name, known, n=1)
    return f". Did you mean {alike[0]}?" if alike else ""
