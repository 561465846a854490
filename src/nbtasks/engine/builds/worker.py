"""What a worker does: build tasks in a process of its own, and end together with the build."""

from __future__ import annotations

import gc
import io
import logging
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
from ploomber.tasks import NotebookRunner

from nbtasks.engine import ipython
from nbtasks.engine.builds import aside, failed, processes
from nbtasks.results.network import NetworkWarning

#: On Linux a worker is a copy of this process, elsewhere a new Python.
FORKS = processes.LINUX


class Result(NamedTuple):
    """How a task went: a report and metadata, or an error."""

    report: Any = None
    metadata: Any = None
    error: str | None = None
    stops_build: bool = False
    warnings: tuple[str, ...] = ()


def work(task: Any, results: Connection, lifeline: tuple[Connection, ...], output: str) -> None:
    """Build a task, and those sent after it, until the build hangs up."""
    gc.freeze()  # the garbage collector would copy all of the build's memory
    detach(output)
    processes.draw_new_numbers()
    if len(lifeline) > 1:
        lifeline[1].close()  # the build's end
    prepare(task, Path(output).parent)  # it may fork, which it can't beside a thread
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
        prepare(task, Path(output).parent)


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
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def end_with_build(lifeline: Connection) -> None:
    """Wait until the build has ended, however it has, and end too."""
    try:
        lifeline.recv()
    except (EOFError, OSError):
        processes.end_descendants()
        psutil.Process().kill()


def prepare(task: Any, folder: Path) -> None:
    """Set a notebook task up: our lines instead of a progress bar, a kernel that starts soon.

    Papermill has its temporary files in the folder, which ends with the build.
    """
    tempfile.tempdir = None
    if not isinstance(task, NotebookRunner) or task.debug_mode:
        return
    task.executor_params.setdefault("progress_bar", False)
    if task.executor == "papermill":
        ipython.encrypt(task)
        if is_logged():
            task.executor_params.setdefault("log_output", True)
        if FORKS and task.source.language == "python":
            from nbtasks.engine.builds import kernels

            kernels.prepare(task)
        tempfile.tempdir = str(folder)


def is_logged() -> bool:
    """Tell whether to show what notebooks print as they run: `ploomber build --log info`."""
    return bool(logging.root.handlers)  # Ploomber always sets the level to that


def build(task: Any) -> Result:
    """Build a task and return how it went."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("always", NetworkWarning)
        stayed = aside.begin(task)
        before = {path: aside.names(path) for path in stayed}
        try:
            result = Result(*task._build(catch_exceptions=True))
            aside.succeed(task, stayed, before)
        except BaseException as error:
            aside.put_back(task)
            stops = isinstance(error, DAGBuildEarlyStop)
            result = Result(error=failed.describe(error, task), stops_build=stops)
    return result._replace(warnings=tuple(str(warning.message) for warning in caught))
