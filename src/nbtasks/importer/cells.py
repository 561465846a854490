"""Rewrite the cells of a notebook, so that the script of a task can hold them."""

import ast
import copy
import itertools
import re
import textwrap
from typing import Any

from nbformat import from_dict

from nbtasks.importer.parts import Part, is_alone
from nbtasks.importer.statements import IDLE, Statement

#: What IPython reads and a script can't have: an empty quote, and what must come first.
QUOTE = re.compile(r"(?m)^;[ \t]*$")
FUTURE = re.compile(r"(?m)^from __future__ import .*\n?")
#: A line that downloads; an address that is read at once.
DOWNLOAD = re.compile(
    r"(\s*)(!.*\b(wget|curl|gdown|kaggle)\b.*|([\w.]*\burlretrieve|(wget|gdown)\.\w+)\(.*\))$"
)
ADDRESS = re.compile(
    r"""(\bread_\w+\(\s*)(["'])(?:https?|ftp)://[^"'\s]*?([^/"'\s?]+)(\?\S*?)?\2"""
)
#: A comment that says no more than that imports follow.
ABOUT_IMPORTS = re.compile(r"(?i)import|librar|module|package|depend")


def readable(source: str, tags: list[str]) -> str:
    """Return a cell as a script can have it: what only a runner of notebooks reads, said anew."""
    source = FUTURE.sub("", QUOTE.sub('""', source.replace("%%HTML", "%%html")))
    if "raises-exception" in tags:
        body = textwrap.indent(source, "    ")
        source = f"import traceback\n\ntry:\n{body}\nexcept Exception:\n    traceback.print_exc()"
    return source


def without_downloads(source: str, given: set[str]) -> str:
    """Return a cell that reads the files that the user gave, if any, and downloads nothing."""
    if not given:
        return source
    source = ADDRESS.sub(lambda m: f'{m[1]}"{m[3]}"' if m[3] in given else m[0], source)
    lines = source.splitlines()
    return "\n".join(DOWNLOAD.sub(lambda m: f"{m[1]}pass  # {m[0].strip()}", n) for n in lines)


def body_of(cell: Any, number: int, part: Part, gone: set[Statement]) -> Any:
    """Return a cell without results and the statements that go elsewhere."""
    tags = [t for t in cell.metadata.get("tags", []) if t not in ("parameters", "raises-exception")]
    new = from_dict({**cell, "metadata": {"tags": tags} if tags else {}})
    if cell.cell_type != "code":
        return new
    own = [item for item in part.statements if item.cell == number]
    lines = silenced(cell.source, own)
    drop = {n for n, line in enumerate(lines) if IDLE.match(line)}
    for item in own:
        if item in gone and is_alone(item, part.statements):
            above = itertools.takewhile(lambda n: lines[n][:1] == "#", range(item.lines[0])[::-1])
            setting = item.kind != "import"  # a comment on one goes with it
            drop |= {*item.lines, *(n for n in above if setting or ABOUT_IMPORTS.search(lines[n]))}
    left = [line for place, line in enumerate(lines) if place not in drop]
    left = left if not drop or any(line[:1] not in "#" for line in left) else []  # comments on it
    new.source = re.sub(r"\n{3,}", "\n\n", "\n".join(left)).strip("\n")
    new.metadata["import"] = number  # to find its outputs again; not written to the script
    new.outputs, new.execution_count = [], None
    return new


def silenced(source: str, statements: list[Statement]) -> list[str]:
    """Return the lines of a cell; `_ = ` hides a result where `;` did, which no formatter keeps."""
    lines, last = source.rstrip().splitlines(), statements[-1:]
    if lines and lines[-1].endswith(";") and last and isinstance(last[0].node, ast.Expr):
        start = last[0].lines.start
        if not lines[start].startswith(("%", "!")) and last[0].text.startswith(lines[start][:5]):
            lines[start] = "_ = " + lines[start]
            lines[-1] = lines[-1].rstrip("; ")
    return lines


def import_text(item: Statement, used: set[str]) -> str:
    """Return a plain import, or what of it is used; nothing if nothing is."""
    new = copy.copy(item.node)
    new.names = [a for a in new.names if (a.asname or a.name.partition(".")[0]) in used]
    if item.kind == "setting" or new.names == item.node.names:
        return item.text
    return ast.unparse(new) if new.names else ""
