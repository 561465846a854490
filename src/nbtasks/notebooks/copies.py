"""Store what is about to be replaced, and say how to get it back."""

import hashlib
from pathlib import Path

from nbtasks import notebooks
from nbtasks.notebooks import readback
from nbtasks.notebooks.pairs import Pair
from nbtasks.project import git


def store(path: Path, data: bytes) -> None:
    """Store what a file holds in git, or beside it where git can't, and print the way back.

    Raises OSError if it can't be stored at all; then nothing may be overwritten.
    """
    name = git.store(data)
    if name:
        way_back = notebooks.command("git", "cat-file", "-p", name[:12])
    else:
        copy = path.with_name(f"{path.name}.{hashlib.sha1(data).hexdigest()[:8]}.kept")
        copy.write_bytes(data)
        way_back = f"a copy in {notebooks.command(copy)}"
    print(f"What {path.as_posix()} held before: {way_back}")


def store_notebook(pair: Pair) -> None:
    """Store what was typed in a notebook, as a script; or the file, if no script can hold it."""
    try:
        readback.check_script(pair.need_content(), pair.as_script)
        data = pair.as_script.encode("utf-8")
    except ValueError:
        data = pair.notebook.read_bytes()
    store(pair.notebook, data)
