"""End processes together with all that they have started."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil

LINUX = sys.platform == "linux"
#: Of Linux's prctl: send me a signal when my parent ends; make me the parent of orphans.
SET_SIGNAL_OF_PARENTS_END, SET_PARENT_OF_ORPHANS = 1, 36


def prctl(option: int, value: int) -> None:
    """Ask Linux for something that concerns this process; elsewhere do nothing."""
    if LINUX:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def end_with_parent(parent: int) -> None:
    """Have this process killed as soon as its parent ends, however that ends."""
    prctl(SET_SIGNAL_OF_PARENTS_END, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans(adopt: bool = True) -> None:
    """Become the parent of what this process's children leave behind, so that it is found."""
    prctl(SET_PARENT_OF_ORPHANS, int(adopt))


def rename(arguments: list[str]) -> None:
    """Have this process listed (`ps`, `pgrep -f`) with a command line that says what it is."""
    if LINUX:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[45]), int(fields[46])
        text = "\0".join(arguments).encode()[: end - start - 1]
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


def draw_new_numbers() -> None:
    """Draw other random numbers than the process that this one is a copy of."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def has_children() -> bool:
    """Tell whether this process has a child; where that can't be told at once, say yes."""
    if not hasattr(os, "waitid"):
        return True
    with suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False


def descendants(pids: Collection[int]) -> set[int]:
    """Return processes and all that they have started."""
    found = set(pids)
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.update(child.pid for child in psutil.Process(pid).children(recursive=True))
    return found


def end_descendants(keep: Collection[int] = ()) -> None:
    """Kill every process that this one has started, directly or not.

    Parameters
    ----------
    keep
        Those that may live on, and what they have started.
    """
    for _ in range(10):  # what starts another process meanwhile is found the next time
        if not has_children():
            return
        kept = descendants(keep)
        found = [psutil.Process(pid) for pid in descendants([os.getpid()]) - kept - {os.getpid()}]
        if not found:
            return
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=1)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs, and is not just waiting for its parent to take note."""
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
