"""What files hold, as fingerprints, remembered so that nothing is read twice.

A file whose size and times have not changed is not read again. The memory is a cache:
without it, or with one that can't be read, files are read once more.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from nbtasks import notebooks
from nbtasks.project import root

#: What has been learned in this process, by kind and path.
LEARNED: dict[str, dict[str, Any]] = {}


def fingerprint(path: Path) -> str | None:
    """Return a short name for what a file, or all files of a folder, hold; None if it's gone.

    Parameters
    ----------
    path
        A file or a folder. Products of other tasks that lie in the folder, and Ploomber's
        notes, do not count.

    Returns
    -------
    str or None
        Changes whenever the contents do.
    """
    try:
        state = look(path)
    except FileNotFoundError:
        return None
    known = recall("files", path)
    if known and known[0] == state:
        noted: str = known[1]
        return noted
    found = read_folder(path) if path.is_dir() else read_file(path)
    remember("files", path, [state, found])
    return found


def look(path: Path) -> list[Any]:
    """Return what changes when a file or folder is written, without reading it."""
    if path.is_dir():
        states = [[name, *look(file)] for name, file in files_of(path)]
        return [hashlib.sha256(json.dumps(states).encode()).hexdigest()]
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Return name and path of the files in a folder, without products of other tasks."""
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.with_name(f".{entry.name}.metadata").exists() or is_note(entry):
            continue
        if entry.is_dir():
            found += [(f"{entry.name}/{name}", file) for name, file in files_of(entry)]
        else:
            found.append((entry.name, entry))
    return found


def is_note(path: Path) -> bool:
    """Tell whether a file is a note on a product, or the lock of a build."""
    return path.name.startswith(".") and path.suffix in (".metadata", ".time", ".lock")


def read_file(path: Path) -> str:
    """Return the fingerprint of one file, which may be larger than memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_folder(folder: Path) -> str:
    """Return the fingerprint of all files of a folder, and of their names."""
    files = [[name, read_file(file)] for name, file in files_of(folder)]
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def memory_file() -> Path:
    """Return the file that keeps what was learned."""
    return root() / ".cache" / "fingerprints.json"


@functools.cache
def memory() -> dict[str, dict[str, Any]]:
    """Read what earlier processes have learned."""
    try:
        found = json.loads(memory_file().read_text(encoding="utf-8"))
        return {kind: dict(known) for kind, known in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def recall(kind: str, path: object) -> Any:
    """Return what is known of a path, or None."""
    learned = LEARNED.get(kind, {})
    return learned.get(str(path)) or memory().get(kind, {}).get(str(path))


def remember(kind: str, path: object, value: Any) -> None:
    """Learn something of a path, until `save` for this process only."""
    LEARNED.setdefault(kind, {})[str(path)] = value


def save() -> None:
    """Write what was learned, for later processes; forget the files that are gone."""
    if not LEARNED:
        return
    memory.cache_clear()
    known = memory()
    for kind, learned in LEARNED.items():
        known.setdefault(kind, {}).update(learned)
    kept = {
        kind: {path: value for path, value in known[kind].items() if os.path.exists(path)}
        for kind in known
    }
    # It is a cache: the disk may be full, or another process may read it just now.
    with contextlib.suppress(OSError):
        notebooks.replace(memory_file(), json.dumps(kept))
        memory_file().with_name(".gitignore").write_text("*\n", encoding="utf-8")
    LEARNED.clear()
    memory.cache_clear()
