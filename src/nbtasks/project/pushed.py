"""What a smoke test runs on: the project as git pushes it, or as it is now.

The last state that has passed is remembered, so that a push which only changes what no notebook
can notice, such as docs/, is let through. Everything else counts: files of the commit, raw data
beside it, installed packages, Python.
"""

import hashlib
import io
import os
import shutil
import sys
import tarfile
from importlib import metadata
from pathlib import Path
from typing import Any

from nbtasks.project import git, root

#: Larger files of data/raw, which nothing changes, are linked, where the system allows it.
LARGE = 5_000_000
#: What no run needs, where git does not say what belongs to the project.
LEFT_OUT = {".venv", "products", "notebooks", "__pycache__", "smoke"}
#: Folders that no notebook reads; of files at the top, texts in Markdown and hidden ones.
UNNOTICED = ("docs/", "tests/", "exploration/", ".github/", ".vscode/")


def copy_project(target: Path) -> None:
    """Copy the project to a new folder: the commit that git pushes now, else what is there.

    Files that git ignores are left out, but for those in data/.
    """
    target.mkdir(parents=True)
    pushed = os.environ.get("PRE_COMMIT_TO_REF")
    names = [] if pushed and copy_commit(pushed, target) else list_files()
    for name in [*names, *ignored_data()]:
        copy_file(root() / name, target / name)


def copy_commit(commit: str, target: Path) -> bool:
    """Copy what a commit has of the project; return whether there is such a commit."""
    packed = git.output("archive", "--format=tar", commit)
    if packed is None:
        return False
    safe: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(target, **safe)
    return True


def list_files() -> list[str]:
    """Return the files that belong to the project, new ones too."""
    listed = git.output("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return [path.relative_to(root()).as_posix() for path in walk(root())]
    return split(listed)


def ignored_data() -> list[str]:
    """Return the files of data/ that git ignores."""
    data = git.output("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "data")
    return split(data or b"")


def split(listed: bytes) -> list[str]:
    """Return the names that git lists with zeros between them."""
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def walk(folder: Path) -> list[Path]:
    """Return the files in a folder, without hidden ones and what is made again."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in LEFT_OUT or path.name.startswith("."):
            continue
        found += walk(path) if path.is_dir() and not path.is_symlink() else [path]
    return found


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, or link one that is large and raw; one that is gone is left out."""
    if not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.stat().st_size > LARGE and root() / "data" / "raw" in source.parents:
        try:
            target.symlink_to(source)
            return
        except OSError:  # Windows asks for a privilege
            pass
    shutil.copy2(source, target)


def pushed_state() -> str:
    """Return a fingerprint of what a smoke test of this push depends on; "" outside of a push."""
    commit = os.environ.get("PRE_COMMIT_TO_REF")
    files = git.output("ls-tree", "-r", "-z", commit) if commit else None
    if not files:
        return ""
    state = [sys.version, sys.prefix]
    state += [line for line in split(files) if can_notice(line.partition("\t")[2])]
    for name in ignored_data():
        about = (root() / name).stat()
        state.append(f"{name} {about.st_size} {about.st_mtime_ns}")
    state += sorted(f"{one.metadata['Name']} {one.version}" for one in metadata.distributions())
    return hashlib.sha256("\n".join(state).encode("utf-8", "surrogateescape")).hexdigest()


def can_notice(name: str) -> bool:
    """Tell whether a notebook may read a file of the project."""
    is_text = "/" not in name and (name.endswith(".md") or name.startswith("."))
    return not is_text and not name.startswith(UNNOTICED)


def passed_file() -> Path:
    """Return the file that keeps the state that has passed, in git's own folder."""
    return root() / git.ask("rev-parse", "--git-path", "nbtasks-smoke").strip()


def has_passed(state: str) -> bool:
    """Tell whether the last smoke test that passed was one of this state."""
    path = passed_file() if state else None
    return path is not None and path.is_file() and path.read_text(encoding="utf-8") == state


def remember(state: str) -> None:
    """Remember that the smoke test of a state has passed."""
    if state:
        passed_file().write_text(state, encoding="utf-8")
