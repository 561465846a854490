"""Find the files that a notebook reads and writes, and bring the data into the project."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtasks.importer.outside import constants_in, fold, in_project, neat, starts_in, texts_of
from nbtasks.importer.run import beside
from nbtasks.importer.statements import Statement, as_python
from nbtasks.importer.syntax import Edit, edited, replacing
from nbtasks.project import root

#: What stands for a file in rewritten code, before its task is known.
MARK = "nbtasks-file:"
MARKED = re.compile(rf"""(["']?){MARK}(\w+)\1""")
#: What other code than Python's opens, unseen.
UNSEEN = {".parquet", ".feather", ".orc", ".h5", ".hdf", ".nc", ".png", ".jpg", ".jpeg", ".tif"}
#: Steps up at the start of a text: what is read there lies in the project's folder later.
UP = re.compile(r"""(?<=["'])(?:\.\./)+|(?<=["'])\.\.(?=["'])|(?<=^%cd )(?:\.\./)+""")


@dataclass
class Files:
    """Files that a notebook reads and writes, by the keys that they get."""

    notebook: Path = Path()
    data: list[Path] = field(default_factory=list)  #: that the user named
    reads: dict[str, Path] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)  #: key -> path of the product
    written: dict[str, str] = field(default_factory=dict)  #: what the run wrote -> key
    writers: dict[str, str] = field(default_factory=dict)  #: key or path -> task that wrote it
    #: Last cell of a part -> what was opened in it, from the notebook's folder -> written?
    opened: dict[int, dict[str, bool]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)  #: what is opened by a text of the code
    starts: tuple[str, ...] = ()  #: what paths begin with that code puts together

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
        lines = [line.split() for cell in cells for line in cell.source.splitlines()]
        self.named = {word for line in lines if line and line[0][0] == "!" for word in line[1:]}
        for text in [*texts_of(statements), *self.named]:
            for name in (text, os.path.dirname(text.partition("*")[0])):
                path = self.path(name)
                own = path in (self.notebook, folder, *folder.parents, Path.home())
                if name and path.exists() and not own and not os.path.isabs(name):
                    needed[name] = path
        return needed

    def note(self, seen: dict[int, Any], statements: list[Statement]) -> None:
        """Note what a run opened, and what it wrote that the code names."""
        texts = {*texts_of(statements)}
        for end, values in seen.items():
            opened = self.opened.setdefault(end, {})
            for typed, path, way in values.pop("opened files"):
                name = neat(path)
                if re.search(r"\.pyc?$", name):
                    continue
                opened[name] = opened.get(name, False) or way
                self.named |= {typed} & texts
                if way and typed in texts and name not in self.written:
                    key = self.new_key(Path(path))
                    self.written[name] = f"{key}_file"
                    self.writes[f"{key}_file"] = f"{key}{Path(path).suffix}"

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
        if text.startswith(self.starts) or not path.is_file():
            return ""
        if text not in self.named and path.suffix not in UNSEEN:
            return ""
        keys = (key for key, known in self.reads.items() if known == path)
        key = next(keys, None) or self.new_key(path)
        self.reads[key] = path
        return f'"{MARK}{key}"'

    def edits(self, node: ast.AST, known: dict[str, Any]) -> Iterator[Edit]:
        """Yield the edits that let an expression, and what is in it, name files by marks."""
        value = None if isinstance(node, ast.Name) else fold(node, known)
        if value is not None and (mark := self.name(str(value))):
            make = re.match(r"(pathlib\.)?Path(?=\()|", ast.unparse(node))[0]
            is_path = isinstance(value, Path)
            yield replacing(node, f"{make or 'Path'}({mark})" if is_path else mark)
        elif not isinstance(node, ast.JoinedStr):
            for child in ast.iter_child_nodes(node):
                yield from self.edits(child, known)

    def rewrite(self, statements: list[Statement], cells: list[Any]) -> None:
        """Let cells name their files by marks."""
        known, self.starts = constants_in(statements), starts_in(statements)
        for number, cell in enumerate(cells, 1):
            if cell.cell_type == "code":
                own = [item.node for item in statements if item.cell == number and item.node]
                edits = [edit for node in own for edit in self.edits(node, known)]
                text = edited(cell.source, edits, as_python(cell.source))
                cell.source = "\n".join(map(self.shell, text.splitlines()))

    def shell(self, line: str) -> str:
        """Return a line with paths as they are in the project; one for the shell by marks, too."""
        if line.lstrip()[:1] == "!":
            words = re.split(r"(\s+)", line)
            line = "".join((word and self.name(word).strip('"')) or word for word in words)
        return UP.sub("./", line)

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
        whole = {n for n in found if n in self.written or self.path(n) in self.reads.values()}
        return {name: way for name, way in found.items() if name not in whole}

    def copies(self) -> dict[Path, bytes]:
        """Read what the project needs: where to -> what is to be there."""
        found = {self.place(key): path for key, path in self.reads.items()}
        loose = self.loose([*self.opened])
        found |= {in_project(n): self.path(n) for n, way in loose.items() if not way}
        new = {root() / place: path for place, path in found.items() if path.is_file()}
        kept = {root() / in_project(os.path.dirname(n)) for n, way in loose.items() if way}
        new |= {folder / ".gitkeep": Path(os.devnull) for folder in kept - {root()}}
        return {target: path.read_bytes() for target, path in new.items() if target != path}

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
            mine = task.part.name
            writer = self.writers.setdefault(name, mine) if written else self.writers.get(name)
            if writer and writer != mine:
                upstream.add(writer)
            elif not writer and self.path(name).is_file():
                key = self.new_key(Path(f"{len(task.resources)}_{name}"))
                task.resources[key] = in_project(name)
