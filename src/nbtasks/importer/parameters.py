"""Let functions get as arguments what they take from the notebook, so that they can leave it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nbtasks.importer.effects import FUNCTION
from nbtasks.importer.movable import able_to_move, is_alone
from nbtasks.importer.parts import Part
from nbtasks.importer.rewrite import Edit, edited
from nbtasks.importer.statements import BY_NAME, GIVEN, Statement, as_python

#: More than these, and the function is a part of the notebook rather than a function.
MOST = 4
INNER = (*FUNCTION, ast.Lambda)


def find_parameters(parts: list[Part], stay: set[str]) -> dict[str, list[str]]:
    """Return which functions could move if they got some globals as arguments: name -> globals.

    They only read these, and are only called: by the notebook, or by one another.
    """
    statements = [item for part in parts for item in part.statements]
    free = {*able_to_move(statements, stay)}
    given = {n for item in statements if item.kind == "import" for n in item.binds} | GIVEN | free
    bound = {n for item in statements if item.kind != "function" for n in item.binds} - given
    able = {
        name: item
        for item in statements
        for name in item.binds - free - stay
        if isinstance(item.node, ast.FunctionDef) and is_able(item, statements)
    }

    def wanted(name: str, known: frozenset[str] = frozenset()) -> set[str]:
        needs = able[name].needs - given
        inner = (wanted(n, known | {name}) for n in needs & {*able} - known - {name})
        return (needs - {*able}).union(*inner)

    found = {name: wanted(name) for name in able}
    for item in statements:
        for name, at in shadowed(item.node) if item.node else ():
            found.pop(at, None) if found.get(at, set()) & {name, at} else None
    fits = {n: sorted(w) for n, w in found.items() if w <= bound and 0 < len(w) <= MOST}
    while lost := [n for n in fits if able[n].needs & {*able} - {*fits}]:
        fits = {n: w for n, w in fits.items() if n not in lost}
    return fits


def is_able(item: Statement, statements: list[Statement]) -> bool:
    """Tell whether a function only reads what it takes, and is only called."""
    (name,) = item.binds
    once = sum(name in other.binds for other in statements) == 1
    nodes = [n for other in statements if other.node for n in ast.walk(other.node)]
    uses = sum(isinstance(n, ast.Name) and n.id == name for n in nodes)
    calls = sum(getattr(getattr(n, "func", None), "id", "") == name for n in nodes)
    named = any(name in other.mentions for other in statements)
    free = (
        not item.node.args.kwarg
        and not item.sets | item.changes | item.mentions
        and not item.needs & {"get_ipython", *BY_NAME}
    )
    return once and uses == calls and free and not named and is_alone(item, statements)


def shadowed(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that a function has of its own, each with a function that it calls."""
    for inner in (n for n in ast.walk(node) if isinstance(n, INNER)):
        own = {n.arg for n in ast.walk(inner) if isinstance(n, ast.arg)}
        own |= {
            n.id
            for n in ast.walk(inner)
            if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
        }
        called = {getattr(n.func, "id", "") for n in ast.walk(inner) if isinstance(n, ast.Call)}
        yield from ((name, function) for name in own for function in called)


def give(parameters: dict[str, list[str]], statements: list[Statement], cells: list[Any]) -> None:
    """Rewrite the functions and their calls in all cells."""
    for number, cell in enumerate(cells, 1):
        own = [item.node for item in statements if item.cell == number and item.node]
        nodes = [node for top in own for node in ast.walk(top)]
        lines = as_python(cell.source) if nodes else []
        edits = [edit for node in nodes for edit in edits_of(node, parameters, lines)]
        cell.source = edited(cell.source, edits) if edits else cell.source


def edits_of(node: Any, parameters: dict[str, list[str]], lines: list[str]) -> Iterator[Edit]:
    """Yield what changes in a definition or a call of a function."""
    if isinstance(node, ast.FunctionDef) and node.name in parameters:
        star = "" if node.args.vararg or node.args.kwonlyargs else "*, "
        end = node.returns or node.body[0]
        names = star + ", ".join(parameters[node.name])
        yield added(lines, (node.lineno, node.col_offset), (end.lineno, end.col_offset), names)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in parameters:
        names = ", ".join(f"{name}={name}" for name in parameters[node.func.id])
        start, end = (
            (node.func.lineno, node.func.col_offset),
            (node.end_lineno, node.end_col_offset),
        )
        yield added(lines, start, end, names)


def added(lines: list[str], start: tuple[int, int], end: tuple[int, int], names: str) -> Edit:
    """Return the edit that adds names before the last bracket between two places."""
    data = [line.encode() for line in lines[start[0] - 1 : end[0]]]
    data[-1] = data[-1][: end[1]]
    text = b"\n".join([data[0][start[1] :], *data[1:]]) if len(data) > 1 else data[0][start[1] :]
    at = text.rindex(b")")
    before = text[text.index(b"(") + 1 : at].strip()
    comma = ", " if before and not before.endswith(b",") else ""
    line = text[:at].count(b"\n")
    column = at - text[:at].rfind(b"\n") - 1 + (0 if line else start[1])
    place = start[0] + line
    return Edit(place, column, place, column, comma + names)
