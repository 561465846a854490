"""Store what was made of a notebook in the project, without overwriting anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools import ROOT, notebooks, pipeline_file
from tools.importer.flow import Flow
from tools.importer.scripts import PACKAGE, Task, is_table
from tools.importer.skeletons import module_text, schemas_text, test_text
from tools.importer.statements import Statement


class Refused(Exception):
    """The notebook can't be imported; the message says why."""


def mark(path: Path) -> str:
    """Return the comment above the tasks of a notebook."""
    return f"From {path.name}, cells"


def check_new(path: Path) -> None:
    """Refuse a notebook that was imported before."""
    if f"# {mark(path)}" in pipeline_file.PIPELINE.read_text(encoding="utf-8"):
        raise Refused(
            f"{path.name} was imported before: pipeline.yaml has its tasks. To import it again, "
            "take them out of pipeline.yaml, and delete their scripts."
        )


def store(
    path: Path,
    module: str,
    tasks: list[Task],
    flow: Flow,
    moved: list[Statement],
    calls: dict[str, bytes],
) -> list[str]:
    """Write scripts, functions, tests and schemas, then pipeline.yaml.

    Returns
    -------
    list of str
        What was not done.
    """
    statements = [item for part in flow.parts for item in part.statements]
    texts: dict[Path, bytes] = {}
    for task in tasks:
        texts[ROOT / "tasks" / f"{task.part.name}.py"] = as_script(task).encode()
    left = []
    if moved:
        texts[PACKAGE / f"{module}.py"] = module_text(moved, statements, path.name).encode()
        folder = ROOT / "tests" / f"{module}_calls"
        names = [name for item in moved if item.kind == "function" for name in item.binds]
        fit = [
            n for n in names if n in calls and b"__main__" not in calls[n] and len(calls[n]) < 5e6
        ]
        left += [
            f"{name}: no test, its arguments are not known" for name in names if name not in fit
        ]
        if fit:
            texts |= {folder / f"{name}.pickle": calls[name] for name in fit}
            texts[ROOT / "tests" / f"test_{module}.py"] = test_text(module, fit).encode()
    taken = [p for p, text in texts.items() if p.exists() and p.read_bytes() != text]
    if taken:
        raise Refused(f"{taken[0].relative_to(ROOT)} is there already, and stays as it is")
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    tidy([file for file in texts if file.suffix == ".py"])
    add_schemas(tasks, flow, path)
    add_tasks(tasks, path)
    return left


def as_script(task: Task) -> str:
    """Return the script of a task."""
    return notebooks.to_script({"cells": task.cells, "metadata": {}, "nbformat_minor": 5})


def tidy(files: list[Path]) -> None:
    """Format files as a commit does; old code may break rules, a comment in each such line."""
    for command in (["check", "--fix"], ["format"], ["check", "--add-noqa"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", *map(str, files)]
        subprocess.run(ruff, cwd=ROOT, capture_output=True)


def add_schemas(tasks: list[Task], flow: Flow, path: Path) -> None:
    """Add a schema for each table to schemas.py."""
    tables: dict[str, dict[str, Any]] = {}
    for index, task in enumerate(tasks):
        for name in sorted(task.part.gives):
            if is_table(flow, index, name):
                columns = flow.look(index, name)["columns"]
                tables.setdefault(task.part.name, {})[name] = columns
    file = PACKAGE / "schemas.py"
    text = file.read_text(encoding="utf-8")
    if tables:
        notebooks.replace(file, text.rstrip() + "\n\n" + schemas_text(tables, path.name))
        tidy([file])


def add_tasks(tasks: list[Task], path: Path) -> None:
    """Add the tasks to pipeline.yaml, all at once."""
    draft = pipeline_file.PIPELINE.with_name(".pipeline.import.yaml")
    shutil.copyfile(pipeline_file.PIPELINE, draft)
    for task in tasks:
        cells = f"{mark(path)} {task.part.cells[0]}-{task.part.cells[-1]}"
        pipeline_file.add_task(task.part.name, task.products, task.resources, cells, draft)
    os.replace(draft, pipeline_file.PIPELINE)
