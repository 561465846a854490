"""Keep the kernel of a notebook that has failed, so that one can look and go on: `nbtasks attach`.

The worker that started the kernel owns it, and ends with it: when the build is stopped, when
the file that tells of the kernel is gone, after an hour, when the terminal is closed.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from nbtasks.engine.builds import processes
from nbtasks.engine.ipython import KernelManager
from nbtasks.notebooks import command
from nbtasks.project import root

#: How long a kernel is kept, in seconds.
HOUR = 3600.0
#: What papermill takes for the end of a notebook, not for an error of it.
LEAVES = {("SystemExit", ""), ("SystemExit", "0")}
#: How the error begins of a notebook that has run as far as was asked.
STOPPED = "Stopped after"


class Until(Exception):
    """A notebook has run as far as was asked."""


def place() -> Path:
    """Return the file that tells of the kernel that is kept: there is one at most."""
    return root() / ".cache" / "kept" / "kernel.json"


def read() -> dict[str, Any]:
    """Return how to talk to the kernel that is kept, its task and processes; {} if none is."""
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(place().read_text(encoding="utf-8"))
        if all(map(processes.is_alive, (found["owner"], found["kernel"]))):
            return found
    return {}


def end() -> str:
    """End the kernel that is kept; return the name of its task, "" if there is none."""
    found = read()
    place().unlink(missing_ok=True)
    with suppress(KeyError, psutil.Error):
        psutil.Process(found["owner"]).wait(timeout=10)
    return str(found.get("task", ""))


def ask(task: Any, until: int | None = None) -> None:
    """Have the kernel of a notebook in Python stay if it fails, or stop it after a cell.

    Parameters
    ----------
    task
        The Ploomber task, about to run.
    until
        The position of the cell among all of its cells.
    """
    from ploomber.tasks import NotebookRunner  # `nbtasks attach` does without

    given = task.executor_params if isinstance(task, NotebookRunner) else {"allow_errors": True}
    if given.get("allow_errors") or task.executor != "papermill" or task.debug_mode:
        return
    if task.source.language == "python":
        given.setdefault("on_cell_error", note_error)
    if until is not None:
        given["on_cell_executed"] = Stop(until)


def note_error(cell: Any, cell_index: int, execute_reply: Any) -> None:
    """Note that a notebook fails; nbclient calls this at an error."""
    reply = execute_reply["content"]
    KernelManager.stays = (reply["ename"], reply["evalue"]) not in LEAVES


class Stop:
    """What nbclient calls after each cell: stop the notebook after one of them."""

    def __init__(self, index: int) -> None:
        """Keep the position of that cell."""
        self.index = index

    def __call__(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """Stop, unless the cell has failed: that stops the notebook too."""
        reply = execute_reply["content"]
        if cell_index == self.index and reply["status"] == "ok":
            KernelManager.stays = True
            raise Until(f"{STOPPED} In [{reply['execution_count']}], as was asked")


def tell(one: Any) -> str:
    """Have a worker keep its kernel when the build has ended; return what to say of that."""
    end()
    session = os.getsid(0) if hasattr(os, "getsid") else os.getppid()
    if session == os.getpid():
        one.end()
        return "\n\nIts variables were not kept: its terminal ends with this build"
    owned = (psutil.Process(pid) for pid in (one.kept["kernel"], one.process.pid))
    about = {**one.kept, "task": one.process.name, "owner": one.process.pid}
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.with_name(".gitignore").write_text("*\n", encoding="utf-8")
    path.touch(mode=0o600)  # it has the key
    path.write_text(json.dumps(about), encoding="utf-8")
    one.results.send(session)
    one.results.recv()
    one.forget()
    size = sum(each.memory_info().rss for each in owned) / 1e6
    line = command("nbtasks", "attach", one.process.name)
    return f"\n\nIts variables are still there, in {size:.0f} MB, for an hour: {line}"


def hold(session: int) -> None:
    """Own the kernel, in the worker, until it is to end; then end this process.

    Parameters
    ----------
    session
        The process that ends with the terminal, 0 if it can't be told.
    """
    found, until = read(), time.monotonic() + HOUR
    with suppress(psutil.Error):
        terminal = psutil.Process(session or os.getpid())
        while found and read() == found and time.monotonic() < until and terminal.is_running():
            time.sleep(0.3)
    if found and read() == found:
        place().unlink(missing_ok=True)
    processes.end_descendants()
    os._exit(0)
