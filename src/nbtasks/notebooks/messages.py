"""What sync makes sure of before it writes, and what it says of a task.

A file is read back before it is written, so that no cell gets lost; what it replaces is stored.
What says something returns whether a commit may go on.
"""

import difflib
import hashlib
import re
from functools import partial
from pathlib import Path

from nbtasks import notebooks
from nbtasks.errors import NbtasksError
from nbtasks.notebooks import CELL, LIGHT_CELL, command
from nbtasks.notebooks.compare import is_same_for_jupytext
from nbtasks.notebooks.pairs import NOTEBOOKS, Pair
from nbtasks.project import git

#: Where jupytext breaks a line and Python does not, halves of characters, the null character.
BREAKS = re.compile("[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")


class Unwritable(NbtasksError, ValueError):
    """A file can't be written without a loss; the message says why."""


def check_script(notebook: notebooks.Notebook, script: str, kind: str) -> None:
    """Read a script back; raise Unwritable, and name the cell, if it differs from the notebook."""
    was = notebooks.contents(notebook)
    now = notebooks.contents(notebooks.to_notebook(script, kind))
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
    notebook = notebooks.to_notebook(script, path.suffix)
    try:
        check_script(notebook, notebooks.to_script(notebook, path.suffix), path.suffix)
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


def leave_alone(pair: Pair) -> bool:
    """Say nothing."""
    return True


def name_commands(pair: Pair) -> bool:
    """Name the two commands that settle a difference."""
    keep = "To keep the script:  " if pair.script.exists() else "To go without it:    "
    sync = ("nbtasks", "sync")
    print(f"  To keep the notebook:  {command(*sync, '--keep-notebook', pair.argument)}")
    print(f"  {keep}  {command(*sync, '--keep-script', pair.argument)}\n")
    return False


def show_difference(pair: Pair) -> None:
    """Print what is different in a notebook, and what of it a script can't hold."""
    old, new = (pair.text or "").splitlines(), pair.as_script.splitlines()
    print("  (-: only the script has it, +: only the notebook has it)")
    names = pair.script.as_posix(), pair.notebook.as_posix()
    print(*difflib.unified_diff(old, new, *names, lineterm=""), sep="\n")
    try:
        check_script(pair.need_content(), pair.as_script, pair.suffix)
    except Unwritable as error:
        print(f"  To keep the notebook, change it first: {error}.")


def show_unreadable(pair: Pair, error: notebooks.Unreadable) -> bool:
    """Say which file can't be read, why, and what to do."""
    print(error)
    if error.path == pair.notebook and pair.script.exists():
        keep = command("nbtasks", "sync", "--keep-script", pair.argument)
        print(f"  To write it from its script; what it holds is stored first:  {keep}")
    return False


def show(pair: Pair, what: str) -> bool:
    """Say of a notebook what is to be settled, show the difference, and how to settle it."""
    print(f"{pair.notebook.as_posix()} {what}:")
    show_difference(pair)
    return name_commands(pair)


show_edits = partial(show, what="has edits that are nowhere else")
show_new = partial(show, what="has no script yet")


def mention_edits(pair: Pair) -> bool:
    """Say that a notebook has edits of its own."""
    print(f"{pair.notebook.as_posix()} has edits that are nowhere else, and stays as it is.")
    return name_commands(pair)


def mention_taken_back(pair: Pair) -> bool:
    """Say that edits which were thrown away in the script are still in the notebook."""
    where, sync = pair.notebook.as_posix(), ("nbtasks", "sync")
    print(f"{where} still has the edits that were taken out of {pair.script.as_posix()}.")
    print(f"  To throw them away there too:  {command(*sync, '--keep-script', pair.argument)}")
    print(f"  To take them back:             {command(*sync, '--keep-notebook', pair.argument)}")
    return False


def refuse_taken_back(pair: Pair) -> bool:
    """Refuse to commit a notebook with edits that its script no longer has."""
    return mention_taken_back(pair) if git.tracks(pair.notebook) else True


def mention_new(pair: Pair) -> bool:
    """Say that a notebook has no script yet."""
    print(f"{pair.notebook.as_posix()} has no script yet.")
    return name_commands(pair)


def mention_conflict(pair: Pair) -> bool:
    """Say that a script has a merge conflict."""
    print(f"{pair.script.as_posix()} has a merge conflict: solve it, then nbtasks sync")
    return True


def mention_foreign(pair: Pair) -> bool:
    """Say why a file is no part of a pair, where somebody may expect one."""
    if LIGHT_CELL.search(pair.text or ""):
        to_percent = command("jupytext", "--to", "py:percent", pair.script)
        print(f"{pair.script.as_posix()} is in jupytext's light format and gets no notebook.")
        print(f"  To give it one:  {to_percent}")
    elif pair.content and not notebooks.is_python(pair.content):
        print(f"{pair.notebook.as_posix()} is not in Python, and is left alone.")
    return True


def refuse_to_lag(pair: Pair) -> bool:
    """Refuse to commit a script without its notebook, where git has the notebooks."""
    if not git.tracks(pair.notebook) or git.is_partial_commit():
        return True
    next_step = f"nbtasks sync, git add {NOTEBOOKS}"
    print(f"{pair.notebook.as_posix()} is behind its script. Next: {next_step}")
    return False


def refuse_unstaged(pair: Pair) -> bool:
    """Refuse to commit a script while the edits of its notebook, which git has, are not staged."""
    aside = git.find_put_aside()
    if pair.notebook.as_posix() not in aside or pair.script.as_posix() in aside:
        return True
    return is_same_for_jupytext(pair) or refuse_to_lag(pair)
