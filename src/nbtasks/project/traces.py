"""Where in the project's own files an error has happened, a line for each place.

What libraries, Ploomber and this package have done in between is left out.
"""

import os
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from nbtasks.project import root

#: A line of IPython's traceback that tells of a place, or one of Python's.
CELL = re.compile(r"^\s*Cell In\s?\[(\d+)\], line (\d+)\b")
FILE = re.compile(r'^\s*File (?:"(?P<a>.+)", line (?P<m>\d+)|(?P<b>.+?):(?P<n>\d+))(?:, in .*)?$')
#: What stands between an error and the one that it led to.
LED_TO = re.compile(r"(?m)^(?:The above exception was the direct|During handling of the above) .*$")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
#: The name of an error as a traceback ends with it, and how IPython names a cell in a message.
NAMED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?=:|$)")
TEMPORARY = re.compile(r" \(\d+\.py, line \d+\)$")
#: Lines that are shown of a message, and places.
LINES, PLACES = 20, 6


class Trace(NamedTuple):
    """An error, and the places that led to it, the last one last."""

    error: str
    places: list[str]


class Cells(NamedTuple):
    """The code cells of a notebook that have run or could have, and the file they come from."""

    sources: list[str]
    path: str

    @classmethod
    def of(cls, notebook: dict[str, Any], path: str) -> Self:
        """Return those of a notebook, read from JSON."""
        code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        sources = ("".join(cell["source"]) for cell in code)
        return cls([source for source in sources if source.strip()], path)

    def place(self, number: int, line: int) -> str:
        """Return a line of the cell `In [number]`, as the script or the notebook has it."""
        where = f"{self.path}, In [{number}], line {line}"
        if not 0 < number <= len(self.sources):
            return where
        lines = self.sources[number - 1].splitlines()
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        begins = self.find(number - 1)
        return f"{where if begins is None else f'{self.path}:{begins + line}'}: {text}"

    def find(self, at: int) -> int | None:
        """Return how many lines of the script are above a cell; None if it can't be told."""
        script = root() / self.path
        if script.suffix not in (".py", ".md") or not script.is_file():
            return None
        there = script.read_text(encoding="utf-8", errors="replace").splitlines()
        block = self.sources[at].splitlines()
        nth = [source.splitlines() for source in self.sources[:at]].count(block)
        found = (n for n in range(len(there)) if is_block(there[n : n + len(block)], block))
        return next((n for i, n in enumerate(found) if i == nth), None)


def is_block(lines: list[str], cell: list[str]) -> bool:
    """Tell whether lines of a script are those of a cell; its magics are comments there."""
    return len(lines) == len(cell) and all(
        code.rstrip() in (line.rstrip(), re.sub(r"^# ?", "", line).rstrip())
        for line, code in zip(lines, cell, strict=True)
    )


def own(name: str) -> str | None:
    """Return the path of a file from the folder of the project; None if it is not the user's."""
    try:
        path = os.path.relpath(os.path.realpath(os.path.expanduser(name)), os.path.realpath(root()))
    except ValueError:  # on another drive
        return None
    parts = Path(path).parts
    is_own = "site-packages" not in parts and not any(part.startswith(".") for part in parts)
    return Path(path).as_posix() if is_own and os.path.isfile(os.path.expanduser(name)) else None


def of_text(text: str, cells: Cells) -> list[Trace]:
    """Return what a traceback as IPython prints it tells, the error that it ends with last."""
    return [of_part(part, cells) for part in LED_TO.split(COLOUR.sub("", text))]


def of_part(text: str, cells: Cells) -> Trace:
    """Return what the traceback of one error tells."""
    lines = text.strip().splitlines()
    places = []
    for line in lines:
        if found := CELL.match(line):
            places.append(cells.place(int(found[1]), int(found[2])))
        elif found := FILE.match(line):
            places += at_line(found["a"] or found["b"], int(found["m"] or found["n"]))
    return Trace(NAMED.sub(r"\1", lines[-1]) if lines else "", places)


def of_cell(found: list[Trace], said: str, number: Any, cells: Cells) -> str:
    """Return what the traceback of a cell tells; `number` is that of the cell."""
    last = found[-1]
    places = last.places or [cells.place(int(number or 0), 1)]
    said = TEMPORARY.sub("", said)
    return show([*found[:-1], Trace(said, places)])


def of_exception(error: BaseException) -> list[Trace]:
    """Return what an error and those that led to it tell, itself last."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    places = [
        place
        for frame in traceback.extract_tb(error.__traceback__)
        for place in at_line(frame.filename, frame.lineno or 0)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        places += at_line(error.filename, error.lineno or 0)
    return [*(of_exception(before) if before else []), Trace(name(error), places)]


def name(error: BaseException) -> str:
    """Return the last lines of a traceback; of an error of ours the sentence alone."""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    notes = getattr(error, "__notes__", [])
    kind = "" if type(error).__module__.startswith("nbtasks.") else type(error).__name__
    return "\n".join([": ".join(filter(None, [kind, said])), *notes])


def at_line(file: str, line: int) -> Iterator[str]:
    """Yield a line of a file of the project, with its text."""
    path = own(file)
    if path is not None:
        lines = (root() / path).read_text(encoding="utf-8", errors="replace").splitlines()
        yield f"{path}:{line}: {lines[line - 1].strip() if 0 < line <= len(lines) else ''}"


def show(traces: Iterable[Trace]) -> str:
    """Return what to print: the places, the error, and those of the user's that led to it."""
    *before, last = traces
    places = list(dict.fromkeys(last.places))
    if len(places) > PLACES:
        places = [places[0], "...", *places[2 - PLACES :]]
    causes = [
        f"  from {first(trace.error)} ({trace.places[-1].partition(': ')[0]})"
        for trace in before
        if trace.places and first(trace.error) != first(last.error)
    ]
    return "\n".join([*places, shorten(last.error), *causes[-2:]])


def first(text: str) -> str:
    """Return the first line of a text."""
    return text.partition("\n")[0]


def shorten(text: str, at_end: bool = False) -> str:
    """Return the first lines of a long message, or the last ones."""
    lines = [line.rstrip() for line in COLOUR.sub("", text).strip().splitlines() if line.strip()]
    if len(lines) <= LINES:
        return "\n".join(lines)
    more = f"... ({len(lines) - LINES} lines more)"
    return "\n".join([more, *lines[-LINES:]] if at_end else [*lines[:LINES], more])
