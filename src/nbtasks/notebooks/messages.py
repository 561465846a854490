"""What sync says of a task. Each function returns whether a commit may go on."""

import difflib

from nbtasks import notebooks
from nbtasks.notebooks import LIGHT_CELL, command, readback
from nbtasks.notebooks.pairs import NOTEBOOKS, Pair
from nbtasks.project import git


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
        readback.check_script(pair.need_content(), pair.as_script)
    except readback.Unwritable as error:
        print(f"  To keep the notebook, change it first: {error}.")


def show_unreadable(pair: Pair, error: notebooks.Unreadable) -> bool:
    """Say which file can't be read, why, and what to do."""
    print(error)
    if error.path == pair.notebook and pair.script.exists():
        keep = command("nbtasks", "sync", "--keep-script", pair.argument)
        print(f"  To write it from its script; what it holds is stored first:  {keep}")
    return False


def show_edits(pair: Pair) -> bool:
    """Show the edits that only the notebook has, and how to settle that."""
    print(f"{pair.notebook.as_posix()} has edits that are nowhere else:")
    show_difference(pair)
    return name_commands(pair)


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


def show_new(pair: Pair) -> bool:
    """Show a notebook that has no script yet."""
    print(f"{pair.notebook.as_posix()} has no script yet:")
    show_difference(pair)
    return name_commands(pair)


def mention_new(pair: Pair) -> bool:
    """Say that a notebook has no script yet."""
    print(f"{pair.notebook.as_posix()} has no script yet.")
    return name_commands(pair)


def mention_gone(pair: Pair) -> bool:
    """Say that a script is gone, while git has all that its notebook holds."""
    where = pair.notebook.as_posix()
    print(f"{where} has no script here. If its task is gone for good, delete it.")
    return True


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
    script = notebooks.to_notebook(pair.text or "")
    same = notebooks.contents(script) == notebooks.contents(pair.need_content())
    return same or refuse_to_lag(pair)
