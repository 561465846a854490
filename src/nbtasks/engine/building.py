"""Load and build pipelines as the commands of Ploomber do, for commands of ours."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbtasks.engine import compatibility, plain
from nbtasks.pipeline import sources
from nbtasks.pipeline.tasks import Task
from nbtasks.project import root
from nbtasks.results.smoked import OF_PLOOMBER


def load(arguments: list[str], command: str, about: str | None = None) -> Any:
    """Return the pipeline that the options of Ploomber's command line choose, rendered.

    Where it can't be read, say why in a sentence and return None.

    Parameters
    ----------
    arguments
        What was typed after the command.
    command, about
        Of ours, and what `--help` says of it.
    """
    os.chdir(root())
    sys.argv = [f"nbtasks {command}", *arguments]  # Ploomber's parser reads it
    parser = parse(sys.argv[0], about)
    try:
        sources.check()
        with contextlib.redirect_stdout(None):
            dag, _ = parser.load_from_entry_point_arg()
            return dag.render(show_progress=False)
    except Exception as error:  # whatever Ploomber or a check says of the pipeline
        print(OF_PLOOMBER.sub("", str(error)).strip() or repr(error))
        return None


def parse(program: str, about: str | None = None) -> Any:
    """Return Ploomber's parser of the command line, which loads the pipeline that it names."""
    from ploomber.cli.parsers import CustomParser

    compatibility.mend()
    parser = CustomParser(prog=program, description=about)
    with parser:
        pass
    return parser


def build_all(
    pipeline: str,
    words: list[str],
    note: Callable[[dict[str, Task], Mapping[str, float]], None],
) -> None:
    """Build all tasks of a pipeline, up to date or not; the process ends if one fails.

    Parameters
    ----------
    pipeline
        Its file.
    words
        Parameters, as they are typed.
    note
        What is told of the tasks and the seconds they took, however the build ends.
    """
    from ploomber.cli.io import cli_endpoint

    @cli_endpoint
    def build() -> None:
        sys.argv = ["ploomber", "--entry-point", pipeline, *words]
        sources.check()
        dag, _ = parse("ploomber build").load_from_entry_point_arg()
        dag.render(force=True, show_progress=False)
        seconds: dict[str, float] = {}
        try:
            report = dag.build(force=True)
            seconds |= zip(report["name"], report["Elapsed (s)"], strict=True)
        finally:
            note(plain.describe(dag), seconds)

    build()


def build_alone(names: list[str]) -> tuple[dict[str, Path], bool]:
    """Build tasks that need no others, all in one build, as `ploomber build` does.

    Parameters
    ----------
    names
        Those of the tasks.

    Returns
    -------
    tuple
        The executed notebooks of the tasks that are up to date now; whether the build failed.
    """
    from ploomber.cli.io import cli_endpoint
    from ploomber.spec import DAGSpec

    made: dict[str, Path] = {}

    @cli_endpoint
    def build() -> None:
        dag = DAGSpec.find().to_dag()
        for name in set(dag) - set(names):
            dag.pop(name)
        try:
            dag.build()
        finally:
            for name, task in plain.describe(dag).items():
                if task.state in ("done", "up to date"):
                    made[name] = task.files()["nb"]

    sys.argv = ["ploomber", "--partially", *names]  # where our checks look for it
    try:
        build()
    except SystemExit as stopped:
        if stopped.code != 1:
            raise KeyboardInterrupt from None
        return made, True
    return made, False
