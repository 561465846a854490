"""Read syntax trees: what code changes in place, what it names in texts; edit pieces of it."""

import ast
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

#: Methods that change their object, and functions that change what they are given first.
CHANGE = re.compile(
    r"add|append|clear|compile|discard|execute|extend|fill|fit|fit_\w+|insert|load_state_dict|"
    r"partial_fit|pop|popitem|put|remove|reverse|seed|set_\w+|setdefault|shuffle|sort|step|train|"
    r"update|write"
)
CHANGE_FIRST = re.compile(r"copyto|delattr|fill_diagonal|heap\w+|insort\w*|next|setattr|shuffle")
#: Functions whose texts are code: of Python, of pandas (`@name`), or a formula of patsy.
EVALUATE = re.compile(r"eval|exec|query|dmatri\w+|from_formula")
NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
IN_QUERY = re.compile(r"(?<!\w)@([^\W\d]\w*)")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def mentioned(node: ast.AST) -> set[str]:
    """Return the names in texts that are code: formulas, `@name` of a query, what is evaluated."""
    names = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and EVALUATE.fullmatch(called(item)):
            names |= names_in(texts_in(*item.args, *item.keywords))
    for text in texts_in(node):
        formula = "~" in text and not text.startswith("~/")
        names |= {*(NAME if formula else IN_QUERY).findall(text)}
    return names


def names_in(texts: list[str]) -> set[str]:
    """Return the names in texts that are code."""
    return {name for text in texts for name in NAME.findall(text)}


def texts_in(*nodes: ast.AST) -> list[str]:
    """Return all texts in code."""
    constants = (n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Constant))
    return [item.value for item in constants if isinstance(item.value, str)]


def changed(node: ast.AST, inside: bool) -> set[str | None]:
    """Return the names whose objects a statement changes in place; `inside` functions too."""
    found = set()
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        found.add(root(node))
    elif isinstance(node, ast.AugAssign):
        found.add(root(node.target))
    elif isinstance(node, ast.Call):
        found |= changed_by_call(node)
    if inside or not isinstance(node, (*FUNCTION, ast.Lambda)):
        found = found.union(*(changed(child, inside) for child in ast.iter_child_nodes(node)))
    return found


def changed_by_call(node: ast.Call) -> set[str | None]:
    """Return the names whose objects a call changes, by what the function is called."""
    name = called(node)
    method = isinstance(node.func, ast.Attribute) and CHANGE.fullmatch(name)
    in_place = any(item.arg == "inplace" for item in node.keywords)
    first = node.args[:1] if CHANGE_FIRST.fullmatch(name) else []
    return {*map(root, first), *([root(node.func)] if method or in_place else [])}


def called(node: ast.Call) -> str:
    """Return the last name of the function that is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def root(node: ast.AST | None) -> str | None:
    """Return the name that an expression such as `a.b["c"]` begins with."""
    while node is not None and not isinstance(node, ast.Name):
        node = getattr(node, "value", getattr(node, "func", None))
    return node and node.id


class Edit(NamedTuple):
    """A piece of a cell, by lines from 1 and columns as `ast` has them, and its new text."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def replacing(node: Any, text: str) -> Edit:
    """Return the edit that replaces a node of a syntax tree."""
    return Edit(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, text)


def edited(source: str, edits: Iterable[Edit], read: list[str]) -> str:
    """Return code with edits, each of another piece; `read` are its lines without magics."""
    lines = source.splitlines()
    shifts = [len(a.encode()) - len(b.encode()) for a, b in zip(lines, read, strict=False)]
    for edit in sorted(edits, reverse=True):
        first, last = edit.line - 1, edit.end_line - 1
        start = lines[first].encode()[: edit.column + shifts[first]].decode()
        rest = lines[last].encode()[edit.end_column + shifts[last] :].decode()
        lines[first : last + 1] = [f"{start}{edit.text}{rest}"]
    return "\n".join(lines)
