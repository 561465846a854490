"""Show which tasks will run and why, a line each.

It takes the options of `ploomber status`, such as --env--sample true. With `--why TASK`, more of
that task: which file or parameter has changed, and since when.
"""

import difflib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbtasks.checks import notes, times, uptodate
from nbtasks.engine import building, hooks, plain
from nbtasks.notebooks import command
from nbtasks.pipeline.tasks import Product, Task
from nbtasks.project import root

#: Lines of a script's differences that are shown.
LINES = 12


def line(task: Task, width: int) -> str:
    """Return the line of a task: its name, whether and why it runs, and its last run."""
    files = [*task.files().values()]
    # Where pipeline.yaml has no on_render of ours, a task has no reason.
    state = "will run" if task.state == "to run" else "up to date"
    if why := plain.why(task.name):
        why = times.trouble(task.name, files) or why
        state = f"will run {why}" if why.startswith("if ") else f"will run: {why}"
    run = times.last(task.name, files)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.ended)) if run else ""
    last = f"last run {when}, {times.words(run.seconds)}" if run else ""
    return f"{task.name:<{width}}  {state:<40}  {last}".rstrip()


def split(arguments: list[str]) -> tuple[list[str], str | None]:
    """Return what Ploomber's parser gets, and the task after ``--why``."""
    if "--why" not in arguments:
        return arguments, None
    at = arguments.index("--why")
    return arguments[:at] + arguments[at + 2 :], "".join(arguments[at + 1 : at + 2])


def show(dag: Any, name: str) -> int:
    """Print what is known of one task; return 1 if there is none of that name."""
    known = plain.describe(dag, cells=True)
    if name not in known:
        print(f"There is no task {name!r}. The tasks are: {', '.join(known)}")
        return 1
    task = known[name]
    print(line(task, len(name)))
    if name in plain.WAITED:
        print(f"  it runs if {' or '.join(plain.WAITED[name])} makes something else than before")
    functions = uptodate.functions_of(task)
    for said in differences(task, functions, hooks.other_code(dag[name])):
        print(f"  {said}")
    return 0


def differences(task: Task, functions: Mapping[str, str], other: str) -> Iterator[str]:
    """Yield what is not as it was when a task, here with its cells, ran; a line each.

    `functions` is what it uses now; `other` what the engine takes for changed: its script, its
    files of `resources_`, or "".
    """
    known = [product.noted for product in task.products.values()]
    if not known or any(data.get("timestamp") is None for data in known):
        yield "it has not run yet, or what was noted of its products is gone"
        return
    yield f"it ran last at {date(known[0]['timestamp'])}"
    before = known[0].get("params") or {}
    for name in notes.changed_parameters(task, known[0]):
        yield f"parameter {name}: {before.get(name, 'none')!r} -> {task.params.get(name, 'none')!r}"
    if other == notes.RESOURCES:
        yield "a file under `resources_` in pipeline.yaml holds something else now"
    if noted := notes.find_note(known):
        yield from of_code(task, known[0], noted, functions)
        yield from of_products(task, noted)
        yield from (of_input(task, *one) for one in notes.changed_inputs(task, noted))
    elif other == notes.SCRIPT:
        yield from of_script(task, known[0])


def of_code(
    task: Task, known: Mapping[str, Any], noted: Mapping[str, Any], functions: Mapping[str, str]
) -> Iterator[str]:
    """Yield the files of code that have changed."""
    for name in notes.changed_functions(noted, functions):
        if name == notes.SCRIPT:
            yield from of_script(task, known)
        else:
            yield f"{name}: {written(root() / name)}"


def of_script(task: Task, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is different in the source of a task."""
    yield f"{task.source.shown() or 'its source'}: {written(task.source.path)}"
    before = (known.get("stored_source_code") or "").splitlines()
    found = [*difflib.unified_diff(before, task.source.text.splitlines(), n=0, lineterm="")][2:]
    yield from (f"  {text}" for text in found[:LINES])
    if len(found) > LINES:
        yield f"  and {len(found) - LINES} lines more"


def of_products(task: Task, noted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the products that are not as the task has left them."""
    for key, fingerprint in noted.get("products", {}).items():
        product = task.products.get(key)
        if product is None:
            yield f"product {key}: pipeline.yaml has it no more"
        elif notes.identify(product) != fingerprint:
            yield f"product {called(key, product)}: {written(product.path)}"


def of_input(task: Task, name: str, key: str) -> str:
    """Say which product of another task has changed."""
    if name not in task.upstream:
        return f"input {name}: it is read no more"
    product = task.upstream[name].products.get(key)
    if product is None:
        return f"input {name}: it was not read before"
    return f"input {name}, {called(key, product)}: {written(product.path)}"


def called(key: str, product: Product) -> str:
    """Return a product by its key and its path."""
    return f"{key} ({product.shown()})" if key else product.shown()


def written(path: Path | None) -> str:
    """Say since when a file is as it is."""
    if path is None:
        return "changed"
    return f"changed, written at {date(path.stat().st_mtime)}" if path.exists() else "is missing"


def date(moment: float) -> str:
    """Return a Unix time as people write it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def main(arguments: list[str]) -> int:
    """Print the lines; return 1 if the pipeline can't be read."""
    rest, name = split(arguments)
    dag = building.load(rest, "status", __doc__)
    if dag is None:
        return 1
    if name is not None:
        return show(dag, name)
    width = max(map(len, dag), default=0)
    for task in plain.describe(dag).values():
        print(line(task, width))
    if any(plain.REASONS.get(name) for name in dag):
        print(f"\nTo run what is not up to date: {command('ploomber', 'build', *rest)}")
    return 0
