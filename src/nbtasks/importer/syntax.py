"""Read syntax trees: what code changes in place, what it names in texts; edit pieces of it."""

import ast
import re
from collections.abc import Iterable
from typing import Any

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
#: A piece of a cell, by lines from 1 and columns as `ast` has them, and its new text.
Edit = tuple[int, int, int, int, str]
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def mentioned(node: ast.AST) -> set[str]:
    """Return the names in texts that are code: formulas, `@name` of a query, what is evaluated."""
    names: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and EVALUATE.fullmatch(called(item)):
            names.update(NAME.findall(" ".join(texts_in(*item.args, *item.keywords))))
    for text in texts_in(node):
        formula = "~" in text and not text.startswith("~/")
        names.update((NAME if formula else IN_QUERY).findall(text))
    return names


def texts_in(*nodes: ast.AST) -> list[str]:
    """Return all texts in code."""
    constants = (n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Constant))
    return [item.value for item in constants if isinstance(item.value, str)]


def changed(node: ast.AST) -> set[str | None]:
    """Return the names whose objects code changes in place, as far as its words tell."""
    found: list[Any] = []
    for item in ast.walk(node):
        if isinstance(item, (ast.Attribute, ast.Subscript)) and not isinstance(item.ctx, ast.Load):
            found.append(item)
        elif isinstance(item, ast.AugAssign):
            found.append(item.target)
        elif isinstance(item, ast.Call):
            method = isinstance(item.func, ast.Attribute) and CHANGE.fullmatch(called(item))
            in_place = any(word.arg == "inplace" for word in item.keywords)
            found += [item.func] if method or in_place else []
            found += item.args[:1] if CHANGE_FIRST.fullmatch(called(item)) else []
    return {*map(root, found)}


def called(node: ast.Call) -> str:
    """Return the last name of the function that is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def root(node: ast.AST | None) -> str | None:
    """Return the name that an expression such as `a.b["c"]` begins with."""
    while node is not None and not isinstance(node, ast.Name):
        node = getattr(node, "value", getattr(node, "func", None))
    return node and node.id


def replacing(node: Any, text: str) -> Edit:
    """Return the edit that replaces a node of a syntax tree."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, text


def edited(source: str, edits: Iterable[Edit], read: list[str]) -> str:
    """Return code with edits, each of another piece; `read` are its lines without magics."""
    lines = source.splitlines()
    shifts = [len(a.encode()) - len(b.encode()) for a, b in zip(lines, read, strict=False)]
    for line, column, end_line, end_column, text in sorted(edits, reverse=True):
        first, last = line - 1, end_line - 1
        start = lines[first].encode()[: column + shifts[first]].decode()
        rest = lines[last].encode()[end_column + shifts[last] :].decode()
        lines[first : last + 1] = [f"{start}{text}{rest}"]
    return "\n".join(lines)
