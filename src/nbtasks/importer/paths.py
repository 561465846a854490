"""Find where code names files, whole or in parts, and name them as a task does."""

from __future__ import annotations

import ast
import itertools
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nbtasks.importer.effects import called
from nbtasks.importer.rewrite import Edit, replacing
from nbtasks.importer.statements import Statement

#: What an expression may be of that is a path as soon as constants are known.
FOLD = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.Call, ast.JoinedStr)
FOLD_IN = (*FOLD, ast.FormattedValue, ast.expr_context, ast.operator)
CALLS = {"os.path.join", "path.join", "join", "Path", "pathlib.Path", "str"}
GIVEN = {"os": os, "path": os.path, "join": os.path.join, "pathlib": pathlib, "Path": Path}
COLLECTION = (ast.List, ast.Tuple, ast.Set, ast.Dict)
#: What makes paths of parts, or finds what is in a folder.
MAKE_PATHS = {"join", "joinpath", "format", "Path", "glob", "iglob", "chdir", "listdir", "walk"}
#: Steps up at the start of a text: what is read there lies in the project's folder later.
UP = re.compile(r"""(?<=["'])(?:\.\./)+|(?<=["'])\.\.(?=["'])""")


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


def texts_of(statements: list[Statement]) -> Iterator[str]:
    """Yield all texts and paths that code has, those of known parts put together."""
    known = constants_in(statements)
    for node in (node for item in statements if item.node for node in ast.walk(item.node)):
        value = fold(node, known)
        if value is not None:
            yield str(value)


def puts_together(node: ast.AST) -> bool:
    """Tell whether an expression makes a text, a path for example, of parts."""
    if isinstance(node, ast.Call):
        return called(node) in MAKE_PATHS
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else []
    texts = [side for side in sides if isinstance(side, (ast.Constant, ast.JoinedStr))]
    return isinstance(node, ast.JoinedStr) or any(
        isinstance(getattr(side, "value", ""), str) for side in texts
    )


def glue_in(statements: Iterable[Statement]) -> set[str]:
    """Return the functions that put together what they are given: a folder and a name."""
    return {
        name
        for item in statements
        if item.kind == "function" and any(map(puts_together, ast.walk(item.node)))
        for name in item.binds
    }


def folders_in(statements: Iterable[Statement], known: dict[str, Any]) -> Iterator[str]:
    """Yield where paths begin that code puts together of what is not known before it runs."""
    for node in (node for item in statements if item.node for node in ast.walk(item.node)):
        if puts_together(node) and (fold(node, known) is None):
            value = first_known(node, known)
            yield os.path.dirname(value.partition("*")[0] + "x" * value.endswith("/")) or value


def first_known(node: Any, known: dict[str, Any]) -> str:
    """Return the part of a path that is known, from its start on."""
    if isinstance(node, ast.BinOp):
        node = node.left
    elif isinstance(node, ast.Call):
        node = node.args[0] if node.args else node.func
    elif isinstance(node, ast.JoinedStr):
        values = [
            fold(getattr(v, "value", v) if isinstance(v, ast.FormattedValue) else v, known)
            for v in node.values
        ]
        return "".join(map(str, itertools.takewhile(lambda v: v is not None, values)))
    value = fold(node, known)
    return "" if value is None else f"{value}/" if isinstance(value, Path) else value


class Finder(ast.NodeVisitor):
    """Finds where a statement names files, and how it is to name them in a task.

    `name_file` tells what stands for a text in a task, nothing if it names no file; `known` are
    constants, `glue` functions that put paths together.
    """

    def __init__(
        self, item: Statement, name_file: Any, known: dict[str, Any], glue: set[str]
    ) -> None:
        self.name_file, self.known, self.glue = name_file, known, glue
        self.edits: list[Edit] = []
        self.loose = any(puts_together(n) and fold(n, known) is None for n in ast.walk(item.node))
        self.visit(item.node)

    def visit(self, node: ast.AST) -> None:
        """Look at an expression, then at what is in it, unless it names a file."""
        value = None if isinstance(node, ast.Name) else fold(node, self.known)
        mark = self.name_file(str(value)) if value is not None else ""
        if mark:
            make = (
                re.match(r"(?:pathlib\.)?Path\(", ast.unparse(node))
                if isinstance(value, Path)
                else None
            )
            self.edits.append(replacing(node, f"{make[0]}{mark})" if make else mark))
        elif isinstance(node, (ast.Constant, ast.JoinedStr)):
            self.step_down(node)
        else:
            self.visit_parts(node)

    def visit_parts(self, node: ast.AST) -> None:
        """Look at what is in an expression; texts that are only a part of a path stay."""
        apart = puts_together(node) or (isinstance(node, ast.Call) and called(node) in self.glue)
        apart = apart or (isinstance(node, COLLECTION) and self.loose)
        for child in ast.iter_child_nodes(node):
            if apart and isinstance(child, (ast.Constant, ast.JoinedStr)):
                self.step_down(child)
            else:
                self.visit(child)

    def step_down(self, node: Any) -> None:
        """Let a path that begins above the notebook's folder begin in the project's."""
        text = ast.unparse(node)
        if UP.search(text) and node.lineno == node.end_lineno:
            self.edits.append(replacing(node, UP.sub("./", text)))
