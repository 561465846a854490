"""A process that builds tasks for a build, and ends together with it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from ploomber.exceptions import DAGBuildEarlyStop
from ploomber.executors import _format
from ploomber.tasks import NotebookRunner

from tools import ROOT, processes

#: On Linux a worker is a copy of this process, elsewhere a new Python.
FORKS = processes.LINUX
CONTEXT = multiprocessing.get_context("fork" if FORKS else "spawn")


class Result(NamedTuple):
    """How a task went: a report and metadata, or an error."""

    report: Any = None
    metadata: Any = None
    error: str | None = None
    stops_build: bool = False
    warnings: tuple[str, ...] = ()


class Pool:
    """The workers of a build."""

    def __init__(self, tasks: list[Any]) -> None:
        """Get ready to build tasks; all that the build may run."""
        self.lifeline = CONTEXT.Pipe(duplex=False)  # its other end hears when the build ends
        self.idle: list[Worker] = []
        if FORKS and any(isinstance(task, NotebookRunner) for task in tasks):
            from tools import kernels

            kernels.import_kernel()

    def __enter__(self) -> Pool:
        """Return the pool."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let idle workers go; those that still run are killed by the build."""
        for end in (*self.lifeline, *(one.results for one in self.idle)):
            end.close()
        for one in self.idle:
            one.close()

    def start(self, task: Any) -> Worker:
        """Have a worker build a task, and return it."""
        if self.idle:
            one = self.idle.pop()
            one.results.send(task)
            return one
        return Worker(task, self.lifeline)

    def give_back(self, one: Worker) -> None:
        """Take a worker back whose task has ended."""
        if one.stays:
            self.idle.append(one)
        else:
            one.close()


class Worker:
    """A worker as the build sees it.

    Attributes
    ----------
    results
        Where the result of a task arrives.
    output
        A file that gets what the tasks print.
    """

    def __init__(self, task: Any, lifeline: tuple[Connection, Connection]) -> None:
        """Start a process that builds a task."""
        self.results, theirs = CONTEXT.Pipe()
        handle, name = tempfile.mkstemp(prefix="build-", suffix=".log")
        os.close(handle)
        self.output = Path(name)
        self.stays = stays(task)
        arguments = (task, theirs, lifeline if FORKS else lifeline[:1], name)
        self.process = CONTEXT.Process(target=work, args=arguments, name=task.name)
        sys.path.insert(0, str(ROOT))  # a new Python finds this module there
        with warnings.catch_warnings():  # Python 3.12 warns of forks beside numpy's threads
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        sys.path.remove(str(ROOT))
        theirs.close()

    def result(self) -> Result | None:
        """Return the result of the task, None while it runs."""
        try:
            if self.results.poll():
                return self.results.recv()
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


def work(task: Any, results: Connection, lifeline: tuple[Connection, ...], output: str) -> None:
    """Build a task, and those sent after it, until the build hangs up."""
    detach(output)
    if len(lifeline) > 1:
        lifeline[1].close()  # the build's end
    prepare(task)
    threading.Thread(target=end_with_build, args=(lifeline[0],), daemon=True).start()
    while True:
        results.send(build(task))
        processes.end_descendants()
        if not stays(task):
            return
        try:
            task = results.recv()
        except EOFError:
            return


def stays(task: Any) -> bool:
    """Tell whether a worker can build another task after this one.

    Not after a function: it leaves its traces in the process.
    """
    return not FORKS and not callable(task.source.primitive)


def detach(output: str) -> None:
    """Leave the terminal: its Ctrl-C is for the build, and prints go to a file."""
    if hasattr(os, "setsid"):
        os.setsid()
        processes.adopt_orphans()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    for number in (1, 2):
        os.dup2(file, number)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)


def end_with_build(lifeline: Connection) -> None:
    """Wait until the build has ended, however it has, and end too."""
    try:
        lifeline.recv()
    except (EOFError, OSError):
        processes.end_descendants()
        psutil.Process().kill()


def prepare(task: Any) -> None:
    """Set a notebook task up: our lines instead of a progress bar, a kernel that starts soon."""
    if not isinstance(task, NotebookRunner) or task.debug_mode:
        return
    task.executor_params.setdefault("progress_bar", False)
    if task.executor == "papermill":
        if logging.root.isEnabledFor(logging.INFO):  # ploomber build --log info
            task.executor_params.setdefault("log_output", True)
        if FORKS and task.source.language == "python":
            from tools import kernels

            kernels.prepare(task)


def build(task: Any) -> Result:
    """Build a task and return how it went."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            result = Result(*task._build(catch_exceptions=True))
        except BaseException as error:
            stops = isinstance(error, DAGBuildEarlyStop)
            result = Result(error=_format.exception(error), stops_build=stops)
    return result._replace(warnings=tuple(str(warning.message) for warning in caught))
