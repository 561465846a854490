"""Bring what lies beside a notebook: modules that it imports, pictures in its texts."""

import ast
import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nbtasks.importer.syntax import edited, replacing
from nbtasks.project import imports, root

#: A picture in Markdown or HTML: what stands before its address, and the address.
PICTURE = re.compile(r"""(!\[[^\]]*\]\(\s*|<img\s[^>]*?src=["'])([^)"'\s]+)""")


def find_modules(nodes: Iterable[ast.AST], folders: list[Path]) -> dict[str, Path]:
    """Return the modules in some folders that code imports: their paths from there -> files."""
    files = [(root() / name).resolve() for name in imports.follow(nodes, folders=(*folders,))]
    tops = {file: next(folder for folder in folders if folder in file.parents) for file in files}
    return {file.relative_to(top).as_posix(): file for file, top in tops.items()}


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
    """Let texts show their pictures from `tasks/images/`; return these by their new names."""
    found: dict[str, bytes] = {}
    attached: dict[str, Any] = {}

    def new_place(match: re.Match[str]) -> str:
        name = unquote(match[2]).removeprefix("attachment:")
        new = f"{task}_" + re.sub(r"[^\w.]+", "_", Path(name).name)
        if name in attached:
            found[new] = base64.b64decode("".join(attached[name].popitem()[1]))
        elif (folder / name).is_file():
            found[new] = (folder / name).read_bytes()
        return f"{match[1]}../tasks/images/{new}" if new in found else match[0]

    for cell in (cell for cell in cells if cell.cell_type == "markdown"):
        attached = cell.pop("attachments", {})
        cell.source = PICTURE.sub(new_place, cell.source)
    return found
