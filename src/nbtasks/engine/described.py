"""Tell what the tasks of a pipeline are given, as plain data, to programs without Ploomber.

    python -m nbtasks.engine.described [options of ploomber build]

It prints one line of JSON: `describe` says what it holds, or ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ploomber.tasks.notebook import NotebookMixin

from nbtasks import project
from nbtasks.engine import building, plain
from nbtasks.pipeline import options, parameters, sources
from nbtasks.pipeline.tasks import Task
from nbtasks.results import about
from nbtasks.results.smoked import OF_PLOOMBER

#: What gets its value from more than files of YAML: placeholders, functions.
CHANGING = re.compile(r"(?m)\{\{\s*(now|env\b|git|user|cwd)|::|^location:")
#: How one file of YAML names another.
IMPORTED = re.compile(r"[\w./-]+\.ya?ml\b")
#: The line below a traceback, and what follows up to the next of Ploomber's rulers.
RAISED = re.compile(r"(?ms)^\w[\w.]*: (.*?)(?=^[-=]{10,}|\Z)")
COLOURS = re.compile(r"\x1b\[[\d;]*m")


def describe(words: list[str]) -> dict[str, Any]:
    """Read the pipeline that options of Ploomber's command line choose; run nothing.

    Parameters
    ----------
    words
        Options, such as ``--entry-point pipeline.x.yaml --env--sample true``.

    Returns
    -------
    dict
        ``tasks``: by name, ``source`` (path from the project), ``params`` (what its parameters
        cell gets), ``folder`` (where it runs), ``makes`` (paths of its products), ``reads``
        (upstream task -> paths of its products).
        ``environment``: the name of the folder in products/, or "". ``sample``: true, false, or
        null where there is no such parameter. ``files``: what the answer depends on; null if on
        more than files.

    Raises
    ------
    Exception
        Whatever Ploomber and our checks raise; the text is for the user.
    """
    sys.argv = ["ploomber", *words]  # Ploomber's parser reads it
    sources.check()
    dag, _ = building.parse("ploomber build").load_from_entry_point_arg()
    dag.on_render = None  # it would look for what has to run
    dag.render(force=True, show_progress=False)
    tasks = plain.describe(dag, cells=True)
    parameters.check(tasks.values())
    products = [path for task in tasks.values() for path in task.files().values()]
    return {
        "tasks": {
            name: describe_task(tasks[name], dag[name])
            for name in dag
            if isinstance(dag[name], NotebookMixin)
        },
        "environment": about.environment(products[0]) if products else "",
        "sample": parameters.in_use().get("sample"),
        "files": files_of(options.pipeline_path(), tasks.values()),
    }


def describe_task(task: Task, of_ploomber: Any) -> dict[str, Any]:
    """Return what is worth knowing of a task that is a notebook."""
    params = of_ploomber.params.to_json_serializable()
    params["product"] = of_ploomber.product.to_json_serializable()
    return {
        "source": task.source.shown(),
        "params": as_written(params),
        "folder": str(task.folder or project.root()),
        "makes": [*map(str, task.files().values())],
        "reads": {name: [*map(str, up.files().values())] for name, up in task.upstream.items()},
    }


def as_written(value: Any) -> Any:
    """Return a value as the parameters cell of a build has it, where papermill writes it."""
    if isinstance(value, Mapping):
        return {str(key): as_written(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_written(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def files_of(pipeline: Path, tasks: Iterable[Task]) -> list[str] | None:
    """Return the files by which a pipeline is what it is; None if it depends on more."""
    waiting = [pipeline, *project.root().glob("*.yaml"), *pipeline.parent.glob("*.yaml")]
    described: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in described or not path.is_file():
            continue
        described.add(path)
        text = path.read_text(encoding="utf-8")
        if CHANGING.search(text):
            return None
        waiting += [path.parent / name for name in IMPORTED.findall(text)]
    loaded = [task.source.path for task in tasks if task.source.path]
    return sorted({*map(str, described), *map(str, loaded)})


def sentence(error: BaseException) -> str:
    """Return what an error says, and what led to it, without the tracebacks around them."""
    text = OF_PLOOMBER.sub("", COLOURS.sub("", str(error)))
    raised = RAISED.search(text) if "Traceback (most recent call last)" in text else None
    text = (raised[1] if raised else text).strip().split("\n\n")[0] or repr(error)
    return f"{text.rstrip('.')}: {sentence(error.__cause__)}" if error.__cause__ else text


def main(words: list[str]) -> int:
    """Print the data, or the error as data; return 0."""
    project.use_own_modules()
    os.chdir(project.root())
    answer, said = sys.stdout, io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            found = describe(words)
        except SystemExit:  # of the parser, which has said why
            found = {"error": said.getvalue().strip().splitlines()[-1].rpartition("error: ")[2]}
        except Exception as error:
            found = {"error": sentence(error)}
    answer.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
