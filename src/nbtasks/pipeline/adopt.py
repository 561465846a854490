"""Have a pipeline of Ploomber that was made without us use what we offer.

Shown are the lines that turn it on: in each pipeline.yaml of this folder and of those in it, and
where a pipeline is made in Python. Nothing is written without --write.
"""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nbtasks import notebooks
from nbtasks.pipeline import adopt_code

EXECUTOR = "executor: {{dotted_path: nbtasks.Executor, workers: {}}}"
ON_RENDER = "on_render: nbtasks.on_render"
ABOVE = "# How tasks run; which have to, and whether their products are right (nbtasks docs adopt)"
#: Code of this many bytes was not written by hand.
LARGE = 1_000_000


@dataclass
class Change:
    """What to change in a file, and what can't be changed for its owner."""

    path: Path
    before: str
    after: str
    notes: list[str] = field(default_factory=list)


def find_files(folder: Path) -> Iterator[Path]:
    """Yield the YAML and Python files of a folder, but for environments and hidden folders."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if is_ours(Path(place, name)))
        for path in (Path(place, name) for name in sorted(names)):
            if path.suffix in (".yaml", ".yml", ".py") and path.stat().st_size < LARGE:
                yield path


def is_ours(folder: Path) -> bool:
    """Tell whether a folder may hold somebody's own code."""
    is_hidden = folder.name.startswith(".") or folder.name in ("node_modules", "__pycache__")
    return not is_hidden and not (folder / "pyvenv.cfg").exists()


def change(path: Path) -> Change | None:
    """Return what to change in a file, None if it has no pipeline of Ploomber."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    if path.suffix == ".py":
        after, notes = adopt_code.change(text) if "ploomber" in text else (text, [])
    elif "tasks:" in text or "location:" in text:
        after, notes = change_yaml(text)
    else:
        return None
    return Change(path, text, after, notes) if notes or after != text else None


def change_yaml(text: str) -> tuple[str, list[str]]:
    """Return the text of a pipeline with our lines, and notes; as it is if it is no pipeline."""
    found = parse(text)
    if set(found) == {"location"}:
        return text, [f"its pipeline is made by {found['location']}: see that function"]
    tasks = found.get("tasks")
    if not isinstance(tasks, list) or not all(isinstance(t, dict) and "source" in t for t in tasks):
        return text, []
    lines, notes = lines_for(found)
    if not lines:
        return text, []
    rest = [line for line in lines if not line.startswith("executor") or "executor" not in found]
    after = swap(text, lines[0]) if rest != lines else text
    after = add(after, rest) if rest else after
    if parse(after) != {**found, **parse("\n".join(lines))}:
        return text, [*notes, "add these lines by hand: " + "; ".join(lines)]
    return after, notes + [note for task in tasks for note in notes_on(task)]


def parse(text: str) -> dict[str, Any]:
    """Return what a text of YAML holds; nothing if that is no mapping, or no YAML."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def lines_for(pipeline: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the lines that a pipeline lacks, and notes on what it has instead."""
    lines, notes = [], []
    executor = pipeline.get("executor", "serial")
    own = executor.get("dotted_path", "") if isinstance(executor, dict) else ""
    if not own.startswith("nbtasks."):
        lines.append(EXECUTOR.format(executor if executor in ("serial", "parallel") else "serial"))
        if own:
            notes.append(f"our executor takes the place of {own}")
    hook = pipeline.get("on_render")
    name = hook.get("dotted_path", "") if isinstance(hook, dict) else str(hook or "")
    if not hook:
        lines.append(ON_RENDER)
    elif not name.startswith("nbtasks."):
        notes.append(
            f"its on_render is {name}: let that take `dag`, and end with nbtasks.on_render(dag)"
        )
    return lines, notes


def notes_on(task: dict[str, Any]) -> Iterator[str]:
    """Yield what of a task does not go on as it is."""
    source = str(task["source"])
    if isinstance(task.get("static_analysis"), bool):
        yield f"{source}: Ploomber 0.23 refuses static_analysis: write `disable` or `regular`"
    if source.startswith(".."):
        yield f"{source} lies outside: that what it imports from there has changed is not noticed"
    if task.get("executor") == "ploomber-engine":
        yield f"{source}: ploomber-engine stays, and knows nothing of a time budget"


def swap(text: str, ours: str) -> str:
    """Return the text of a mapping with our line in place of its `executor` and what it holds."""
    kept, is_inside = [], False
    for line in text.splitlines(keepends=True):
        if line[:1].strip() and line[0] not in "#}]":
            is_inside = line.startswith("executor:")
            kept += [ours + line[len(line.rstrip()) :]] if is_inside else []
        if not is_inside or line[0] == "#" or not line.strip():
            kept.append(line)
    return "".join(kept)


def add(text: str, lines: list[str]) -> str:
    """Return a text with a paragraph at its end, which ends its lines as the others do."""
    end = "\r\n" if "\r\n" in text else "\n"
    return text.rstrip() + end * 2 + end.join([ABOVE, *lines]) + end


def show(found: Change, folder: Path) -> None:
    """Print what to change in a file, and the notes on it."""
    name = found.path.relative_to(folder).as_posix()
    sides = (found.before.splitlines(), found.after.splitlines())
    lines = [*difflib.unified_diff(*sides, name, name, n=1, lineterm="")]
    print(*lines, *(f"{name}: {note}" for note in found.notes), "", sep="\n")


def main(arguments: list[str]) -> int:
    """Show the lines, and write them if asked to; return 1 if there is no pipeline here."""
    parser = argparse.ArgumentParser(prog="nbtasks adopt", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the lines that are shown")
    options = parser.parse_args(arguments)
    folder = Path.cwd()
    changes = [found for found in map(change, find_files(folder)) if found]
    for found in changes:
        show(found, folder)
    todo = [found for found in changes if found.after != found.before]
    if not changes:
        print("Nothing to adopt: no pipeline of Ploomber here, or all of them use nbtasks already.")
    elif not options.write:
        print("Nothing is written. To write these lines: nbtasks adopt --write" if todo else "")
    for found in todo * options.write:
        notebooks.replace(found.path, found.after)
        print(f"Written: {found.path.relative_to(folder).as_posix()}")
    if todo:
        print("`parallel` in place of `serial` runs as many tasks at a time as there are cores.")
    return 0 if changes else 1
