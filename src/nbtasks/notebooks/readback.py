"""Read a script or a notebook back before it is written, so that no cell gets lost."""

import re
from pathlib import Path

from nbtasks.errors import NbtasksError
from nbtasks.notebooks import CELL, Notebook, contents, to_notebook, to_script

#: Where jupytext breaks a line and Python does not, halves of characters, the null character.
BREAKS = re.compile("[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")


class Unwritable(NbtasksError, ValueError):
    """A file can't be written without a loss; the message says why."""


def check_script(notebook: Notebook, script: str) -> None:
    """Read a script back; raise Unwritable, and name the cell, if it differs from the notebook."""
    was, now = contents(notebook), contents(to_notebook(script))
    for number, cell in enumerate(was, start=1):
        if now[number - 1 : number] != [cell] or BREAKS.search(cell[1]):
            raise Unwritable(f"cell {number} {find_reason(cell[1])}")
    if len(now) != len(was):
        raise Unwritable(f"its {len(was)} cells would be read back as {len(now)}")


def find_reason(source: str) -> str:
    """Return why a script can't hold a cell."""
    broken = BREAKS.search(source)
    line = next((line for line in source.splitlines() if CELL.search(line)), None)
    if broken:
        return f'holds the character "\\u{ord(broken[0]):04x}", which a script cannot hold'
    if line:
        return f"holds the line {line!r}, which begins a new cell in a script"
    return f"({(source.splitlines() or [''])[0]!r} ...) would be read back as something else"


def check_notebook(script: str, path: Path) -> None:
    """Read the notebook of a script back; raise Unwritable if it is not what the script holds."""
    broken = BREAKS.search(script)
    if broken:
        line = script[: broken.start()].count("\n") + 1
        reason = f'the character "\\u{ord(broken[0]):04x}", which a notebook cannot hold'
        raise Unwritable(f"{path.as_posix()} has in line {line} {reason}")
    notebook = to_notebook(script)
    try:
        check_script(notebook, to_script(notebook))
    except Unwritable as error:
        raise Unwritable(f"{path.as_posix()}, {error}") from None
