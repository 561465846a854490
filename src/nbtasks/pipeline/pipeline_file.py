"""Read pipeline.yaml, and add a task to it; every line that is there stays as it is."""

import functools
import io
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nbtasks import notebooks
from nbtasks.project import root

PIPELINE = "pipeline.yaml"
#: What a source ends with that is a file; any other is the name of a function.
FILES = {".py", ".ipynb", ".md", ".Rmd", ".r", ".R", ".sql", ".sh"}


def add_task(
    name: str,
    products: Mapping[str, str] | list[str] | str,
    resources: Mapping[str, str] | None = None,
    comment: str = "",
    path: Path | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write a task below the last one of pipeline.yaml.

    Parameters
    ----------
    name
        Name of the task, whose script is ``tasks/NAME.py``.
    products
        Key -> name of a file; ``nb`` is the executed notebook. The files go to the folder
        of the first task's products. Or one file; or a table in a database: ``[NAME, table]``.
    resources
        Key -> path of a file that the task reads, for ``resources_``.
    comment
        A line to write above the task.
    path
        The file to write to; None for the pipeline.yaml of the project.
    more
        What else the entry has, such as ``grid``; a ``source`` in it is no script of tasks/.

    Raises
    ------
    ValueError
        If there is a task of that name, or the file does not list its tasks one below another.
    """
    from ruamel.yaml import YAML

    path = path or root() / PIPELINE
    text = path.read_bytes().decode("utf-8")
    before = YAML().load(text)
    tasks = before.get("tasks")
    if not tasks or tasks.fa.flow_style():
        raise ValueError(f"{path.name}: `tasks:` is no list with a line `- source: ...` for each")
    if name in map(name_of, tasks):
        raise ValueError(f"{path.name} has a task {name!r} already")
    entry = entry_of(name, products, resources, folder_of(tasks), dict(more or {}))
    lines = as_item(entry)
    if comment:
        lines.insert(0, f"# {comment}")
    paragraph = textwrap.indent("\n".join(lines), margin(text, tasks))
    added = insert(text, end_of(text, before), paragraph)
    after = YAML().load(added)
    if after["tasks"][:-1] != tasks or after["tasks"][-1]["product"] != entry["product"]:
        raise ValueError(f"{path.name}: can't add a task below the last one; add it by hand")
    notebooks.replace(path, added)


def entry_of(
    name: str,
    products: Mapping[str, str] | list[str] | str,
    resources: Mapping[str, str] | None,
    folder: str,
    more: dict[str, Any],
) -> dict[str, Any]:
    """Return the entry of a task, its keys in the order in which people write them."""
    entry: dict[str, Any] = {"source": f"tasks/{name}.py"}
    entry |= {key: more.pop(key) for key in ("source", "name") if key in more}
    entry["product"] = products
    if isinstance(products, Mapping):
        entry["product"] = {key: folder + file for key, file in products.items()}
    elif isinstance(products, str):
        entry["product"] = folder + products
    entry |= more
    if resources:
        entry["params"] = {**entry.get("params", {}), "resources_": dict(resources)}
    return entry


@functools.cache
def parse(text: str) -> dict[str, Any]:
    """Return what the text of a pipeline holds; nothing if Ploomber will refuse it."""
    try:
        found = yaml.safe_load(text)
        return found if [*map(name_of, found["tasks"])] else {}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}


def read(path: Path) -> dict[str, Any]:
    """Return what the file of a pipeline holds; nothing if there is none, or no good one."""
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else {}


def name_of(task: Mapping[str, Any]) -> str:
    """Return the name that Ploomber gives a task: its own, or that of its file or function."""
    source = str(task["source"])
    is_file = Path(source).suffix in FILES or "/" in source
    return task.get("name") or (Path(source).stem if is_file else source.rpartition(".")[2])


def pattern(name: str) -> str:
    """Return the name of a task, or of all tasks of a grid: `fit-[[depth]]` is `fit-*`."""
    return re.sub(r"\[\[.*?\]\]", "*", name)


def folder_of(tasks: list[Mapping[str, Any]]) -> str:
    """Return the folder that the first task writes to, with its placeholders."""
    product = tasks[0]["product"]
    first = next(iter(product.values())) if isinstance(product, Mapping) else str(product)
    return first[: first.rfind("/") + 1]


def folder() -> str:
    """Return the folder that the first task of pipeline.yaml writes to."""
    return folder_of(list(read_tasks().values()))


def as_item(entry: Mapping[str, Any]) -> list[str]:
    """Return the lines of an item of a list, placeholders in quotes."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    def quoted(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: quoted(item) for key, item in value.items()}
        if isinstance(value, list):
            value = CommentedSeq(map(quoted, value))
            value.fa.set_flow_style()
            return value
        return DoubleQuotedScalarString(value) if "{" in str(value) else value

    yaml, stream = YAML(), io.StringIO()
    yaml.width = 1000
    yaml.dump([quoted(entry)], stream)
    return stream.getvalue().splitlines()


def margin(text: str, tasks: Any) -> str:
    """Return the white space before the dashes of the tasks."""
    line: str = text.splitlines()[tasks.lc.item(0)[0]]
    return line[: line.index("-")]


def end_of(text: str, pipeline: Any) -> int:
    """Return how many lines there are up to the end of the last task, comments below left out."""
    starts = [pipeline.lc.key(key)[0] for key in pipeline]
    lines = text.splitlines()
    first = pipeline.lc.key("tasks")[0]
    end = min([line for line in starts if line > first], default=len(lines))
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    return end


def insert(text: str, at: int, addition: str) -> str:
    """Return a text with a paragraph added after a line, its lines ending as the others do."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    lines[at - 1] = lines[at - 1].rstrip("\r\n") + end
    is_first = text.count("\n  - source:") == 1
    blank = end if is_first or re.search(r"\n\r?\n\s*- ", text) else ""  # where others have one
    lines.insert(at, blank + addition.replace("\n", end) + end)
    return "".join(lines)


def read_tasks(path: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the tasks of a pipeline by their names; of pipeline.yaml if none is given."""
    tasks = read(path or root() / PIPELINE).get("tasks", [])
    return {name_of(task): task for task in tasks}
