"""Find the files that a notebook reads and writes, and bring the data into the project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtasks.importer.paths import Finder, constants_in, folders_in, glue_in, texts_of
from nbtasks.importer.rewrite import edited
from nbtasks.importer.run import beside
from nbtasks.importer.statements import Statement
from nbtasks.project import root

#: What stands for a file in rewritten code, before its task is known.
MARK = "nbtasks-file:"
MARKED = re.compile(rf"""(["']?){MARK}(\w+)\1""")
#: What other code than Python's opens, unseen.
UNSEEN = {".parquet", ".feather", ".orc", ".h5", ".hdf", ".nc", ".png", ".jpg", ".jpeg", ".tif"}


@dataclass
class Files:
    """Files that a notebook reads and writes, by the keys that they get."""

    notebook: Path = Path()
    data: list[Path] = field(default_factory=list)  #: that the user named
    reads: dict[str, Path] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)  #: key -> path of the product
    written: dict[str, str] = field(default_factory=dict)  #: what the run wrote -> key
    writers: dict[str, str] = field(default_factory=dict)  #: key or path -> task that wrote it
    folders: set[str] = field(default_factory=set)  #: where the code puts names of files together
    #: Last cell of a part -> what was opened in it, from the notebook's folder -> written?
    opened: dict[int, dict[str, bool]] = field(default_factory=dict)

    def path(self, text: str) -> Path:
        """Return the file that a text names: from the notebook's folder, or as `--data` has it."""
        path = Path(os.path.normpath(self.notebook.parent / text))
        named = (file for file in self.data if file.is_file() and file.name == path.name)
        return path if path.exists() else next(named, path)

    def needed(self, statements: list[Statement], cells: list[Any]) -> dict[str, Path]:
        """Return which files and folders are to be there for a run, by the names in the code."""
        folder, needed = self.notebook.parent, {path.name: path for path in beside(self.notebook)}
        for path in self.data:
            name = os.path.relpath(path, folder)
            needed[path.name if name.count("..") > 5 else name] = path
        for text in dict.fromkeys([*texts_of(statements), *shell_words(cells)]):
            for name in (text, os.path.dirname(text.partition("*")[0])):
                path = self.path(name)
                own = path in (self.notebook, folder, *folder.parents, Path.home())
                if name and path.exists() and not own and not os.path.isabs(name):
                    needed[name] = path
        return needed

    def note(self, seen: dict[int, Any], statements: list[Statement], place: Path) -> None:
        """Note what a run in a folder opened, and what it wrote that the code names."""
        for end, values in seen.items():
            paths = {p: way for p, way in values.pop("opened files")["files"] if is_data(p, place)}
            self.opened[end] = {neat(os.path.relpath(p, place)): way for p, way in paths.items()}
        for text in dict.fromkeys(texts_of(statements)):
            path, before = place / text, self.path(text)
            read = before.is_file() and path.stat().st_mtime < before.stat().st_mtime + 0.01
            if path.is_file() and not read and neat(text) not in self.written:
                key = self.new_key(path)
                self.written[neat(text)] = f"{key}_file"
                self.writes[f"{key}_file"] = f"{key}{path.suffix}"

    def new_key(self, path: Path) -> str:
        """Return a key for a file that no other file has."""
        taken = {*self.reads, *self.writes, *(key.removesuffix("_file") for key in self.writes)}
        key = base = re.sub(r"\W+", "_", path.stem).strip("_") or "file"
        while key in taken:
            key = f"{base}_{len(taken)}"
        return key

    def name(self, text: str) -> str:
        """Return what stands for a text in the code of a task; nothing if it names no file."""
        inside, path = neat(text), self.path(text)
        if inside in self.written:
            return f'"{MARK}{self.written[inside]}"'
        seen = any(inside in names for names in self.opened.values())
        if neat(os.path.dirname(text)) in self.folders or path.name in self.folders:
            return ""
        if not path.is_file() or not (seen or not self.opened or path.suffix in UNSEEN):
            return ""
        keys = (key for key, known in self.reads.items() if known == path)
        key = next(keys, None) or self.new_key(path)
        self.reads[key] = path
        return f'"{MARK}{key}"'

    def rewrite(self, statements: list[Statement], cells: list[Any]) -> None:
        """Let cells name their files by marks."""
        known, glue = constants_in(statements), glue_in(statements)
        self.folders |= {neat(name) for name in folders_in(statements, known) if name}
        for number, cell in enumerate(cells, 1):
            own = [item for item in statements if item.cell == number and item.node]
            edits = [e for item in own for e in Finder(item, self.name, known, glue).edits]
            if cell.cell_type == "code":
                lines = edited(cell.source, edits).splitlines()
                cell.source = "\n".join(map(self.shell, lines))

    def shell(self, line: str) -> str:
        """Return a line for the shell that names its files by marks; any other as it is."""
        if line.lstrip()[:1] == "!":
            words = re.split(r"(\s+)", line)
            return "".join((word and self.name(word).strip('"')) or word for word in words)
        return re.sub(r"^(\s*%cd\s+)(?:\.\./)+", r"\1./", line)

    def place(self, key: str) -> str:
        """Return where in the project a file is, or is to be copied to."""
        path = self.reads[key]
        if root() in path.parents:
            return path.relative_to(root()).as_posix()
        place = Path("data", "raw", path.name)
        if (root() / place).exists() and (root() / place).read_bytes() != path.read_bytes():
            place = place.with_name(f"{self.notebook.stem}_{path.name}")
        return place.as_posix()

    def loose(self, cells: list[int]) -> dict[str, bool]:
        """Return what was opened in some cells by names that code puts together."""
        found = {n: way for cell in cells for n, way in self.opened.get(cell, {}).items()}
        marked = {*self.reads.values()}
        return {
            name: way
            for name, way in found.items()
            if name not in self.written and self.path(name) not in marked
        }

    def copies(self) -> dict[Path, bytes]:
        """Read what the project needs: where to -> what is to be there."""
        found = {self.place(key): path for key, path in self.reads.items()}
        loose = self.loose([*self.opened])
        found |= {in_project(n): self.path(n) for n, way in loose.items() if not way}
        if not self.opened:  # nothing has run: all that the user named
            for path in self.data:
                name = in_project(os.path.relpath(path, self.notebook.parent))
                files = [path] if path.is_file() else path.rglob("*")
                found |= {neat(Path(name, file.relative_to(path))): file for file in files}
        new = {root() / place: path for place, path in found.items() if path.is_file()}
        kept = {root() / in_project(os.path.dirname(n)) for n, way in loose.items() if way}
        folders = {folder / ".gitkeep": b"" for folder in kept if folder != root()}
        return {p: path.read_bytes() for p, path in new.items() if p != path} | folders

    def use(self, text: str, task: Any, upstream: set[str]) -> str:
        """Return code that takes its files from the pipeline; note them in the task."""

        def replace(match: re.Match[str]) -> str:
            key, name = match[2], task.part.name
            if key in self.reads:
                task.resources[key] = self.place(key)
                return f'resources_["{key}"]' if match[1] else self.place(key)
            writer = self.writers.setdefault(key, name)
            if writer == name:
                task.products[key] = f"{name}/{self.writes[key]}"
                return f'product["{key}"]'
            upstream.add(writer)
            return f'upstream["{writer}"]["{key}"]'

        return MARKED.sub(replace, text)

    def watch(self, task: Any, upstream: set[str]) -> None:
        """Let a task be built anew when what it reads by other names changes."""
        for name, written in self.loose(task.part.cells).items():
            writer = self.writers.setdefault(name, task.part.name) if written else None
            writer = writer or self.writers.get(name)
            if writer and writer != task.part.name:
                upstream.add(writer)
            elif not writer and self.path(name).is_file():
                task.resources[self.new_key(Path(f"{len(task.resources)}_{name}"))] = in_project(
                    name
                )


def neat(path: str | Path) -> str:
    """Return a path without detours, with slashes."""
    return Path(os.path.normpath(path)).as_posix()


def in_project(name: str) -> str:
    """Return where in the project a file lies that code names from the notebook's folder."""
    return re.sub(r"^(\.\./)+", "", neat(name))


def is_data(path: str, place: Path) -> bool:
    """Tell whether a file that a run opened is data, of its folder or of one above."""
    top = place.parents[5]
    return top in Path(path).parents and Path(path).suffix not in {".py", ".pyc"}


def shell_words(cells: list[Any]) -> Iterator[str]:
    """Yield the words of all `!` lines, some of which may name files."""
    for line in (line for cell in cells for line in cell.source.splitlines()):
        yield from line.split()[1:] if line.lstrip()[:1] == "!" else ()
