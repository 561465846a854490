"""The workers of a build: processes that build tasks, as the build sees them."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from ploomber.tasks import NotebookRunner

from nbtasks.checks import frames, tables
from nbtasks.engine import plain
from nbtasks.engine.builds import processes
from nbtasks.engine.builds.worker import FORKS, Result, stays, work
from nbtasks.project import root

#: What the checks of tables import.
USED_BY_TABLES = ("pandera.pandas", "pyarrow.dataset", "pyarrow.parquet")
CONTEXT: Any = multiprocessing.get_context("fork" if FORKS else "spawn")


class Pool:
    """The workers of a build."""

    def __init__(self, tasks: list[Any]) -> None:
        """Get ready to build tasks; all that the build may run."""
        self.lifeline = CONTEXT.Pipe(duplex=False)  # its other end hears when the build ends
        self.idle: list[Worker] = []
        self.outputs = tempfile.mkdtemp(prefix="build-")
        if FORKS:
            import_ahead(tasks)

    def __enter__(self) -> Pool:
        """Return the pool."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let idle workers go; those that still run are killed by the build."""
        for end in (*self.lifeline, *(one.results for one in self.idle)):
            end.close()
        for one in self.idle:
            one.close()
        self.idle.clear()
        shutil.rmtree(self.outputs, ignore_errors=True)

    def start(self, task: Any) -> Worker:
        """Have a worker build a task, and return it."""
        if self.idle:
            one = self.idle.pop()
            one.results.send(task)
            return one
        return Worker(task, self.lifeline, self.outputs)

    def pids(self) -> set[int]:
        """Return the processes of the idle workers."""
        return {one.process.pid for one in self.idle}

    def give_back(self, one: Worker) -> None:
        """Take a worker back whose task has ended."""
        if one.stays:
            self.idle.append(one)
        else:
            one.close()


def import_ahead(tasks: list[Any]) -> None:
    """Import once what the copies of this process would import each."""
    if any(frames.find_tables(plain.products_of(task)) for task in tasks):
        for name in USED_BY_TABLES if tables.schemas_file() else ():
            with suppress(ImportError):  # a project may have taken it out
                importlib.import_module(name)
    if any(isinstance(task, NotebookRunner) for task in tasks):
        from nbtasks.engine.builds import kernels

        kernels.import_kernel()


class Worker:
    """A worker as the build sees it.

    Attributes
    ----------
    results
        Where the result of a task arrives.
    output
        A file that gets what the tasks print.
    """

    def __init__(self, task: Any, lifeline: tuple[Connection, Connection], outputs: str) -> None:
        """Start a process that builds a task; its output is a file in the folder `outputs`."""
        self.results, theirs = CONTEXT.Pipe()
        handle, name = tempfile.mkstemp(dir=outputs)
        os.close(handle)
        self.output = Path(name)
        self.stays = stays(task)
        arguments = (task, theirs, lifeline if FORKS else lifeline[:1], name)
        self.process = CONTEXT.Process(target=work, args=arguments, name=task.name)
        sys.path.insert(0, str(root()))  # a new Python finds this module there
        with warnings.catch_warnings():  # Python 3.12 warns of forks beside numpy's threads
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        sys.path.remove(str(root()))
        theirs.close()

    def result(self) -> Result | None:
        """Return the result of the task, None while it runs."""
        try:
            if self.results.poll():
                found: Result = self.results.recv()
                return found
        except (EOFError, OSError):
            self.process.join(timeout=5)
        if self.process.is_alive():
            return None
        return Result(error=f"its process has died ({self.cause()})")

    def cause(self) -> str:
        """Say why the process has died."""
        code = self.process.exitcode or 0
        if code == -9:
            return "killed: most often that means that the memory was full"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def end(self) -> None:
        """End the process and what it has started."""
        tree = [psutil.Process(pid) for pid in processes.descendants([self.process.pid])]
        self.process.kill()
        self.process.join()
        for process in tree:
            if process.is_running():
                process.kill()

    def close(self) -> None:
        """Wait for the process to end by itself, and delete its file."""
        self.results.close()
        self.process.join(timeout=5)
        if self.process.is_alive():
            self.end()
        self.output.unlink(missing_ok=True)
