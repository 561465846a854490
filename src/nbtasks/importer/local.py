"""Bring what lies beside a notebook: modules that it imports, pictures in its texts."""

from __future__ import annotations

import ast
import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nbtasks.importer.syntax import edited, replacing
from nbtasks.project import imports

#: A picture in Markdown or HTML: what stands before its address, and the address.
PICTURE = re.compile(r"""(!\[[^\]]*\]\(\s*|<img\s[^>]*?src=["'])([^)"'\s]+)""")
KINDS = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}


def find_modules(nodes: Iterable[ast.AST], folders: Iterable[Path]) -> dict[str, Path]:
    """Return the modules in some folders that code imports, and those that these import.

    Their names -> a file, or the folder of a package.
    """
    found: dict[str, Path] = {}
    wanted = [name for node in nodes for name in imports.imported_names(node)]
    while wanted:
        name = wanted.pop().partition(".")[0]
        paths = [path for folder in folders for path in (folder / f"{name}.py", folder / name)]
        path = next((path for path in paths if path.is_file() or any(path.glob("*.py"))), None)
        if name and name not in found and path is not None:
            found[name] = path
            for file in path.rglob("*.py") if path.is_dir() else [path]:
                wanted += imports.imported_names(imports.read(file)[0])
    return found


def texts_of(modules: dict[str, Path], package: Path) -> dict[Path, str]:
    """Return the files of modules by where they are in the package."""
    return {
        package / file.relative_to(source.parent): file.read_text(encoding="utf-8")
        for source in modules.values()
        for file in (source.rglob("*.py") if source.is_dir() else [source])
    }


def use_modules(text: str, modules: Iterable[str], package: str) -> str:
    """Return code that imports the modules from the package."""
    nodes = [(node, [*moved(node, {*modules}, package)]) for node in ast.walk(imports.parse(text))]
    edits = [replacing(node, "; ".join(new)) for node, new in nodes if new]
    return edited(text, edits, text.splitlines()) + "\n" if edits else text


def moved(node: ast.AST, modules: set[str], package: str) -> Iterator[str]:
    """Yield what an import of modules becomes, a statement each; nothing for any other code."""
    if isinstance(node, ast.ImportFrom) and not node.level:
        if node.module.partition(".")[0] in modules:
            yield ast.unparse(ast.ImportFrom(f"{package}.{node.module}", node.names, 0))
    elif isinstance(node, ast.Import):
        tops = [alias.name.partition(".")[0] for alias in node.names]
        for top, alias in zip(tops, node.names, strict=True) if modules & {*tops} else ():
            if top not in modules:
                yield ast.unparse(ast.Import([alias]))
            elif alias.asname:
                yield f"import {package}.{alias.name} as {alias.asname}"
            else:
                yield f"from {package} import {top}"
                yield from [f"import {package}.{alias.name}"] * (top != alias.name)


def take_pictures(cells: list[Any], folder: Path, task: str) -> dict[str, bytes]:
    """Let Markdown cells show their pictures, attached or of the folder, from `tasks/images/`.

    The pictures are returned by their new names.
    """
    found: dict[str, bytes] = {}
    attached: dict[str, Any] = {}

    def new_place(match: re.Match[str]) -> str:
        name = unquote(match[2])
        label, file = name.removeprefix("attachment:"), folder / name
        new = f"{task}_" + re.sub(r"[^\w.]+", "_", Path(label).name)
        if label in attached:
            found[new] = base64.b64decode("".join(next(iter(attached[label].values()))))
        elif file.suffix.lower() in KINDS and file.is_file():
            found[new] = file.read_bytes()
        return f"{match[1]}../tasks/images/{new}" if new in found else match[0]

    for cell in (cell for cell in cells if cell.cell_type == "markdown"):
        attached = cell.pop("attachments", {})
        cell.source = PICTURE.sub(new_place, cell.source)
    return found
