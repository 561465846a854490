"""The cells of a notebook as a task has them, and those that an import adds."""

from __future__ import annotations

import ast
import itertools
import re
from typing import Any

from nbtasks.importer.movable import is_alone
from nbtasks.importer.parts import Part
from nbtasks.importer.statements import IDLE, Statement


def code_cell(source: str, **metadata: Any) -> Any:
    """Return a cell of code."""
    from nbformat.v4 import new_code_cell

    return new_code_cell(source, metadata=metadata)


def added(title: str, lines: list[str]) -> list[Any]:
    """Return a cell with a title, if there is something in it."""
    return [code_cell("\n".join(lines), title=title)] if lines else []


def body_of(cell: Any, number: int, part: Part, gone: set[Statement], used: set[str]) -> Any:
    """Return a cell without statements that go elsewhere, unused imports and results."""
    from nbformat import from_dict

    tags = [t for t in cell.metadata.get("tags", []) if t not in ("parameters", "raises-exception")]
    copy = from_dict({**cell, "metadata": {"tags": tags} if tags else {}})
    if cell.cell_type != "code":
        return copy
    own = [item for item in part.statements if item.cell == number]
    lines = [*map(str, silenced(cell.source, own))]
    drop = {n for n, line in enumerate(lines) if IDLE.match(line)}
    for item in own:
        text = "" if item in gone else import_text(item, used)
        if text != item.text and is_alone(item, part.statements):
            drop |= {*item.lines} | comments_above(lines, item)
            if text:
                lines[item.lines.start] = text
                drop.discard(item.lines.start)
    kept = "\n".join(line for place, line in enumerate(lines) if place not in drop)
    copy.source = re.sub(r"\n{3,}", "\n\n", kept).strip("\n") if drop else kept
    copy.metadata["import"] = number  # to find its outputs again; not written to the script
    copy.outputs, copy.execution_count = [], None
    return copy


def comments_above(lines: list[str], item: Statement) -> set[int]:
    """Return which lines are comments on a setting, and go with it."""
    above = itertools.takewhile(lambda n: lines[n][:1] == "#", reversed(range(item.lines.start)))
    return {*above} if item.kind == "setting" else set()


def import_text(item: Statement, used: set[str]) -> str:
    """Return an import of nothing that is not used, nothing if nothing is; other code as it is."""
    node = item.node
    if item.kind != "import" or not isinstance(node, (ast.Import, ast.ImportFrom)):
        return item.text if item.kind != "import" or item.binds & used else ""
    kept = [a for a in node.names if (a.asname or a.name.partition(".")[0]) in used]
    if len(kept) == len(node.names) or not kept:
        return item.text if kept else ""
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(kept))
    return ast.unparse(ast.ImportFrom(node.module, kept, node.level))


def used_in(part: Part, gone: set[Statement]) -> set[str]:
    """Return the names that a part uses, those left out that only what is gone uses."""
    left = [item for item in part.statements + part.copies if item not in gone]
    return part.gives.union(*(item.needs | item.mentions for item in left))


def silenced(source: str, statements: list[Statement]) -> list[str]:
    """Return the lines of a cell; `_ = ` hides a result where `;` did, which no formatter keeps."""
    lines, last = source.rstrip().splitlines(), statements[-1:]
    if lines and lines[-1].endswith(";") and last and isinstance(last[0].node, ast.Expr):
        start = last[0].lines.start
        if not lines[start].startswith(("%", "!")) and last[0].text.startswith(lines[start][:5]):
            lines[start] = "_ = " + lines[start]
            lines[-1] = lines[-1].rstrip("; ")
    return lines
