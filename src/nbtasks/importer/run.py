"""Run a notebook as it is, in a folder of its own, and look at its values."""

import functools
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbclient
from nbformat import from_dict
from nbformat.v4 import new_code_cell

from nbtasks.errors import NbtasksError

PROBE = Path(__file__).with_name("probe.py")
#: A folder that is copied whole, for what it reads by names that code puts together: bytes, files.
SMALL, MOST = 50_000_000, 2000

SAID = """The notebook does not run by itself any more:
  {}
Mend it, or name what it reads with --data."""


class DoesNotRun(NbtasksError):
    """The original notebook stops with an error."""


def prepare(needed: Mapping[str, Path], folder: Path) -> Path:
    """Copy what is needed, by the notebook's names for it; return where it is to run, deep."""
    place = folder.resolve().joinpath(*"abcdef")
    place.mkdir(parents=True)
    for name, path in needed.items():
        target = Path(os.path.normpath(place / name))
        if folder.resolve() in target.parents:
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = functools.partial(shutil.copytree, dirs_exist_ok=True)
            (copy if path.is_dir() else shutil.copy2)(path, target)
    return place


def beside(notebook: Path) -> list[Path]:
    """Return what lies beside a notebook, if it is not much: code may put its names together."""
    found = [path for path in notebook.parent.iterdir() if path.name[0] not in "._"]
    every = (file for path in found for file in (path.rglob("*") if path.is_dir() else [path]))
    files = [*itertools.islice(every, MOST)]
    small = len(files) < MOST and sum(f.stat().st_size for f in files if f.is_file()) < SMALL
    return [path for path in found if path != notebook] if small else []


def execute(
    notebook: Any, needed: Mapping[str, Path], names: Any = (), ends: Any = (), functions: Any = ()
) -> tuple[Any, dict[int, dict[str, Any]], dict[str, Any]]:
    """Run a notebook as nbconvert does, beside what it needs, and look at its values.

    `ends` are the cells after which to look at `names`; `functions` are those whose first calls
    are noted. Returned are the executed notebook, what was seen after each of these cells, and an
    example of each function. At an error, `DoesNotRun` is raised with the number of the cell.
    """
    with tempfile.TemporaryDirectory() as temporary:
        place = prepare(needed, Path(temporary))
        folder = place / ".import"
        folder.mkdir()
        load = f"__import__('runpy').run_path({str(PROBE)!r})"
        start = f"__import__('sys').modules['nbtasks_probe'] = type('Probe', (), {load})\n"
        ask = "__import__('nbtasks_probe')."
        cells = [new_code_cell(f"{start}{ask}listen(globals(), {[*functions]})")]
        for number, cell in enumerate(notebook.cells, 1):
            cells.append(from_dict({**cell, "metadata": {**cell.metadata, "cell": number}}))
            if number in ends:
                look = f"{ask}probe(globals(), {sorted(names)}, {str(folder)!r}, {number})"
                cells.append(new_code_cell(look))
        cells.append(new_code_cell(f"{ask}finish(globals(), {str(folder)!r})"))
        done = from_dict({**notebook, "cells": cells if ends else cells[1:-1]})
        options = {"timeout": None, "kernel_name": "python3", "shutdown_kernel": "immediate"}
        where = {"metadata": {"path": str(place)}}
        client = nbclient.NotebookClient(done, resources=where, **options)
        try:
            with client.setup_kernel():
                for index, cell in enumerate(done.cells):  # ours do not count in `Out` and `_1`
                    client.execute_cell(cell, index, store_history="cell" in cell.metadata)
        except nbclient.exceptions.CellExecutionError as error:
            where = f"cell {cell.metadata.get('cell', 0)}: {error.ename}: {error.evalue}"
            raise DoesNotRun(SAID.format(where)) from None
        done.cells = [cell for cell in done.cells if "cell" in cell.metadata]
        found = {file.stem: json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")}
        return done, {end: found[str(end)] for end in ends}, found.get("examples", {})
