"""Tell whether the code of a notebook means the same, however it is formatted."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable, Iterator

from nbtasks.pipeline.tasks import INJECTED, Cell


def fingerprint(cells: Iterable[Cell]) -> str:
    """Return a fingerprint of what a notebook does and shows.

    Line breaks, quotes and spaces of code do not count, as a formatter sets them; comments,
    texts and tags do.
    """
    parts = [[*meaning(cell), *sorted(cell.tags)] for cell in cells if INJECTED not in cell.tags]
    return hashlib.sha256(repr([part for part in parts if part]).encode()).hexdigest()


def meaning(cell: Cell) -> Iterator[str]:
    """Yield what a cell does, and the comments in it; a text line by line."""
    if cell.is_code:
        try:
            yield ast.dump(ast.parse(cell.text))
            yield from comments(cell.text)
            return
        except (SyntaxError, ValueError, tokenize.TokenError):  # magics, another language
            pass
    yield from (line.rstrip() for line in cell.text.strip().splitlines())


def comments(text: str) -> Iterator[str]:
    """Yield the comments of Python code."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("#! ").rstrip()
