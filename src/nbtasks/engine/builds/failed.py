"""What to print of tasks that have failed: which, where, the error, and what to type next."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from ploomber.exceptions import DAGBuildError, SQLTaskBuildError, TaskBuildError
from ploomber.tasks import NotebookRunner, ShellScript

from nbtasks.engine import plain
from nbtasks.engine.builds import located
from nbtasks.notebooks import command
from nbtasks.pipeline import options
from nbtasks.project import traces

#: How databases name the line of a statement, or what they do not find in it.
LINE = re.compile(r"LINE (\d+):")
NOT_FOUND = re.compile(r"(?:no such (?:table|column|function): |near \")([\w.]+)")

#: Where the text of an error names a cell, and what kind of error a line is of.
CELL = re.compile(r"In \[(\d+)\]|in cell (\d+)")
PLACE = re.compile(r"[^\s\"]+\.(?:py|ipynb|sql|R|sh):\d+")
KIND = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit))\b")
#: How the last line begins.
NEXT = "When that is mended, to run what is left:"


class Failed(DAGBuildError):
    """Tasks have failed. Printed is the text alone, without where Ploomber offers help."""

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)


def describe(error: BaseException, task: Any) -> str:
    """Return the places of the project that led to the error of a task, and the error."""
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    for cause in chain:
        if isinstance(cause, DeadKernelError):
            return "Its kernel has died: most often that means that the memory was full."
        if str(cause).startswith(located.START):
            return located.describe(str(cause), task)
        if isinstance(cause, PapermillExecutionError):
            return of_notebook(cause, task)
    return of_code([cause for cause in chain if type(cause) is not TaskBuildError], task)


def of_code(chain: list[BaseException], task: Any) -> str:
    """Return that of a task that is no notebook, or of a hook; the last of a chain began it."""
    is_sql = any(isinstance(cause, SQLTaskBuildError) for cause in chain)
    own = [cause for cause in chain if not isinstance(cause, TaskBuildError)] or chain
    if isinstance(task, ShellScript):
        return traces.shorten(str(own[0]), at_end=True)
    found = traces.of_exception(own[0])
    if is_sql:
        found[-1].places.append(at_statement(str(own[0]), task))
    return traces.show(found)


def of_notebook(error: PapermillExecutionError, task: Any) -> str:
    """Return the lines of the script, and of modules of the project, that a cell failed in."""
    cells = traces.Cells.of(json.loads(task.source.nb_str_rendered), plain.source_of(task).shown())
    found = traces.of_text("\n".join(error.traceback), cells)
    return traces.of_cell(found, f"{error.ename}: {error.evalue}", error.exec_count, cells)


def at_statement(said: str, task: Any) -> str:
    """Return the line of an SQL script that an error is about, as far as the database says it."""
    path = plain.source_of(task).shown()
    lines = Path(task.source.loc).read_text(encoding="utf-8").splitlines()
    line, name = LINE.search(said), NOT_FOUND.search(said)
    number = int(line[1]) if line else 0
    if name:
        whole = re.compile(rf"(?<!\w){re.escape(name[1])}(?!\w)", re.I)
        number = next((n for n, text in enumerate(lines, 1) if whole.search(text)), 0)
    return f"{path}:{number}: {lines[number - 1].strip()}" if 0 < number <= len(lines) else path


def sum_up(messages: Iterable[Any], since: float) -> str:
    """Return what a build ends with; tasks with one and the same error are named together.

    Parameters
    ----------
    messages
        Ploomber's, each of a task and its error.
    since
        When the build has begun: notebooks written after that are of it.
    """
    alike: dict[str, list[Any]] = {}
    for message in messages:
        alike.setdefault(message.message.strip(), []).append(message._task)
    parts = []
    for text, tasks in alike.items():
        names = ", ".join(f"{task.name!r} ({plain.source_of(task).shown()})" for task in tasks)
        head = f"The task {names} has failed:" if len(tasks) == 1 else f"The tasks {names} failed:"
        parts.append("\n".join([head, *(f"  {line}" for line in text.splitlines())]))
        if len(tasks) == 1:
            parts[-1] += hint(tasks[0], since)
    words = ["ploomber", "build", *sys.argv[1:]]
    if options.is_ploomber(Path(sys.argv[0])):
        parts.append(f"{NEXT} {command(*words)}")
    return "\n" + "\n\n".join(parts)


def brief(error: str) -> str:
    """Return an error in a few words: in which cell, and what kind it is of."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    cells = ["".join(found) for found in CELL.findall(error)]
    kinds = [found[1] for line in reversed(lines) if (found := KIND.match(line))]
    said = kinds[0] if kinds else lines[0][:60] if lines else "no message"
    where = [f"cell {cells[-1]}"] if cells else PLACE.findall(error)[-1:]
    return ", ".join([*where, said])


def hint(task: Any, since: float) -> str:
    """Return a line that says where to see more of the error of a task; nothing if nowhere."""
    if callable(task.source.primitive):
        typed = [word for pair in options.given().items() for word in pair]
        return f"\nThe whole traceback: {command('ploomber', 'task', task.name, *typed)}"
    files = plain.files_of(task) if isinstance(task, NotebookRunner) else ()
    for path in files:
        if path.suffix == ".ipynb" and path.exists() and path.stat().st_mtime >= since:
            return f"\nThe notebook as far as it ran: {traces.own(str(path)) or path}"
    return ""
