"""Find what a notebook names outside of it: paths, modules, pictures."""

import ast
import base64
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nbtasks.importer.statements import Statement
from nbtasks.importer.syntax import called, edited, replacing
from nbtasks.project import imports, root

#: What an expression may be of that is a path as soon as constants are known.
FOLD = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.Call, ast.JoinedStr)
FOLD_IN = (*FOLD, ast.FormattedValue, ast.expr_context, ast.operator)
CALLS = {"os.path.join", "path.join", "join", "Path", "pathlib.Path", "str"}
GIVEN = {"os": os, "path": os.path, "join": os.path.join, "pathlib": pathlib, "Path": Path}
#: A picture in Markdown or HTML: what stands before its address, and the address.
PICTURE = re.compile(r"""(!\[[^\]]*\]\(\s*|<img\s[^>]*?src=["'])([^)"'\s]+)""")


def fold(node: ast.AST, known: dict[str, Any]) -> str | Path | None:
    """Return the text or path that an expression of known constants is, None if it is none."""
    if not isinstance(node, FOLD):
        return None
    parts = [*ast.walk(node)]
    names = {item.id for item in parts if isinstance(item, ast.Name)}
    calls = {ast.unparse(item.func) for item in parts if isinstance(item, ast.Call)}
    simple = all(isinstance(item, FOLD_IN) for item in parts)
    if not simple or names - {*known, *GIVEN, "str"} or calls - CALLS:
        return None
    try:
        code = compile(ast.Expression(node), "", "eval")
        value = eval(code, {"__builtins__": {"str": str}}, GIVEN | known)
    except Exception:
        return None
    fits = isinstance(value, (str, Path)) and 0 < len(str(value)) < 200
    return value if fits and not {"\n", "\0"} & {*str(value)} else None


def constants_in(statements: list[Statement]) -> dict[str, Any]:
    """Return the texts and paths that are never anything else, by their names."""
    values: dict[str, list[Any]] = {}
    known: dict[str, Any] = {}
    for item in statements:
        single = isinstance(item.node, ast.Assign) and len(item.binds) == 1
        value = fold(item.node.value, known) if single else None
        for name in item.binds:
            values.setdefault(name, []).append(value)
        known = {n: v[0] for n, v in values.items() if v[0] is not None and v.count(v[0]) == len(v)}
    return known


def texts_of(statements: list[Statement]) -> list[str]:
    """Return all texts and paths that code has, those of known parts put together."""
    known = constants_in(statements)
    values = [fold(n, known) for item in statements if item.node for n in ast.walk(item.node)]
    return [*dict.fromkeys(str(value) for value in values if value is not None)]


def starts_in(statements: list[Statement]) -> tuple[str, ...]:
    """Return what paths begin with that code puts together of parts that are not all known."""
    known, starts = constants_in(statements), set()
    for node in (node for item in statements if item.node for node in ast.walk(item.node)):
        parts = getattr(node, "left", None) or getattr(node, "values", None)  # of a sum, a text
        if isinstance(node, ast.Call) and called(node) in ("join", "Path"):
            parts = node.args
        first = parts[0] if isinstance(parts, list) and parts else parts
        first = getattr(first, "value", first) if isinstance(first, ast.FormattedValue) else first
        if isinstance(first, ast.expr) and fold(node, known) is None:
            starts.add(str(fold(first, known) or ""))
        if isinstance(node, ast.Constant) and "*" in str(node.value):
            starts.add(str(node.value).partition("*")[0])
    return tuple(starts - {""})


def neat(path: str | Path) -> str:
    """Return a path without detours, with slashes."""
    return Path(os.path.normpath(path)).as_posix()


def in_project(name: str) -> str:
    """Return where in the project a file lies that code names from the notebook's folder."""
    return re.sub(r"^(\.\./)+", "", neat(name))


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
    elif isinstance(node, ast.Import) and modules & {a.name.partition(".")[0] for a in node.names}:
        for alias in node.names:
            top, dot, _ = alias.name.partition(".")
            if top not in modules:
                yield ast.unparse(ast.Import([alias]))
            elif alias.asname:
                yield f"import {package}.{alias.name} as {alias.asname}"
            else:
                yield f"from {package} import {top}"
                yield from [f"import {package}.{alias.name}"] * len(dot)


def take_pictures(cells: list[Any], folder: Path, task: str) -> dict[str, bytes]:
    """Let texts show their pictures from `tasks/images/`; return these by their new names."""
    found: dict[str, bytes] = {}
    attached: dict[str, Any] = {}

    def new_place(match: re.Match[str]) -> str:
        name = unquote(match[2]).removeprefix("attachment:")
        new = f"{task}_" + re.sub(r"[^\w.]+", "_", Path(name).name)
        if name in attached:
            found[new] = base64.b64decode("".join(next(iter(attached[name].values()))))
        elif (folder / name).is_file():
            found[new] = (folder / name).read_bytes()
        return f"{match[1]}../tasks/images/{new}" if new in found else match[0]

    for cell in (cell for cell in cells if cell.cell_type == "markdown"):
        attached = cell.pop("attachments", {})
        cell.source = PICTURE.sub(new_place, cell.source)
    return found
