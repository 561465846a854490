"""Tell other rooms of Ploomber's tasks, as plain data; keep what Ploomber notes of products."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ploomber.tasks import NotebookRunner

from nbtasks.checks import notes
from nbtasks.engine import ipython
from nbtasks.pipeline import options, parameters, pipeline_file
from nbtasks.pipeline.tasks import Cell, Product, Source, State, Task
from nbtasks.project import root

#: How Ploomber calls the state of a task -> how it is called here.
STATES: dict[str, State] = {
    "Skipped": "up to date",
    "Executed": "done",
    "Errored": "failed",
    "Aborted": "aborted",
}
#: Name of each task that will run -> why, in a word or two.
REASONS: dict[str, str] = {}
#: Name of each task that runs only if its input changes -> the tasks that make this anew.
WAITED: dict[str, list[str]] = {}


def describe(dag: Any, *, cells: bool = False, fresh: bool = False) -> dict[str, Task]:
    """Return the tasks of a pipeline by name, each after those it needs.

    Parameters
    ----------
    dag
        Ploomber's, rendered.
    cells
        Whether to read the cells of notebooks too.
    fresh
        Whether to read again what was noted of products: another process may build.
    """
    found: dict[str, Task] = {}
    for task in dag.values():  # Ploomber gives them in this order
        if fresh:
            for product in own_products(task).values():
                product.metadata.clear()
        upstream = {name: found[up.name] for name, up in task.upstream.items()}
        found[task.name] = describe_one(task, upstream, cells)
    return found


def describe_one(task: Any, upstream: dict[str, Task], cells: bool) -> Task:
    """Return a task of Ploomber's as plain data."""
    own = own_products(task)
    loaders = [getattr(task, "_serializer", None), getattr(task, "_unserializer", None)]
    made_of = [getattr(task.source, "primitive", None)]
    made_of += [getattr(loader, "callable", None) for loader in loaders]
    return Task(
        name=task.name,
        source=source_of(task, cells),
        params=task.params.to_json_serializable(params_only=True),
        products=products_of(task),
        state=STATES.get(task.exec_status.name, "to run"),
        upstream=upstream,
        functions=tuple((one.__module__, one.__name__) for one in made_of if callable(one)),
        kinds=frozenset({type(task).__name__, *(type(one).__name__ for one in own.values())}),
        has_client=task.client is not None,
        is_notebook=isinstance(task, NotebookRunner),
        is_analysed=getattr(task, "static_analysis", "disable") != "disable",
        folder=ipython.folder_of(task),
    )


def source_of(task: Any, cells: bool = False) -> Source:
    """Return the source of a task, with its cells if they are asked for."""
    source = task.source
    place = re.sub(r"\.py:\d+$", ".py", str(source.loc or ""))  # the line of a function
    read = source.nb_obj_rendered.cells if cells and hasattr(source, "nb_obj_rendered") else []
    return Source(
        path=Path(place) if place else None,
        text=str(source),
        language=str(getattr(source, "language", "python")),
        cells=tuple(
            Cell(cell.source, frozenset(cell.metadata.get("tags", [])), cell.cell_type == "code")
            for cell in read
        ),
    )


def own_products(task: Any) -> dict[str, Any]:
    """Return Ploomber's products of a task by their keys, `""` when there is only one."""
    names = task.product.to_json_serializable()
    if isinstance(names, dict):
        return {key: task.product[key] for key in names}
    if isinstance(names, list):
        return {str(key): task.product[key] for key in range(len(names))}
    return {"": task.product}


def products_of(task: Any) -> dict[str, Product]:
    """Return what a task makes, and what is noted of it now."""
    runs = getattr(task, "nb_product_key", []) if isinstance(task, NotebookRunner) else []
    runs = [runs] if isinstance(runs, str) else [*runs]
    own = own_products(task)
    runs += [""] if runs else []  # a notebook that makes nothing but its run has no keys
    return {key: product_of(one, key in runs) for key, one in own.items()}


def product_of(one: Any, is_run: bool) -> Product:
    """Return a product of Ploomber's as plain data."""
    noted = one.metadata.to_dict()
    if hasattr(one, "__fspath__"):
        return Product(str(one), Path(one), noted, is_run=is_run)
    is_table = hasattr(one, "kind")
    return Product(str(one), None, noted, is_table, client=one.client if is_table else None)


def why(name: str) -> str:
    """Return why a task will run, or when; "" if it is up to date."""
    return f"if {' or '.join(WAITED[name])} changes" if name in WAITED else REASONS.get(name, "")


def files_of(task: Any) -> list[Path]:
    """Return the products of a task that are files or folders."""
    own = own_products(task).values()
    return [Path(product) for product in own if hasattr(product, "__fspath__")]


def distrust(task: Any, reason: str) -> None:
    """Let Ploomber take a task for outdated, until it has run."""
    update_in_memory(task, {notes.OUTDATED: reason, "stored_source_code": None})


def trust(task: Any) -> None:
    """Let Ploomber take a task for newer than its input, whatever the clock said."""
    times = [up.product.metadata.timestamp or 0 for up in task.upstream.values()]
    update_in_memory(task, {"timestamp": max(times, default=0)})


def update_in_memory(task: Any, changes: dict[str, Any]) -> None:
    """Change what Ploomber knows of a task's products, until this process ends."""
    for product in own_products(task).values():
        product.metadata.update_locally(product.metadata.to_dict() | changes)


def drop_half_notes() -> None:
    """Remove what Ploomber noted of products and was cut short, as by a full disk.

    It would stop at such a file; without it, the task runs again. Looked at are the folders
    that env.yaml names, and those of products in pipeline.yaml.
    """
    tasks = pipeline_file.read_tasks(options.pipeline_path())
    named: dict[str, Any] = {name: task.get("product") for name, task in tasks.items()}
    named["env.yaml"] = parameters.read(root() / "env.yaml")
    values = parameters.flatten(named).values()
    tops = {value.split("/")[0] for value in values if isinstance(value, str)}
    folders = [path for path in root().glob("[!.]*") if path.name in tops and path.is_dir()]
    for path in (path for folder in folders for path in folder.rglob(".*.metadata")):
        if not path.read_bytes().rstrip().endswith(b"}"):
            path.unlink()
