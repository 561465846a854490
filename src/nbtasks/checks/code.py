"""What the code of a notebook means, however it is formatted, and which files it runs by name.

``%run helpers.py``, ``exec(open("x.py").read())``, ``!python x.py``, ``source("x.R")`` and the
like: no import tells of these, its text does as far as it can.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbtasks.checks.fingerprints import digest
from nbtasks.pipeline.tasks import INJECTED, Cell, shorten
from nbtasks.project import root

#: What runs a file, in a line or, as a cell magic, in a whole cell.
RUNS = re.compile(
    r"(?m)^\s*(?:%run\b|%load\b|%%?(?:bash|sh|script|system|sx)\b|!)|[=(]\s*[!%]|"
    r"\b(?:exec|execfile|run_path|run_module|source|sys\.source|system|getoutput|popen|Popen|"
    r"check_output|check_call|call|run)\s*\("
)
#: Names of files that hold code.
CODE = re.compile(r"[\w./\\~-]+\.(?:py|ipynb|ipy|r|R|sh|sql|jl|pl)\b")


def fingerprint(cells: Iterable[Cell]) -> str:
    """Return a fingerprint of what a notebook does and shows.

    Line breaks, quotes and spaces of code do not count, as a formatter sets them; comments,
    texts and tags do.
    """
    parts = [[*meaning(cell), *sorted(cell.tags)] for cell in cells if INJECTED not in cell.tags]
    return digest(repr([part for part in parts if part]))


def meaning(cell: Cell) -> Iterator[str]:
    """Yield what a cell does, and the comments in it; a text line by line."""
    if cell.is_code:
        try:
            yield ast.dump(ast.parse(cell.text))
            for token in tokenize.generate_tokens(io.StringIO(cell.text).readline):
                if token.type == tokenize.COMMENT:
                    yield token.string.lstrip("#! ").rstrip()
            return
        except (SyntaxError, ValueError, tokenize.TokenError):  # magics, another language
            pass
    yield from (line.rstrip() for line in cell.text.strip().splitlines())


def files_run(cells: Iterable[str], folders: tuple[Path, ...]) -> dict[str, Path]:
    """Return the files of the project that cells run, and those that these run, by their names.

    `folders` are those in which the names in the code may begin.
    """
    waiting, found = [name for cell in cells for name in names(cell)], {}
    while waiting:
        name = waiting.pop()
        for path in ((folder / name).resolve() for folder in folders):
            if path.is_file() and path.is_relative_to(root()):
                if shorten(path) not in found:
                    found[shorten(path)] = path
                    waiting += names(path.read_text(encoding="utf-8", errors="replace"))
                break
    return found


def names(text: str) -> Iterator[str]:
    """Yield the files of code that a cell or a file names where it runs something."""
    lines = [text] if text.lstrip().startswith("%%") else text.splitlines()
    for line in lines:
        if RUNS.search(line):
            yield from CODE.findall(line)
