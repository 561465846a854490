"""Show which tasks will run and why, a line each.

It takes the options of `ploomber status`, such as --env--sample true.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from typing import Any

from nbtasks.checks import times, uptodate
from nbtasks.pipeline import sources
from nbtasks.project import root

#: State of a task that has no reason, as where pipeline.yaml has no on_render of ours -> its line.
UNEXPLAINED = {
    "WaitingExecution": "will run",
    "WaitingUpstream": "will run",
    "WaitingDownload": "will be downloaded",
}

#: What Ploomber puts around the sentence of a check, and around others.
OF_PLOOMBER = re.compile(
    r'^Exception when running on_render for DAG "[^"]*": '
    r"|\n?(?:Need help\?|If you need help solving this issue, send us a message:) http\S+"
)


def load(arguments: list[str], command: str = "status") -> Any:
    """Return the pipeline that the options of Ploomber's command line choose, rendered.

    Where it can't be read, say why in a sentence and return None.
    """
    from ploomber.cli.parsers import CustomParser

    os.chdir(root())
    sys.argv = [f"nbtasks {command}", *arguments]  # Ploomber's parser reads it
    parser = CustomParser(prog=sys.argv[0], description=__doc__)
    with parser:
        pass
    try:
        sources.check()
        with contextlib.redirect_stdout(None):
            dag, _ = parser.load_from_entry_point_arg()
            return dag.render(show_progress=False)
    except Exception as error:  # whatever Ploomber or a check says of the pipeline
        print(OF_PLOOMBER.sub("", str(error)).strip() or repr(error))
        return None


def line(task, width: int) -> str:
    """Return the line of a task: its name, whether and why it runs, and its last run."""
    reason = uptodate.REASONS.get(task.name)
    without = UNEXPLAINED.get(task.exec_status.name, "up to date")
    state = f"will run: {reason}" if reason else without
    run = times.last(task)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.ended)) if run else ""
    last = f"last run {when}, {times.words(run.seconds)}" if run else ""
    return f"{task.name:<{width}}  {state:<40}  {last}".rstrip()


def main(arguments: list[str]) -> int:
    """Print the lines; return 1 if the pipeline can't be read."""
    dag = load(arguments)
    if dag is None:
        return 1
    width = max(map(len, dag), default=0)
    for task in dag.values():
        print(line(task, width))
    if any(uptodate.REASONS.get(name) for name in dag):
        print("\nTo run what is not up to date: ploomber build")
    return 0
