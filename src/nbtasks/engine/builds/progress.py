"""What a build shows: a line a task, and on a terminal one more for those that run."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ploomber.constants import TaskStatus
from ploomber.tasks import NotebookRunner
from tqdm import tqdm

from nbtasks.checks import times
from nbtasks.engine import plain
from nbtasks.engine.builds import turns, worker
from nbtasks.results import index

#: A task that took as long as this the last time is announced, in seconds.
LONG = 10
#: How lines begin that a kernel prints of itself, such as that it was asked to end.
TALK_OF_JUPYTER = "[IPKernelApp]"
#: What one prints that still wants to say it has ended, when its sockets are closed already.
LAST_WORDS = re.compile(
    r"^[^\n]*Uncaught exception in ZMQStream callback\n.*?^zmq\.error\.ZMQError: [^\n]*\n?",
    re.M | re.S,
)


class Lines:
    """The lines of a build.

    Attributes
    ----------
    show
        Whether anything is to be shown.
    live
        Whether there is a line of the running tasks, which changes as they go on.
    """

    def __init__(self, tasks: list[Any], show: bool) -> None:
        """Get ready to show how tasks go; all that the build may run."""
        self.width = max((len(task.name) for task in tasks), default=0)
        self.total, self.done, self.show = len(tasks), 0, show
        #: How much of the output of a worker has been printed.
        self.printed: dict[Path, int] = {}
        self.bar = tqdm(bar_format="{desc}", leave=False, disable=None if show else True)
        self.live = not self.bar.disable

    def say(self, text: str) -> None:
        """Print a line."""
        if not self.show:
            return
        try:
            self.bar.write(text, file=sys.stdout)
            sys.stdout.flush()
        except BrokenPipeError:  # `| head` has gone: the tasks run on, without lines
            self.show = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def start(self, task: Any) -> None:
        """Announce a task that will take long."""
        last = times.last(task.name, plain.files_of(task))
        if last and last.seconds >= LONG and not self.live:
            indent = " " * len(f"{self.total}/{self.total}")
            took = times.words(last.seconds)
            self.say(f"{indent}  {task.name:<{self.width}}  has started, last time {took}")

    def end(self, task: Any, seconds: float | None, outcome: str = "") -> None:
        """Show that a task has ended: how long it took, why it ran or what has happened."""
        self.done += 1
        count = f"{self.done:>{len(str(self.total))}}/{self.total}"
        outcome = outcome or plain.REASONS.get(task.name, "")
        took = "" if seconds is None else times.words(seconds)
        line = f"{count}  {task.name:<{self.width}}  {took:>10}  {outcome}"
        self.say(line.rstrip())

    def refresh(self, running: dict[Any, float]) -> None:
        """Show which tasks run, and for how long they have."""
        if self.live:
            parts = [self.describe(task, started) for task, started in running.items()]
            self.bar.set_description_str("running: " + ", ".join(parts))

    @staticmethod
    def describe(task: Any, started: float) -> str:
        """Return the name of a running task, its time and that of its last run."""
        last = times.last(task.name, plain.files_of(task))
        took = f" of {times.words(last.seconds)} last time" if last else ""
        return f"{task.name} {times.words(time.monotonic() - started)}{took}"

    def show_output(self, task: Any, path: Path, failed: bool) -> None:
        """Print what a task has printed since the last time.

        The prints of a notebook are in it; beside them Jupyter talks of itself.
        """
        if isinstance(task, NotebookRunner) and not failed and not worker.is_logged():
            return
        with path.open("rb") as file:
            file.seek(self.printed.get(path, 0))
            text = file.read()
            self.printed[path] = file.tell()
        words = LAST_WORDS.sub("", text.decode("utf-8", "replace"))
        lines = words.rstrip("\n").split("\n")
        shown = [line for line in lines if not line.startswith(TALK_OF_JUPYTER)]
        if any(shown):
            self.say("\n".join(shown))

    def say_stopped(self, signal: str, running: Iterable[Any]) -> None:
        """Say that a signal has stopped the build."""
        names = ", ".join(task.name for task in running)
        with suppress(OSError):  # the terminal may be gone
            self.say(f"Stopped by {signal}{', while running ' + names if names else ''}.")

    def sum_up(self, dag: Any, done: int, errors: Any, seconds: float) -> None:
        """Say how many tasks have run, and where to look at the results."""
        left = [name for name, task in dag.items() if task.exec_status == TaskStatus.Aborted]
        if left:
            self.say(f"Not run, as they need one that failed: {', '.join(left)}")
        where = find_results(dag, errors)
        if not self.total:
            self.say(f"Nothing to run, {len(dag)} of {len(dag)} tasks are up to date: {where}")
        elif done == self.total:
            self.say(f"Done in {times.words(seconds)}: {where}")
        else:
            count = f"{done} of {self.total} tasks"
            self.say(f"{count} done in {times.words(seconds)}: {where}")

    def close(self) -> None:
        """Remove the line of the running tasks."""
        self.bar.close()


def find_results(dag: Any, errors: Any) -> str:
    """Return the page of the results, or else the folders of the products."""
    try:
        said = {one._task.name: one.message for one in errors.messages}
        page = index.write(plain.describe(dag), said)
    except Exception as error:  # the tasks have run: no page can undo that
        print(f"The page of this build could not be written: {error or repr(error)}")
        page = None
    folders = [str(folder) for folder in turns.folders(dag)]
    try:
        common = os.path.relpath(page or os.path.commonpath(folders))
        return common if common != "." else ", ".join(map(os.path.relpath, folders))
    except ValueError:  # they are on two drives
        return ", ".join(folders)
