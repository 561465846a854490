"""Before a file is written: read it back, so that no cell gets lost; store what it replaces."""

import hashlib
import re
from pathlib import Path

from nbtasks.errors import NbtasksError
from nbtasks.notebooks import CELL, Notebook, command, contents, to_notebook, to_script
from nbtasks.notebooks.pairs import Pair
from nbtasks.project import git

#: Where jupytext breaks a line and Python does not, halves of characters, the null character.
BREAKS = re.compile("[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")


class Unwritable(NbtasksError, ValueError):
    """A file can't be written without a loss; the message says why."""


def check_script(notebook: Notebook, script: str, kind: str) -> None:
    """Read a script back; raise Unwritable, and name the cell, if it differs from the notebook."""
    was, now = contents(notebook), contents(to_notebook(script, kind))
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
    notebook = to_notebook(script, path.suffix)
    try:
        check_script(notebook, to_script(notebook, path.suffix), path.suffix)
    except Unwritable as error:
        raise Unwritable(f"{path.as_posix()}, {error}") from None


def store(path: Path, data: bytes) -> None:
    """Store what a file holds in git, or beside it where git can't, and print the way back.

    Raises OSError if it can't be stored at all; then nothing may be overwritten.
    """
    name = git.store(data)
    if name:
        way_back = command("git", "cat-file", "-p", name[:12])
    else:
        copy = path.with_name(f"{path.name}.{hashlib.sha1(data).hexdigest()[:8]}.kept")
        copy.write_bytes(data)
        way_back = f"a copy in {command(copy)}"
    print(f"What {path.as_posix()} held before: {way_back}")


def store_notebook(pair: Pair) -> None:
    """Store what was typed in a notebook, as a script; or the file, if no script can hold it."""
    try:
        check_script(pair.need_content(), pair.as_script, pair.suffix)
        data = pair.as_script.encode("utf-8")
    except ValueError:
        data = pair.notebook.read_bytes()
    store(pair.notebook, data)
