"""Find the files that a notebook reads and writes, and bring the data into the project."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtasks.importer.statements import Statement
from nbtasks.project import root


@dataclass
class Files:
    """Files that the notebook reads and writes: text in its code -> key and path."""

    reads: dict[str, tuple[str, str]] = field(default_factory=dict)
    writes: dict[str, tuple[str, str]] = field(default_factory=dict)
    writers: dict[str, str] = field(default_factory=dict)  #: text -> task that wrote it first


def named(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield the texts in code that may name a file, those put together left out."""
    for item in statements:
        nodes = [item.node] if item.node is not None else []
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if 0 < len(node.value) < 200 and "\n" not in node.value and "\0" not in node.value:
                    yield node.value
            elif not isinstance(node, ast.JoinedStr):
                nodes += ast.iter_child_nodes(node)


def bound_to_files(statements: list[Statement], files: Files) -> set[str]:
    """Return the names that are bound where the code names one of the files."""
    known = {*files.reads, *files.writes}
    return {name for item in statements if known & {*named([item])} for name in item.binds}


def shell_words(cells: Iterable[Any]) -> list[str]:
    """Return the words of all `!` lines, some of which may name files."""
    lines = [line for cell in cells for line in cell.source.splitlines()]
    return [word for line in lines if line.lstrip()[:1] == "!" for word in line.split()[1:]]


def find_reads(
    statements: list[Statement], cells: list[Any], notebook: Path, data: list[Path]
) -> Files:
    """Find the files that the code names; add what else it names that exists to the data.

    Parameters
    ----------
    statements
        The code.
    cells
        The cells, for what is no Python.
    notebook
        Where the notebook is.
    data
        Files and folders that the user named.

    Returns
    -------
    Files
        Those to read.
    """
    files = Files()
    for text in dict.fromkeys([*named(statements), *shell_words(cells)]):
        path = Path(os.path.normpath(notebook.parent / text))
        if path.is_file():
            files.reads[text] = (key_of(path, files), place_of(path, notebook))
        if path.is_file() or (path.is_dir() and path not in (*notebook.parents, Path.home())):
            data.append(path)
    return files


def key_of(path: Path, files: Files) -> str:
    """Return a key for a file that no other file has."""
    known = {key for key, _ in [*files.reads.values(), *files.writes.values()]}
    key = base = re.sub(r"\W+", "_", path.stem).strip("_") or "file"
    while key in known:
        key = f"{base}_{len(known)}"
    return key


def place_of(path: Path, notebook: Path) -> str:
    """Return where in the project a file is, or is to be copied to."""
    if root() in path.parents:
        return path.relative_to(root()).as_posix()
    place = Path("data", "raw", path.name)
    if (root() / place).exists() and (root() / place).read_bytes() != path.read_bytes():
        place = place.with_name(f"{notebook.stem}_{path.name}")
    return place.as_posix()


def find_writes(statements: list[Statement], files: Files, notebook: Path, place: Path) -> None:
    """Find the files that the code names and has written, where it has run."""
    for text in dict.fromkeys(named(statements)):
        path, before = place / text, notebook.parent / text
        if not path.is_file():
            continue
        if text in files.reads and path.stat().st_mtime < before.stat().st_mtime + 0.01:
            continue  # the copy that was read, with the time of the file
        files.reads.pop(text, None)
        key = key_of(path, files)
        files.writes[text] = (f"{key}_file", f"{key}{path.suffix}")


def find_copies(
    files: Files, notebook: Path, data: list[Path]
) -> tuple[dict[Path, bytes], list[str]]:
    """Read which files of data the project needs.

    Returns
    -------
    tuple
        Where to -> what is to be there; and what can't be where the code looks for it.
    """
    copies = {
        root() / place: Path(os.path.normpath(notebook.parent / text))
        for text, (_, place) in files.reads.items()
    }
    written = {Path(os.path.normpath(notebook.parent / text)) for text in files.writes}
    left, placed = [], written.union(copies.values())
    for path in (path for path in dict.fromkeys(data) if path not in placed):
        target = root() / os.path.relpath(path, notebook.parent)
        if ".." in target.parts:
            left.append(f"{path}: its path is put together in code; name it under `resources_`")
        else:
            found = [path] if path.is_file() else path.rglob("*")
            copies |= {target / file.relative_to(path): file for file in found if file.is_file()}
    new = {target: source for target, source in copies.items() if target != source}
    return {target: source.read_bytes() for target, source in new.items()}, left


def use_files(text: str, task: Any, files: Files, upstream: set[str]) -> str:
    """Return code that takes its files from the pipeline; note them in the task."""
    for name, (key, path) in files.reads.items():
        shell = rf"(?m)^(\s*!.*\s){re.escape(name)}(?=\s|$)"
        if quoted(name).search(text) or re.search(shell, text):
            task.resources[key] = path
            text = quoted(name).sub(f'resources_["{key}"]', re.sub(shell, rf"\1{path}", text))
    for name, (key, path) in files.writes.items():
        if not quoted(name).search(text):
            continue
        writer = files.writers.setdefault(name, task.part.name)
        if writer == task.part.name:
            task.products[key] = f"{writer}/{path}"
            text = quoted(name).sub(f'product["{key}"]', text)
        else:
            upstream.add(writer)
            text = quoted(name).sub(f'upstream["{writer}"]["{key}"]', text)
    return text


def quoted(text: str) -> re.Pattern[str]:
    """Return what finds a text where it stands in quotes."""
    return re.compile(rf"(?<!\w)[rRuU]?([\"']){re.escape(text)}\1")
