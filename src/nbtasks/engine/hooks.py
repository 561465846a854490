"""What Ploomber calls when it has read the pipeline.

pipeline.yaml names `on_render`, which gives every task the rest. Every ploomber command
imports this module, so it imports nothing that is slow.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ploomber.constants import TaskStatus
from ploomber.products._resources import process_resources

from nbtasks.checks import edited, fingerprints, notes, tables, uptodate
from nbtasks.engine import after, answers, cluster, ipython, plain, reports
from nbtasks.pipeline import options, parameters
from nbtasks.pipeline.tasks import Task
from nbtasks.project import check_modules

WAITS = {"WaitingExecution", "WaitingUpstream"}
# Ploomber reads the files under `resources_` each time, and says so of those over 1 MB.
warnings.filterwarnings("ignore", message="resource_ .* MB")


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
    known = plain.describe(dag, cells=True)
    parameters.check(known.values())
    reports.use(dag, known)
    for name in dag:
        plain.REASONS.pop(name, None)
        plain.WAITED.pop(name, None)
    is_forced = was_forced(dag)
    for task in dag.values():
        of = known[task.name]
        functions = uptodate.functions_of(of)
        reason = uptodate.find_reason(of, functions, partial(other_code, task))
        waiting = [up for up in task.upstream.values() if up.exec_status.name in WAITS]
        if waiting and reason == notes.INPUT:  # it is made anew, and may come out as it was
            reason = None
        reason = reason or tables.find_reason(of)
        decide(task, reason, waiting, is_forced)
        watch(task, of, functions)
    for name in tables.find_unused(dag):
        print(f"schemas.py: SCHEMAS has {name!r}, and no task has that name")
    fingerprints.save()


def was_forced(dag: Any) -> bool:
    """Tell whether all tasks are to run, up to date or not.

    Ploomber then does not ask whether the products of the first tasks are outdated.
    """
    first = (task for task in dag.values() if not task.upstream)
    products = [product for task in first for product in plain.own_products(task).values()]
    asked = any(product._is_outdated_status is not None for product in products)
    for product in products:
        product._reset_cached_outdated_status()  # for the next time that they are asked
    return not asked


def other_code(task: Any) -> str:
    """Return what Ploomber takes for changed: the source, the files of `resources_`, or ""."""
    if not task.status(sections=["outdated_code"])["Outdated code"]:
        return ""
    noted = next(iter(plain.own_products(task).values())).metadata.params
    now = process_resources(task.params.to_json_serializable(params_only=True))
    code = str(task.source)
    are_other, _ = task.dag.differ.is_different(
        code, code, noted, now, extension=task.source.extension
    )
    return notes.RESOURCES if are_other else notes.SCRIPT


def decide(task: Any, reason: str | None, waiting: list[Any], is_forced: bool) -> None:
    """Set whether a task runs, and note why."""
    status = task.exec_status
    if status == TaskStatus.WaitingDownload:
        return
    if reason or waiting or is_forced:
        without = "--force" if is_forced else notes.INPUT
        plain.REASONS[task.name] = reason or without
        if not reason and not is_forced:
            plain.WAITED[task.name] = [up.name for up in waiting]
        if reason and status == TaskStatus.Skipped:
            plain.distrust(task, reason)
        task.exec_status = TaskStatus.WaitingUpstream if waiting else TaskStatus.WaitingExecution
    elif status != TaskStatus.Skipped:  # Ploomber goes by the clock
        plain.trust(task)
        task.exec_status = TaskStatus.Skipped


def watch(task: Any, known: Task, functions: dict[str, str]) -> None:
    """Give a task what happens when it has succeeded."""
    ipython.allow(task)
    ipython.stay(task)
    ipython.encrypt(task)
    builds = "jupyterlab" not in sys.modules  # it reads the pipeline too
    if builds and task.exec_status.name in WAITS:
        edited.keep_edits(known)
    own = task.on_finish.own if isinstance(task.on_finish, after.Finish) else task.on_finish
    failed = task.on_failure.own if isinstance(task.on_failure, after.Fail) else task.on_failure
    before = {key: after.look(product) for key, product in known.products.items()}
    # Workers get these as copies: the task they hold is enough without its code.
    known = replace(known, source=replace(known.source, cells=()), upstream={})
    task.on_finish = after.Finish(own, known, functions, before)
    task.on_failure = after.Fail(failed, known)
