"""Show which tasks will run and why, a line each.

It takes the options of `ploomber status`, such as --env--sample true. With `--why TASK`, more of
that task: which file or parameter has changed, and since when.
"""

from __future__ import annotations

import time
from typing import Any

from nbtasks.checks import explain, times, uptodate
from nbtasks.engine import building, hooks, plain
from nbtasks.notebooks import command
from nbtasks.pipeline.tasks import Task


def line(task: Task, width: int) -> str:
    """Return the line of a task: its name, whether and why it runs, and its last run."""
    files = [*task.files().values()]
    # Where pipeline.yaml has no on_render of ours, a task has no reason.
    state = "will run" if task.state == "to run" else "up to date"
    if why := plain.why(task.name):
        why = times.trouble(task.name, files) or why
        state = f"will run {why}" if why.startswith("if ") else f"will run: {why}"
    run = times.last(task.name, files)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.ended)) if run else ""
    last = f"last run {when}, {times.words(run.seconds)}" if run else ""
    return f"{task.name:<{width}}  {state:<40}  {last}".rstrip()


def split(arguments: list[str]) -> tuple[list[str], str | None]:
    """Return what Ploomber's parser gets, and the task after ``--why``."""
    if "--why" not in arguments:
        return arguments, None
    at = arguments.index("--why")
    return arguments[:at] + arguments[at + 2 :], "".join(arguments[at + 1 : at + 2])


def show(dag: Any, name: str) -> int:
    """Print what is known of one task; return 1 if there is none of that name."""
    known = plain.describe(dag, cells=True)
    if name not in known:
        print(f"There is no task {name!r}. The tasks are: {', '.join(known)}")
        return 1
    task = known[name]
    print(line(task, len(name)))
    if name in plain.WAITED:
        print(f"  it runs if {' or '.join(plain.WAITED[name])} makes something else than before")
    functions = uptodate.functions_of(task)
    for said in explain.differences(task, functions, hooks.other_code(dag[name])):
        print(f"  {said}")
    return 0


def main(arguments: list[str]) -> int:
    """Print the lines; return 1 if the pipeline can't be read."""
    rest, name = split(arguments)
    dag = building.load(rest, "status", __doc__)
    if dag is None:
        return 1
    if name is not None:
        return show(dag, name)
    width = max(map(len, dag), default=0)
    for task in plain.describe(dag).values():
        print(line(task, width))
    if any(plain.REASONS.get(name) for name in dag):
        print(f"\nTo run what is not up to date: {command('ploomber', 'build', *rest)}")
    return 0
