"""Find the files that a notebook runs by their names, as far as its text tells.

``%run helpers.py``, ``exec(open("x.py").read())``, ``!python x.py``, ``source("x.R")`` and the
like: no import tells of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbtasks.checks import fingerprints
from nbtasks.project import root

#: What runs a file, in a line or, as a cell magic, in a whole cell.
RUNS = re.compile(
    r"(?m)^\s*(?:%run\b|%load\b|%%?(?:bash|sh|script|system|sx)\b|!)|[=(]\s*[!%]|"
    r"\b(?:exec|execfile|run_path|run_module|source|sys\.source|system|getoutput|popen|Popen|"
    r"check_output|check_call|call|run)\s*\("
)
#: Names of files that hold code.
CODE = re.compile(r"[\w./\\~-]+\.(?:py|ipynb|ipy|r|R|sh|sql|jl|pl)\b")


def names(cell: str) -> Iterator[str]:
    """Yield the files of code that a cell names where it runs something."""
    lines = [cell] if cell.lstrip().startswith("%%") else cell.splitlines()
    for line in lines:
        if RUNS.search(line):
            yield from CODE.findall(line)


def find(cells: Iterable[str], folders: tuple[Path, ...]) -> dict[str, Path]:
    """Return the files of the project that cells run, and those that these run.

    Parameters
    ----------
    cells
        Code.
    folders
        Where the names may begin.

    Returns
    -------
    dict
        Path from the project's folder -> path.
    """
    waiting, found = [name for cell in cells for name in names(cell)], {}
    while waiting:
        name = waiting.pop()
        for path in ((folder / name).resolve() for folder in folders):
            if path.is_file() and path.is_relative_to(root()):
                place = path.relative_to(root()).as_posix()
                if place not in found:
                    found[place] = path
                    waiting += names_in(path)
                break
    return found


def names_in(path: Path) -> list[str]:
    """Return what a file of code runs, line by line; a notebook is a text too."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return [name for line in text.splitlines() for name in names(line)]


def prints(paths: dict[str, Path]) -> dict[str, str]:
    """Return fingerprints of files."""
    return {place: fingerprints.fingerprint(path) or "" for place, path in paths.items()}
