"""Answer, in a line, commands of Ploomber that it answers with a table or a traceback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from nbtasks.engine import plain

#: Options of `ploomber task` with which it does something else than run the task.
OTHERWISE = {"--force", "-f", "--status", "-st", "--source", "-s", "--on-finish", "-of"}


def answer(dag: Any) -> None:
    """Say what a command wants to know, once the pipeline has been read.

    `ploomber status` is told why each task will run. `ploomber task NAME` has nothing to do
    when the task is up to date, or there is none.

    Parameters
    ----------
    dag
        The pipeline.

    Raises
    ------
    SystemExit
        If that is all there is to do.
    """
    typed = sys.orig_argv  # of sys.argv, Ploomber has taken the name of the command out
    at = next((n for n, word in enumerate(typed) if Path(word).stem == "ploomber"), len(typed))
    command, words = "".join(typed[at + 1 : at + 2]), typed[at + 2 :]
    if command == "status":
        show_reasons(dag)
    elif command == "task" and not OTHERWISE & set(words):
        name = next((word for word in words if word in dag), None)
        if name is None:
            print(f"There is no such task. The tasks are: {', '.join(dag)}")
            sys.exit(1)
        if dag[name].exec_status.name == "Skipped":
            print(f"{name} is up to date; to run it all the same: ploomber task {name} --force")
            sys.exit(0)


def show_reasons(dag: Any) -> None:
    """Print which tasks will run, and why."""
    width = max(map(len, dag), default=0)
    for name in dag:
        if name in plain.REASONS:
            print(f"{name:<{width}}  {plain.why(name)}")
