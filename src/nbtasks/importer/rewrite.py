"""Rewrite the code of a notebook's cells, so that a script of a task can hold it."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from nbtasks.importer.effects import called, root
from nbtasks.importer.statements import as_python

#: What IPython reads and a script can't have: an empty quote, and what must come first.
QUOTE = re.compile(r"(?m)^;[ \t]*$")
FUTURE = re.compile(r"(?m)^from __future__ import .*\n?")
#: Downloads by a line for the shell; an address that is read at once.
SHELL = re.compile(r"^\s*!.*\b(wget|curl|gdown|kaggle)\b")
ADDRESS = re.compile(r"""(["'])(?:https?|ftp)://[^"'\s]*?([^/"'\s?]+)(?:\?[^"'\s]*)?\2""")


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


def edited(source: str, edits: Iterable[Edit]) -> str:
    """Return a cell with edits, each of another piece; what stands around a magic stays."""
    lines, read = source.splitlines(), as_python(source)
    shifts = [len(a.encode()) - len(b.encode()) for a, b in zip(lines, read, strict=False)]
    for edit in sorted(edits, reverse=True):
        first, last = edit.line - 1, edit.end_line - 1
        start = lines[first].encode()[: edit.column + shifts[first]].decode()
        rest = lines[last].encode()[edit.end_column + shifts[last] :].decode()
        lines[first : last + 1] = [f"{start}{edit.text}{rest}"]
    return "\n".join(lines)


def readable(source: str, tags: list[str]) -> str:
    """Return a cell as a script can have it: what only a runner of notebooks reads, said anew."""
    source = FUTURE.sub("", QUOTE.sub('""', source.replace("%%HTML", "%%html")))
    if "raises-exception" in tags:
        body = textwrap.indent(source, "    ")
        source = f"import traceback\n\ntry:\n{body}\nexcept Exception:\n    traceback.print_exc()"
    return source


def without_downloads(source: str, given: set[str]) -> str:
    """Return a cell that downloads nothing that is there, or that the user gave by its name."""
    reads = re.compile(r"(\bread_\w+\(\s*)" + ADDRESS.pattern)
    source = reads.sub(lambda m: f'{m[1]}"{m[3]}"' if m[3] in given else m[0], source)
    lines = source.splitlines()
    for number, line in enumerate(lines):
        if SHELL.match(line) and any(name in line for name in given):
            lines[number] = f"# {line.strip()}"
    source = "\n".join(lines)
    try:
        tree = ast.parse("\n".join(as_python(source)))
    except SyntaxError:
        return source
    edits = []
    for node in ast.walk(tree):
        target = download_to(node.value) if isinstance(node, ast.Expr) else None
        if target is not None:
            call = ast.unparse(node)
            indent = " " * (node.col_offset + 4)
            text = f"if not os.path.exists({ast.unparse(target)}):\n{indent}{call}"
            edits.append(replacing(node, text))
    return "import os\n\n" * bool(edits) + edited(source, edits)


def download_to(call: ast.AST) -> ast.expr | None:
    """Return where a call downloads a file to, None if it does nothing of the kind."""
    if not isinstance(call, ast.Call):
        return None
    known = called(call) == "urlretrieve" or root(call.func) in {"wget", "gdown"}
    named = [k.value for k in call.keywords if k.arg in {"filename", "out", "output"}]
    return next(iter([*call.args[1:2], *named]), None) if known else None
