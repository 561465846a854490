"""One build at a time: two that write the same products would spoil each other's."""

from __future__ import annotations

import errno
import functools
import getpass
import os
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from ploomber.dag.util import iter_file_products

from nbtasks.engine.before import Refused
from nbtasks.project import root

NAME = ".build.lock"
#: What a file system answers that has no locks.
WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class Busy(Refused):
    """Another build is writing the same products."""


def folders(dag: Any) -> list[Path]:
    """Return the folders that a pipeline writes products to; none if all are in a database."""
    found = {Path(product).resolve().parent for product in iter_file_products(dag)}
    return sorted(found) or [root() / "products"]


@contextmanager
def take(dag: Any, since: float) -> Iterator[bool]:
    """Keep other builds away from the products of a pipeline.

    Parameters
    ----------
    dag
        The pipeline.
    since
        When this build has begun to look at the products.

    Yields
    ------
    bool
        Whether another build has written products since then.

    Raises
    ------
    Busy
        If another build is at work.
    """
    with ExitStack() as locks:
        changed = [lock(folder, locks) > since for folder in folders(dag)]
        yield any(changed)


def lock(folder: Path, locks: ExitStack) -> float:
    """Lock a folder until the stack is closed; return when another build last had it."""
    folder.mkdir(parents=True, exist_ok=True)
    path, one = folder / NAME, FileLock(folder / NAME)
    try:
        acquire(one)
    except Timeout:
        raise Busy(
            f"another build is making these products: {owner(path)}. Nothing was run; "
            "when that build has ended, run yours again."
        ) from None
    locks.callback(one.release)
    locks.callback(path.touch)
    last = path.stat().st_mtime if path.stat().st_size else 0.0
    me = f"process {os.getpid()} of {user()} on {platform.node()}, since {time.strftime('%H:%M')}"
    path.write_text(me, encoding="utf-8")
    return last


def acquire(one: FileLock) -> None:
    """Lock a file; where the file system has no locks, as some of NFS, say so and go on."""
    try:
        one.acquire(blocking=False)
    except Timeout:
        raise
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
        Path(one.lock_file).touch()
        say_no_locks()


@functools.cache
def say_no_locks() -> None:
    """Say, once, that builds can't be kept apart."""
    print("Files can't be locked here, so a second build of the same products is not noticed.")


def owner(path: Path) -> str:
    """Say which build has a lock, if it can be told."""
    with suppress(OSError):  # Windows lets nobody read a locked file
        return path.read_text(encoding="utf-8")
    return "nobody knows whose"


def user() -> str:
    """Return the name of the user, `someone` in a container that has none."""
    with suppress(Exception):
        return getpass.getuser()
    return "someone"
