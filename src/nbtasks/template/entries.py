"""Take lines out of files that are otherwise the user's: entries, schemas, parameters, packages."""

import ast
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from nbtasks import notebooks
from nbtasks.environment import declared
from nbtasks.pipeline import parts, pipeline_file
from nbtasks.project import package, root


def without(lines: list[str], start: int, end: int) -> list[str]:
    """Return lines without some of them, the comments right above, and one blank line above."""
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    start -= bool(start and not lines[start - 1].strip())
    return lines[:start] + lines[end:]


def edit(path: Path, lines: Iterable[str]) -> None:
    """Write the lines of a file, ending as they did."""
    notebooks.replace(path, "".join(lines))


def read(path: Path) -> list[str]:
    """Return the lines of a file with their ends."""
    return path.read_bytes().decode("utf-8").splitlines(keepends=True)


def drop_tasks(names: Collection[str]) -> None:
    """Take tasks out of pipeline.yaml."""
    from ruamel.yaml import YAML

    path = root() / pipeline_file.PIPELINE
    pipeline, lines = YAML().load(path.read_bytes()), read(path)
    tasks = pipeline["tasks"]
    starts = [tasks.lc.item(index)[0] for index in range(len(tasks))]
    stops = [*starts[1:], pipeline_file.end_of("".join(lines), pipeline)]
    for index in reversed(range(len(tasks))):
        end = stops[index]
        while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
            end -= 1
        if pipeline_file.name_of(tasks[index]) in names:
            lines = without(lines, starts[index], end)
            stops[index - 1] = min(stops[index - 1], len(lines))
    edit(path, lines)


def read_from(file: str) -> None:
    """Let the task `get` of pipeline.yaml read another raw file."""
    path = root() / pipeline_file.PIPELINE
    text = "".join(read(path))
    was = pipeline_file.read_tasks()["get"]["params"]["resources_"]["raw"]
    edit(path, text.replace(f"raw: {was}", f"raw: {file}", 1))


def drop_parameter(name: str) -> None:
    """Take a parameter out of all files of parameters."""
    for path in root().glob("env*.yaml"):
        lines = read(path)
        for index, line in enumerate(lines):
            if line.startswith(f"{name}:"):
                edit(path, without(lines, index, index + 1))
                break


def describe(schema: str, comment: str) -> None:
    """Put another schema in the place of that of the raw data."""
    path = package() / "schemas.py"
    text = "".join(read(path))
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "RAW":
            new = parts.schema_code("RAW", text, schema, comment)
            before = without(lines, node.lineno - 1, len(lines))
            edit(path, [*before, "\n", new, *lines[node.end_lineno :]])
            break


def drop_schemas() -> None:
    """Take out schemas of tasks that are gone, and names that only these used."""
    path = package() / "schemas.py"
    tasks = {pipeline_file.pattern(name).partition("-")[0] for name in pipeline_file.read_tasks()}
    others = "".join(one.read_text("utf-8") for one in root().glob("[st]*/**/*.py") if one != path)
    before = ""
    while before != (before := "".join(read(path))):
        lines = before.splitlines(keepends=True)
        found = [
            place for node in ast.parse(before).body for place in idle(node, before, others, tasks)
        ]
        for start, end in sorted(found, reverse=True):
            lines = without(lines, start - 1, end)
        edit(path, lines)
    parts.tidy(path)


def idle(
    node: ast.stmt, text: str, others: str, tasks: Collection[str]
) -> Iterable[tuple[int, int]]:
    """Yield the lines of entries of SCHEMAS for no task, and of a constant that nothing uses."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return
    name = node.targets[0].id
    if name == "SCHEMAS" and isinstance(node.value, ast.Dict):
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            task = key.value if isinstance(key, ast.Constant) else None
            if isinstance(task, str) and task.partition("-")[0] not in tasks:
                yield value.lineno, value.end_lineno or value.lineno
    elif name.isupper() and name not in ("SCHEMAS", "HAS_ROWS") and uses(name, text + others) == 1:
        yield node.lineno, node.end_lineno or node.lineno


def uses(name: str, text: str) -> int:
    """Return how often a name stands in a text."""
    return len(re.findall(rf"\b{name}\b", text))


def drop_packages(unused: Collection[str]) -> None:
    """Take packages that nothing imports out of requirements.txt, and the answer with them."""
    path = declared.requirements_file()
    lines = read(path)
    asked = [(declared.parse(line.strip()), line) for line in lines]
    edit(path, [line for one, line in asked if one is None or one.name not in unused])
    path = root() / "pyproject.toml"
    text = "".join(read(path)).replace('\nexample = "penguins"\n', '\nexample = "empty"\n')
    if not (package() / "dashboard.py").exists():
        text = re.sub(r"nbtasks\[dashboard(?:,(.*?))?\]==", with_extra, text)
    edit(path, [text])


def with_extra(found: re.Match[str]) -> str:
    """Return how the package is named with the extras that stay."""
    return f"nbtasks[{found[1]}]==" if found[1] else "nbtasks=="
