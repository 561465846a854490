"""How the tasks of a build run: each in its own process, one or several at a time.

pipeline.yaml names the class, and passes it the parameters `executor` and `time_budget`.
"""

from __future__ import annotations

import os
import time
from multiprocessing.connection import wait
from typing import Any

from ploomber.constants import TaskStatus
from ploomber.exceptions import DAGBuildEarlyStop
from ploomber.executors import abc
from ploomber.messagecollector import BuildExceptionsCollector
from ploomber.table import TaskReport

from nbtasks.checks import times
from nbtasks.engine import compatibility, cutoff, plain, refused
from nbtasks.engine.builds import aside, failed, overdue, processes, stopping, turns
from nbtasks.engine.builds.progress import Lines
from nbtasks.engine.builds.worker import Result
from nbtasks.engine.builds.workers import Pool, Worker
from nbtasks.project import spare_the_home_of_builds, use_own_modules

READY = {TaskStatus.WaitingExecution, TaskStatus.WaitingDownload}


class Executor(abc.Executor):
    """Runs the tasks of a pipeline.

    Parameters
    ----------
    workers
        How many tasks may run at the same time: `serial` is one, `parallel` as
        many as there are cores, or a number.
    time_budget
        Seconds that a task may take; it is stopped after that. None for no limit.
    """

    def __init__(self, workers: str | int = "serial", time_budget: float | None = None) -> None:
        """See above; refuse `workers` that are none of these."""
        text = str(workers).strip()
        number = {"serial": 1, "parallel": processes.count_cores()}.get(text)
        if number is None and text.isdecimal():
            number = int(text)
        if not number:
            raise refused.Refused(f"executor must be serial, parallel or a number, not {workers!r}")
        self.workers = number
        self.time_budget = float(time_budget) if time_budget else None
        self.made = time.time()
        use_own_modules()
        compatibility.mend()
        spare_the_home_of_builds()
        refused.check()  # nothing else of ours is called before Ploomber makes the tasks
        plain.drop_half_notes()

    def __call__(self, dag: Any, show_progress: bool) -> list[TaskReport]:
        """Run what has to run, and return a report on each."""
        super().__call__(dag)
        if not scheduled(dag):
            return Build(dag, self, show_progress).finish()
        with stopping.on_signals(), turns.take(dag, self.made) as changed:
            if changed:
                everything = len(scheduled(dag)) == len(dag)
                dag.render(force=everything, show_progress=False)
            return Build(dag, self, show_progress).run()


class Build:
    """One run of a pipeline."""

    def __init__(self, dag: Any, executor: Executor, show: bool) -> None:
        """Get ready to run a pipeline that has been rendered."""
        self.dag, self.executor, self.started = dag, executor, time.monotonic()
        self.tasks = scheduled(dag)
        self.lines = Lines(self.tasks, show)
        #: Those that have been started, and of those that still run their worker and start.
        self.begun: set[str] = set()
        #: Those that were up to date when their input had been made.
        self.left: set[str] = set()
        self.running: dict[Any, tuple[Worker, float]] = {}
        self.reports: list[TaskReport] = []
        self.errors = BuildExceptionsCollector()
        self.stops = False

    def run(self) -> list[TaskReport]:
        """Run all tasks that can run, leave nothing of them behind, and return the reports."""
        self.others = processes.descendants([os.getpid()]) - {os.getpid()}
        processes.adopt_orphans()
        try:
            with Pool(self.tasks) as self.pool:
                while self.start_ready():
                    self.wait()
        except stopping.Stopped as signal:
            self.lines.say_stopped(signal.name, self.running)
            raise
        finally:
            halted = [*self.running]
            self.running.clear()
            self.end_leftovers()
            for task in halted:
                aside.put_back(task)
            processes.adopt_orphans(False)
            self.lines.close()
        return self.finish()

    def start_ready(self) -> bool:
        """Start tasks while there are free workers; return whether any task runs."""
        for task in self.tasks:
            if len(self.running) == self.executor.workers:
                break
            if task.exec_status in READY and task.name not in self.begun:
                self.begun.add(task.name)
                if cutoff.is_needless(task):
                    self.cut_off(task)
                    continue
                times.begin(task.name, plain.files_of(task))
                self.lines.start(task)
                self.running[task] = self.pool.start(task), time.monotonic()
        return bool(self.running)

    def cut_off(self, task: Any) -> None:
        """Leave a task as it is: what it reads has not changed. Those after it can go on."""
        self.lines.end(task, None, "not run: its input is as it was")
        self.left.add(task.name)
        plain.trust(task)
        task.exec_status = TaskStatus.Skipped

    def wait(self) -> None:
        """Wait for a task to end, and see to those that have ended or take too long."""
        self.lines.refresh({task: started for task, (_, started) in self.running.items()})
        wait([one.results for one, _ in self.running.values()], timeout=0.5)
        for task, (one, started) in list(self.running.items()):
            result, budget = one.result(), self.budget(task)
            if result is None and budget and time.monotonic() - started > budget:
                one.end()
                result = Result(error=overdue.describe(task, budget))
            failed = result is not None and result.error is not None
            self.lines.show_output(task, one.output, failed)
            if result is not None:
                del self.running[task]
                self.note(task, result, time.monotonic() - started)
                self.pool.give_back(one)
                if failed:
                    self.end_leftovers()

    def end_leftovers(self) -> None:
        """End what this build has started, but for the workers that run a task."""
        workers = {one.process.pid for one, _ in self.running.values()}
        processes.end_descendants(self.others | workers | self.pool.pids())

    def budget(self, task: Any) -> float | None:
        """Return how many seconds a task may take: its own `execution_timeout` comes first."""
        own = getattr(task, "executor_params", {}).get("execution_timeout")
        return own or self.executor.time_budget

    def note(self, task: Any, result: Result, seconds: float) -> None:
        """Take note of how a task went; Ploomber then finds out what can run next."""
        if result.error is None:
            times.note(task.name, plain.files_of(task), seconds)
            task.product.metadata.update_locally(result.metadata)
            self.reports.append(result.report)
            task.exec_status = TaskStatus.Executed
            self.lines.end(task, seconds)
        else:
            aside.put_back(task)  # of a worker that could not
            self.errors.append(task=task, message=result.error)
            times.fail(task.name, plain.files_of(task), failed.brief(result.error))
            self.stops |= result.stops_build
            task.exec_status = TaskStatus.Errored
            self.lines.end(task, seconds, "FAILED")
        for text in result.warnings:
            self.lines.say(f"  warning: {text}")

    def finish(self) -> list[TaskReport]:
        """Say where the results are; raise what Ploomber expects if a task has failed."""
        seconds = time.monotonic() - self.started
        self.lines.sum_up(self.dag, len(self.reports) + len(self.left), self.errors, seconds)
        if self.stops:
            raise DAGBuildEarlyStop(f"A task has stopped the build early:\n{self.failures()}")
        if self.errors:
            raise failed.Failed(self.failures())
        if stopping.is_command() and self.dag.on_finish is None and self.dag.on_failure is None:
            raise DAGBuildEarlyStop("so that no table repeats what the lines have said")
        return self.reports

    def failures(self) -> str:
        """Return what to print of the tasks that have failed."""
        began = time.time() - (time.monotonic() - self.started)
        return failed.sum_up(self.errors.messages, began)


def scheduled(dag: Any) -> list[Any]:
    """Return the tasks that are not up to date, each after those it needs."""
    return [task for task in dag.values() if task.exec_status != TaskStatus.Skipped]
