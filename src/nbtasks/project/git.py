"""The one way to ask git: run it in the project, store a text, look for one."""

import functools
import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

from nbtasks.project import root


def output(*arguments: str, data: bytes = b"") -> bytes | None:
    """Return what git prints, None if it fails or is missing."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root(), input=data, capture_output=True)
    except OSError:
        return None
    return None if done.returncode else done.stdout


def ask(*arguments: str, text: str = "") -> str:
    """Return what git prints as text, nothing if it fails or is missing."""
    data = text.encode("utf-8", "surrogatepass")
    return (output(*arguments, data=data) or b"").decode("utf-8", "replace")


def show(revision: str, path: Path) -> str:
    """Return a file of the project as a revision holds it, nothing if it does not."""
    return ask("show", f"{revision}:./{path.as_posix()}")


def store(data: bytes) -> str:
    """Write a text to git's store, and return its name there; nothing if git can't."""
    return (output("hash-object", "-w", "--stdin", data=data) or b"").decode().strip()


def name_of(text: str) -> str:
    """Return the name that git gives a text, without asking git."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tracks(path: Path) -> bool:
    """Tell whether a file is in git."""
    return bool(ask("ls-files", "--", path.as_posix()))


def has_history(path: Path) -> bool:
    """Tell whether a commit of any branch has changed a file."""
    return bool(ask("log", "-1", "--format=%h", "--all", "--", path.as_posix()))


def is_version(name: str, path: Path, *where: str) -> bool:
    """Tell whether a text, by its name in git, is a version of a file in these commits.

    `where` is what `git log` takes: HEAD, --all (branches, tags and stashes), --reflog.
    """
    if not name or not ask("cat-file", "-t", name):
        return False
    log = ("log", "-1", "--format=%h", "-m", "--full-history", f"--find-object={name}")
    return bool(ask(*log, *where, "--", path.as_posix()))


def merge(ours: str, base: str, theirs: str) -> str | None:
    """Return what merging two versions of a text gives, None if they are in conflict."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, version) for version in ("ours", "base", "theirs")]
        for path, version in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(version.encode("utf-8", "surrogatepass"))
        merged = output("merge-file", "-p", *map(str, paths))
    return None if merged is None else merged.decode("utf-8", "replace")


@functools.cache
def find_put_aside() -> dict[str, list[tuple[str, str]]]:
    """Return what pre-commit has put aside while hooks run, by file: the names it had and has.

    pre-commit takes unstaged changes away as a patch, and brings them back after the hooks.
    """
    if "PRE_COMMIT" not in os.environ:
        return {}
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("PRE_COMMIT_HOME") or Path(cache, "pre-commit"))
    # The name ends in the number of pre-commit's process; on Windows a launcher is in between.
    patches = cache.glob("patch*" if os.name == "nt" else f"patch*-{os.getppid()}")
    patch = max(patches, default=None)
    if patch is None:
        return {}
    found: dict[str, list[tuple[str, str]]] = {}
    header = r"^diff --git .*\n(?:[^@\n].*\n)*?index (\w+)\.\.(\w+).*\n(?:--- .*\n\+\+\+ (.*)\n)?"
    text = patch.read_text(encoding="utf-8", errors="replace")
    for here, aside, path in re.findall(header, text, re.M):
        found.setdefault(unquote(path), []).append((here, aside))
    return found


def unquote(path: str) -> str:
    """Return a path of a patch as it is on disk; git quotes one with unusual letters."""
    path = path.rstrip("\t")
    if path.startswith('"'):
        octal = path.strip('"').encode("latin-1", "replace").decode("unicode_escape")
        path = octal.encode("latin-1", "replace").decode("utf-8", "replace")
    return path.partition("/")[2]


def is_partial_commit() -> bool:
    """Tell whether git commits only the files that its command line names."""
    return Path(os.environ.get("GIT_INDEX_FILE", "")).name.startswith("next-index")
