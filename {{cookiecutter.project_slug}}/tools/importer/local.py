"""Bring what lies beside a notebook: modules that it imports, pictures in its texts."""

from __future__ import annotations

import ast
import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

#: A picture in Markdown or HTML: what stands before its address, and the address.
PICTURE = re.compile(r"""(!\[[^\]]*\]\(\s*|<img\s[^>]*?src=["'])([^)"'\s]+)""")
KINDS = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}


def imported(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    """Yield the names of the top-level modules that code imports."""
    for node in (child for top in nodes if top is not None for child in ast.walk(top)):
        yield from imported_by(node)


def imported_by(node: ast.AST) -> Iterator[str]:
    """Yield the names of the top-level modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield node.module.partition(".")[0]


def find_modules(nodes: Iterable[ast.AST | None], folder: Path) -> dict[str, Path]:
    """Return the modules in a folder that code imports, and those that these import.

    Parameters
    ----------
    nodes
        The code.
    folder
        That of the notebook.

    Returns
    -------
    dict of str to Path
        Name -> a file, or the folder of a package.
    """
    found: dict[str, Path] = {}
    wanted = [*imported(nodes)]
    while wanted:
        name = wanted.pop()
        paths = [path for path in (folder / f"{name}.py", folder / name) if path.exists()]
        if name in found or not paths or (paths[0].is_dir() and not any(paths[0].glob("*.py"))):
            continue
        found[name] = paths[0]
        for file in paths[0].rglob("*.py") if paths[0].is_dir() else paths[:1]:
            wanted += imported([ast.parse(as_text(file))])
    return found


def as_text(file: Path) -> str:
    """Return the text of a module."""
    return file.read_text(encoding="utf-8")


def use_modules(text: str, modules: Iterable[str], package: str) -> str:
    """Return code that imports the modules from the package."""
    modules, lines = set(modules), text.splitlines(keepends=True)
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(text, "<code>", "exec", flags) if modules else ast.Module([], [])
    for node in (node for node in ast.walk(tree) if modules & {*imported_by(node)}):
        line = lines[node.lineno - 1].encode()  # columns count bytes
        start = line[: node.col_offset].decode()
        rest = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
        lines[node.lineno - 1] = start + "; ".join(moved(node, modules, package)) + rest
        lines[node.lineno : node.end_lineno] = [""] * (node.end_lineno - node.lineno)
    return "".join(lines)


def moved(node: Any, modules: set[str], package: str) -> Iterator[str]:
    """Yield what an import becomes, one statement for each name of `import a, b`."""
    if isinstance(node, ast.ImportFrom):
        node.module = f"{package}.{node.module}"
        yield ast.unparse(node)
        return
    for alias in node.names:
        top = alias.name.partition(".")[0]
        if top not in modules:
            yield ast.unparse(ast.Import([alias]))
        elif alias.asname:
            yield f"import {package}.{alias.name} as {alias.asname}"
        else:
            yield f"from {package} import {top}"
            yield from [f"import {package}.{alias.name}"] * (top != alias.name)


def take_pictures(cells: list[Any], folder: Path, task: str) -> dict[str, bytes]:
    """Let Markdown cells show their pictures, attached or of the folder, from `tasks/images/`.

    Parameters
    ----------
    cells
        The cells, whose texts are changed.
    folder
        That of the notebook.
    task
        Name of the task.

    Returns
    -------
    dict of str to bytes
        The pictures by their new names.
    """
    found: dict[str, bytes] = {}
    attached: dict[str, Any] = {}

    def new_place(match: re.Match[str]) -> str:
        name = unquote(match[2])
        label, file = name.removeprefix("attachment:"), folder / name
        if label in attached:
            data = base64.b64decode("".join(next(iter(attached[label].values()))))
        elif file.suffix.lower() in KINDS and file.is_file():
            data = file.read_bytes()
        else:
            return match[0]
        new = f"{task}_" + re.sub(r"[^\w.]+", "_", Path(label).name)
        found[new] = data
        return f"{match[1]}../tasks/images/{new}"

    for cell in (cell for cell in cells if cell.cell_type == "markdown"):
        attached = cell.pop("attachments", {})
        cell.source = PICTURE.sub(new_place, cell.source)
    return found
