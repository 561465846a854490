"""The cells of a notebook as a task has them, and those that an import adds."""

from __future__ import annotations

import ast
import re
from typing import Any

from nbtasks.importer.movable import is_alone
from nbtasks.importer.parts import Part
from nbtasks.importer.statements import Statement


def code_cell(source: str, **metadata: Any) -> Any:
    """Return a cell of code."""
    from nbformat.v4 import new_code_cell

    return new_code_cell(source, metadata=metadata)


def added(title: str, lines: list[str]) -> list[Any]:
    """Return a cell with a title, if there is something in it."""
    return [code_cell("\n".join(lines), title=title)] if lines else []


def body_of(cell: Any, number: int, part: Part, moved: set[str]) -> Any:
    """Return a cell without what moves to the module, and without results."""
    from nbformat import from_dict

    tags = [tag for tag in cell.metadata.get("tags", []) if tag != "parameters"]
    copy = from_dict({**cell, "metadata": {"tags": tags} if tags else {}})
    if cell.cell_type != "code":
        return copy
    idle = idle_imports(part, moved)
    gone = {
        line
        for item in part.statements
        if item.cell == number and (item.binds & moved or item in idle)
        for line in item.lines
    }
    lines = silenced(cell.source, [item for item in part.statements if item.cell == number])
    kept = "\n".join(line for place, line in enumerate(lines) if place not in gone)
    copy.source = re.sub(r"\n{3,}", "\n\n", kept).strip("\n") if gone else kept
    copy.metadata["import"] = number  # to find its outputs again; not written to the script
    copy.outputs, copy.execution_count = [], None
    return copy


def idle_imports(part: Part, moved: set[str]) -> list[Statement]:
    """Return the imports that only other parts use, or what has moved."""
    statements = [item for item in part.statements + part.copies if not item.binds & moved]
    used = part.gives.union(*(item.needs | item.mentions for item in statements))
    return [
        item
        for item in part.statements
        if item.kind == "import" and not item.binds & used and is_alone(item, part.statements)
    ]


def silenced(source: str, statements: list[Statement]) -> list[str]:
    """Return the lines of a cell; `_ = ` hides a result where `;` did, which no formatter keeps."""
    lines, last = source.rstrip().splitlines(), statements[-1:]
    if lines and lines[-1].endswith(";") and last and isinstance(last[0].node, ast.Expr):
        start = last[0].lines.start
        if not lines[start].startswith(("%", "!")) and last[0].text.startswith(lines[start][:5]):
            lines[start] = "_ = " + lines[start]
            lines[-1] = lines[-1].rstrip("; ")
    return lines
