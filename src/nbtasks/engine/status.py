"""Show which tasks will run and why, a line each.

It takes the options of `ploomber status`, such as --env--sample true.
"""

from __future__ import annotations

import time

from nbtasks.checks import times
from nbtasks.engine import building, plain
from nbtasks.pipeline.tasks import Task


def line(task: Task, width: int) -> str:
    """Return the line of a task: its name, whether and why it runs, and its last run."""
    reason = plain.REASONS.get(task.name)
    # Where pipeline.yaml has no on_render of ours, a task has no reason.
    without = "will run" if task.state == "to run" else "up to date"
    state = f"will run: {reason}" if reason else without
    run = times.last(task.name, [*task.files().values()])
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.ended)) if run else ""
    last = f"last run {when}, {times.words(run.seconds)}" if run else ""
    return f"{task.name:<{width}}  {state:<40}  {last}".rstrip()


def main(arguments: list[str]) -> int:
    """Print the lines; return 1 if the pipeline can't be read."""
    dag = building.load(arguments, "status", __doc__)
    if dag is None:
        return 1
    width = max(map(len, dag), default=0)
    for task in plain.describe(dag).values():
        print(line(task, width))
    if any(plain.REASONS.get(name) for name in dag):
        print("\nTo run what is not up to date: ploomber build")
    return 0
