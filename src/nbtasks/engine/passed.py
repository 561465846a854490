"""Remember which smoke test has passed, so that a push of something else does not repeat it.

A push that only changes what no notebook can notice, such as docs/, is let through. Everything
else counts: files of the commit, raw data beside it, installed packages, Python.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from nbtasks.project import git, root

#: Folders that no notebook reads; of files at the top, texts in Markdown and hidden ones.
UNNOTICED = ("docs/", "tests/", "exploration/", ".github/", ".vscode/")
#: Where the state of the last smoke test that passed is kept, in git's own folder.
PLACE = "nbtasks-smoke"


def pushed_state() -> str:
    """Return a fingerprint of what a smoke test of this push depends on; "" outside of a push."""
    commit = os.environ.get("PRE_COMMIT_TO_REF")
    files = git.output("ls-tree", "-r", "-z", commit) if commit else None
    if not files:
        return ""
    lines = [line for line in files.decode("utf-8", "surrogateescape").split("\0") if line]
    lines = [line for line in lines if can_notice(line.partition("\t")[2])]
    state = [sys.version, sys.prefix, *lines, *beside(), *sorted(installed())]
    return hashlib.sha256("\n".join(state).encode("utf-8", "surrogateescape")).hexdigest()


def can_notice(name: str) -> bool:
    """Tell whether a notebook may read a file of the project."""
    is_text = "/" not in name and (name.endswith(".md") or name.startswith("."))
    return not is_text and not name.startswith(UNNOTICED)


def beside() -> Iterator[str]:
    """Yield the files of data/ that git ignores: a smoke test reads them too."""
    listed = git.ask("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "data")
    for name in filter(None, listed.split("\0")):
        about = (root() / name).stat()
        yield f"{name} {about.st_size} {about.st_mtime_ns}"


def installed() -> Iterator[str]:
    """Yield the packages of this environment, with their versions."""
    for package in metadata.distributions():
        yield f"{package.metadata['Name']} {package.version}"


def place() -> Path:
    """Return the file that keeps what has passed."""
    return root() / git.ask("rev-parse", "--git-path", PLACE).strip()


def has_passed(state: str) -> bool:
    """Tell whether the last smoke test that passed was one of this state."""
    if not state:
        return False
    path = place()
    return path.is_file() and path.read_text(encoding="utf-8") == state


def remember(state: str) -> None:
    """Remember that the smoke test of a state has passed."""
    if state:
        place().write_text(state, encoding="utf-8")
