"""What Ploomber calls when it has read the pipeline, and when a task has run.

pipeline.yaml names `on_render`, which gives every task the rest. Every ploomber command
imports this module, so it imports nothing that is slow.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from nbtasks.checks import edited, fingerprints, tables, uptodate
from nbtasks.engine import answers, cluster, ipython
from nbtasks.pipeline import options, parameters
from nbtasks.project import check_modules, root
from nbtasks.results import report

WAITS = {"WaitingExecution", "WaitingUpstream"}
# Ploomber reads the files under `resources_` each time, and says so of those over 1 MB.
warnings.filterwarnings("ignore", message="resource_ .* MB")


class Finish:
    """What happens when a task has succeeded: its own on_finish, then checks and a note.

    Parameters
    ----------
    own
        The `on_finish` that pipeline.yaml gives the task, if any.
    functions
        The functions in use as the task begins.
    before
        Its products as the task begins.
    """

    def __init__(self, own: Any, functions: dict[str, str], before: dict[str, Any]) -> None:
        self.own, self.functions, self.before = own, functions, before

    def __call__(self, task: Any) -> None:
        """Run them."""
        try:
            self.check(task)
        finally:  # Ploomber calls no on_failure for what is raised here
            edited.remember(task)
            fingerprints.save()

    def check(self, task: Any) -> None:
        """Run the task's own on_finish and the checks; add the note if nothing is raised."""
        if self.own is not None:
            call(self.own, task)
        check_written(task)
        tables.check(task)
        for key, product in uptodate.products_of(task).items():
            if self.before.get(key) and self.before[key] == look(product):
                text = f"{task.name}: left its product {shorten(product)} as it was"
                warnings.warn(text, stacklevel=3)
        note = uptodate.note(task, self.functions)
        for product in uptodate.products_of(task).values():
            product.prepare_metadata = AddNote(note)


class Fail:
    """What happens when a task has failed: its own on_failure, after a look at its notebook.

    Parameters
    ----------
    own
        The `on_failure` that pipeline.yaml gives the task, if any.
    """

    def __init__(self, own: Any) -> None:
        self.own = own

    def __call__(self, task: Any) -> None:
        """Run them."""
        edited.remember(task)
        fingerprints.save()
        if self.own is not None:
            call(self.own, task)


def check_written(task: Any) -> None:
    """Raise FileNotFoundError if a task has not written a product, before anything reads it."""
    for product in uptodate.products_of(task).values():
        if uptodate.is_file(product) and not Path(product).exists():
            path = shorten(product)
            raise FileNotFoundError(f"task {task.name!r} has not written its product {path}")


class AddNote:
    """Add a note to what Ploomber keeps beside a product."""

    def __init__(self, note: dict[str, Any]) -> None:
        self.note = note

    def __call__(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Return Ploomber's metadata with the note."""
        metadata[uptodate.NOTE] = self.note
        return metadata


def call(hook: Any, task: Any) -> None:
    """Call a hook with the arguments that it asks for, as Ploomber does."""
    from ploomber.util.util import callback_check

    offered = {"task": task, "client": task.client, "product": task.product, "params": task.params}
    hook(**callback_check(hook, offered))


def look(product: Any) -> list | None:
    """Return what changes when a product is written; None if there is none yet."""
    if not uptodate.is_file(product) or not Path(product).exists():
        return None
    return fingerprints.look(Path(product))


def shorten(product: Any) -> str:
    """Return the path of a product from the folder of the project, if it lies there."""
    path = Path(product)
    return str(path.relative_to(root())) if path.is_relative_to(root()) else str(path)


def on_render(dag: Any) -> None:
    """Check the parameters, find out which tasks have to run, and watch over each of them.

    On a cluster, wait first for other jobs that use the same products.

    Parameters
    ----------
    dag
        The pipeline, about to be run or shown.

    Raises
    ------
    ValueError
        If a parameter does not exist, or can't be what it is.
    """
    if cluster.is_used() and cluster.take_turn(dag):
        return
    try:
        look_over(dag)
    except Exception as error:
        if not options.is_ploomber(Path(sys.argv[0])):
            raise
        print(f"Error: {str(error) or repr(error)}", file=sys.stderr)  # Ploomber would offer help
        sys.exit(1)
    answers.answer(dag)


def look_over(dag: Any) -> None:
    """Do so for all tasks."""
    check_modules()
    parameters.check(dag)
    report.use(dag)
    for name in dag:
        uptodate.REASONS.pop(name, None)
    is_forced = None
    for task in dag.values():
        functions = uptodate.functions_of(task)
        reason = uptodate.find_reason(task, functions) or tables.find_reason(task)
        waiting = [up for up in task.upstream.values() if up.exec_status.name in WAITS]
        if not task.upstream and not reason and task.exec_status.name in WAITS:
            is_forced = True
        decide(task, reason, waiting, is_forced)
        watch(task, functions)
    for name in tables.find_unused(dag):
        print(f"schemas.py: SCHEMAS has {name!r}, and no task has that name")
    fingerprints.save()


def decide(task: Any, reason: str | None, waiting: list[Any], is_forced: bool | None) -> None:
    """Set whether a task runs, and note why."""
    from ploomber.constants import TaskStatus

    status = task.exec_status
    if status == TaskStatus.WaitingDownload:
        return
    if reason or waiting or is_forced:
        uptodate.REASONS[task.name] = reason or ("its input" if waiting else "--force")
        if reason and status == TaskStatus.Skipped:
            uptodate.distrust(task, reason)
        task.exec_status = TaskStatus.WaitingUpstream if waiting else TaskStatus.WaitingExecution
    elif status != TaskStatus.Skipped:  # Ploomber goes by the clock
        uptodate.trust(task)
        task.exec_status = TaskStatus.Skipped


def watch(task: Any, functions: dict[str, str]) -> None:
    """Give a task what happens when it has succeeded."""
    ipython.allow(task)
    ipython.stay(task)
    if task.exec_status.name in WAITS:
        edited.keep_edits(task)
    own = task.on_finish.own if isinstance(task.on_finish, Finish) else task.on_finish
    failed = task.on_failure.own if isinstance(task.on_failure, Fail) else task.on_failure
    before = {key: look(product) for key, product in uptodate.products_of(task).items()}
    task.on_finish, task.on_failure = Finish(own, functions, before), Fail(failed)
