"""Undo an update that is not committed yet: what it wrote goes, and nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbtasks.environment import declared
from nbtasks.project import git, root


def top() -> Path:
    """Return the folder of the repository, to which the names below are relative."""
    return Path(git.ask("rev-parse", "--show-toplevel").strip())


def record_file() -> Path:
    """Return the file that tells what the last update wrote, in the folder of git."""
    return root() / git.ask("rev-parse", "--git-path", "nbtasks-update.json").strip()


def head() -> str:
    """Return the name of the last commit, nothing if there is none."""
    return git.ask("rev-parse", "--quiet", "--verify", "HEAD").strip()


def changed() -> tuple[set[str], set[str]]:
    """Return the files that differ from the last commit, and those that git does not know."""
    listed = git.ask("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    entries = [entry for entry in listed.split("\0") if entry]
    new = {entry[3:] for entry in entries if entry.startswith("??")}
    return {entry[3:] for entry in entries} - new, new


def state(name: str) -> str | None:
    """Return what a file holds, in short; None if it is not there."""
    path = top() / name
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


@contextlib.contextmanager
def recording() -> Iterator[None]:
    """Note what is different in the project when this ends."""
    commit, new = head(), changed()[1]
    try:
        yield
    finally:
        edited, now_new = changed()
        added = now_new - new
        files = {name: state(name) for name in edited | added}
        record = {"commit": commit, "files": files, "added": sorted(added)}
        if files:
            record_file().write_text(json.dumps(record), encoding="utf-8")


def read_record() -> dict[str, Any] | None:
    """Return what the last update wrote, None if there is none to undo."""
    with contextlib.suppress(OSError, ValueError):
        record: dict[str, Any] = json.loads(record_file().read_text(encoding="utf-8"))
        return record
    return None


def edited_since(record: dict[str, Any]) -> list[str]:
    """Return the files with edits that the update did not make; nobody edits the lock."""
    lock = (root().resolve() / declared.lock_file().name).relative_to(top().resolve()).as_posix()
    names = (changed()[0] | set(record["added"])) - {lock}
    now = {name: state(name) for name in sorted(names)}
    return [name for name in now if now[name] and now[name] != record["files"].get(name)]


def refuse(record: dict[str, Any], edited: list[str]) -> None:
    """Say which edits would be lost, and what to type in the folder of the project."""
    new = changed()[1]
    commands: dict[str, list[str]] = {}
    for name in edited:
        if git.ask("ls-tree", "HEAD", "--", f":/{name}"):
            command = "git checkout HEAD --"
        elif name not in record["files"]:  # it stays, as a file that git does not know
            command = "git reset --quiet --"
        else:
            command = "rm" if name in new else "git rm --quiet --force --"
        commands.setdefault(command, []).append(os.path.relpath(top() / name, root()))
    print("Nothing was undone. Edited since the update:")
    print(*(f"  {name}" for names in commands.values() for name in names), sep="\n")
    print("Copy what you want to keep of that to another place. Then type:")
    print(*(f"  {command} {shlex.join(names)}" for command, names in commands.items()), sep="\n")
    print("  nbtasks update --abort")


def abort() -> int:
    """Go back to the commit before the update; return 1, with all as it is, if edits would go."""
    record = read_record()
    if record is None:
        print("There is no update to undo.")
        return 1
    if head() != record["commit"]:
        print("Nothing was undone: something was committed since the update began.")
        print(f"To see what: git log {record['commit'][:10]}..HEAD")
        print("To undo a commit: git revert COMMIT")
        return 1
    if edited := edited_since(record):
        refuse(record, edited)
        return 1
    git.output("reset", "--quiet", "--hard", record["commit"])
    for name in record["added"]:
        path = top() / name
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it holds something else
            path.parent.rmdir()
    record_file().unlink()
    print("All is as it was before the update. If you have typed python bootstrap.py since,")
    print("type it again.")
    return 0
