"""Run a notebook as it is, in a folder of its own, and look at its values."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbtasks.importer.statements import Statement

PROBE = Path(__file__).with_name("probe.py")


class DoesNotRun(Exception):
    """The original notebook stops with an error."""


def prepare(notebook: Path, data: Iterable[Path], folder: Path) -> Path:
    """Copy the data of a notebook, each file to where the notebook finds it.

    Parameters
    ----------
    notebook
        The notebook.
    data
        Files and folders that it reads.
    folder
        Where to.

    Returns
    -------
    Path
        The folder that the notebook is to run in, deep enough for `../..`.
    """
    place = folder.joinpath(*"abcdef")
    place.mkdir(parents=True)
    for path in data:
        target = Path(os.path.normpath(place / os.path.relpath(path, notebook.parent)))
        if folder not in target.parents:
            target = place / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            shutil.copy2(path, target)
    return place


def execute(
    notebook: Any,
    place: Path,
    names: list[str],
    ends: set[int],
    functions: list[Statement],
) -> tuple[Any, dict[int, dict[str, Any]]]:
    """Run a notebook with papermill, and look at its values.

    Parameters
    ----------
    notebook
        The notebook, in format 4.
    place
        The folder to run it in.
    names
        Values to look at.
    ends
        Numbers of the cells after which to look.
    functions
        Those whose first calls are noted.

    Returns
    -------
    tuple
        The executed notebook, and what was seen after each of these cells.

    Raises
    ------
    DoesNotRun
        At an error; the message says in which cell.
    """
    import nbformat
    import papermill

    folder = place / ".import"
    folder.mkdir(exist_ok=True)
    load = f"__import__('runpy').run_path({str(PROBE)!r})"
    probed, numbers = nbformat.from_dict({**notebook, "cells": []}), []
    for number, cell in enumerate(notebook.cells, 1):
        lines = cell.source.splitlines()
        for item in reversed([item for item in functions if item.cell == number]):
            watch = f"{load}['watch'](globals(), {sorted(item.binds)}, {str(folder)!r})"
            lines.insert(item.lines.stop, watch)
        probed.cells.append(nbformat.from_dict({**cell, "source": "\n".join(lines)}))
        numbers.append(number)
        if number in ends:
            call = f"{load}['probe'](globals(), {names}, {str(folder)!r}, {number})"
            probed.cells.append(nbformat.v4.new_code_cell(call))
            numbers.append(0)
    nbformat.write(probed, folder / "in.ipynb")
    try:
        papermill.execute_notebook(
            str(folder / "in.ipynb"),
            str(folder / "out.ipynb"),
            cwd=str(place),
            kernel_name="python3",
            progress_bar=False,
            shutdown_kernel="immediate",  # else it is interrupted first, and may say so
        )
    except papermill.PapermillExecutionError as error:
        raise DoesNotRun(
            f"cell {numbers[error.cell_index]}: {error.ename}: {error.evalue}"
        ) from None
    done = nbformat.read(folder / "out.ipynb", as_version=4)
    done.cells = [cell for cell, number in zip(done.cells, numbers, strict=True) if number]
    seen = {end: json.loads((folder / f"{end}.json").read_text("utf-8")) for end in ends}
    return done, seen


def read_calls(place: Path, modules: Iterable[str]) -> dict[str, bytes]:
    """Return the arguments of first calls that can be read elsewhere, by names of functions."""
    bound = [name.encode() for name in ("__main__", *modules)]
    calls = {path.stem: path.read_bytes() for path in place.glob(".import/*.pickle")}
    return {
        name: call
        for name, call in calls.items()
        if len(call) in range(1, 5_000_000) and not any(word in call for word in bound)
    }
