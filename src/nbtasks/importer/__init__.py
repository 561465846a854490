"""Turn an old notebook into tasks of this project, and prove that they do the same.

    nbtasks import analysis.ipynb --dry-run    show the parts, and what flows between them
    nbtasks import analysis.ipynb              run it, split it, build it and compare

The notebook runs first as it is, in a folder of its own. Each part below a heading of the first
two levels becomes a task; its functions move to src/, with tests. Nothing is overwritten.

The room: it uses `engine`, to build what it has made, `environment` and what is below them.
"""

import argparse
import copy
import re
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from nbtasks import notebooks
from nbtasks.environment import lock, requirements
from nbtasks.errors import NbtasksError, Refusal
from nbtasks.importer import store
from nbtasks.importer.cells import readable, without_downloads
from nbtasks.importer.files import MARK, Files
from nbtasks.importer.flow import Flow
from nbtasks.importer.functions import find_movable, functions_of, tests_of
from nbtasks.importer.names import module_name, name_parts, suggest
from nbtasks.importer.outside import find_modules, take_pictures, use_modules
from nbtasks.importer.parts import Part, every, split
from nbtasks.importer.prove import prove
from nbtasks.importer.run import DoesNotRun, execute
from nbtasks.importer.scripts import make_task
from nbtasks.importer.show import advise, show
from nbtasks.project import package, root


def main(arguments: list[str] | None = None) -> int:
    """Import a notebook; return 0 only if its tasks show the same as it does."""
    parser = argparse.ArgumentParser(
        prog="nbtasks import",
        description=__doc__.partition("\n\nThe room:")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, yes = parser.add_argument, {"action": "store_true"}
    add("notebook", type=Path, help="the notebook, which stays as it is")
    add("--data", type=Path, nargs="+", default=[], metavar="PATH", help="what it reads or imports")
    add("--split", default="", metavar="3,7,12", help="cells that begin a part, counted from 1")
    add("--no-run", **yes, help="go on without running it")
    add("--dry-run", **yes, help="show the parts, write nothing")
    options = parser.parse_args(arguments)
    try:
        return Import(options).run()
    except NbtasksError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. This takes back what was written: {store.TAKE_BACK}")
        return 130


class Import:
    """The import of one notebook."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.path = options, options.notebook.resolve()
        if missing := [p for p in (options.notebook, *options.data) if not p.exists()]:
            raise Refusal(f"There is no {missing[0]}")
        self.notebook = load(self.path)
        if not options.dry_run:
            store.check_new(self.path)
        data = [path.resolve() for path in options.data]
        given = {path.name for path in data if path.is_file() and path.suffix != ".py"}
        for cell in self.notebook.cells:
            cell.source = without_downloads(cell.source, given)
        self.new = copy.deepcopy(self.notebook.cells)
        for cell in self.new:
            cell.source = readable(cell.source, cell.metadata.get("tags", []))
        self.parts = self.split()
        nodes = [item.node for item in every(self.parts) if item.node is not None]
        folders = [self.path.parent, *(path.parent for path in data if path.suffix == ".py")]
        self.modules = find_modules(nodes, folders)
        self.files = Files(self.path, data)
        self.needed = self.files.needed(every(self.parts), self.new)
        self.needed |= self.modules

    def split(self) -> list[Part]:
        """Split the notebook as it is rewritten so far."""
        try:
            return split(self.new, [int(n) for n in re.findall(r"\d+", self.options.split)])
        except SyntaxError as error:
            what = f"{error.filename} is no Python: line {error.lineno}: {error.msg}"
            raise Refusal(what) from None

    def run(self) -> int:
        """Import it; return the exit code."""
        original, seen, examples = (None, {}, {}) if self.options.no_run else self.look()
        self.files.rewrite(every(self.parts), self.new)
        self.parts = self.split()
        name_parts(self.parts, self.path)
        marked = {n for item in every(self.parts) if MARK in item.text for n in item.binds}
        flow = Flow(self.parts, find_movable(self.parts, marked), seen)
        modules = [name.partition("/")[0].removesuffix(".py") for name in self.modules]
        module = module_name(self.path, modules)
        numbers = range(len(flow.parts))
        tasks = [make_task(flow, number, self.new, module, self.files) for number in numbers]
        for task in tasks:
            task.images = take_pictures(task.cells, self.path.parent, task.part.name)
        show(tasks, flow, self.path)
        advice = suggest(flow.parts[0], self.new) if len(flow.parts) == 1 else ""
        if advice and not self.options.split:
            print(f"  One task, as there are no headings. Where least flows:\n  {advice}")
        if self.options.dry_run:
            return 0
        if any(part.unresolved for part in flow.parts):
            raise Refusal("Nothing was written: Ploomber builds nothing with names like these.")
        code = {package() / name: file.read_text("utf-8") for name, file in self.modules.items()}
        code |= functions_of(flow, module, self.path.name)
        code |= {
            root() / "tasks" / f"{task.part.name}.py": notebooks.to_script({"cells": task.cells})
            for task in tasks
        }
        code = {f: use_modules(t, modules, package().name) for f, t in code.items()}
        code |= tests_of(flow, module, examples)
        images = root() / "tasks" / "images"
        new = {images / name: data for task in tasks for name, data in task.images.items()}
        new |= {file: text.encode() for file, text in code.items()} | self.files.copies()
        store.store(self.path, tasks, flow, new)
        notes = [*advise(tasks, flow, self.files, examples)]
        again = partial(execute, self.notebook, self.needed)
        return self.end(*prove(self.path, tasks, original, notes, again))

    def end(self, built: bool, same: bool) -> int:
        """Declare and lock what the new code imports, or say how to go back; say what is next."""
        if not built:
            print("The build failed: see above. What was written is there to look at, and to mend.")
            print(f"This takes it back, for another try: {store.TAKE_BACK}")
            return 1
        if lacks := requirements.compare().files():
            requirements.write([requirements.with_floor(name) for name in sorted(lacks)])
        try:
            if lock.check():
                lock.write([])
        except lock.LockError as error:
            print(f"{error} Next: nbtasks lock")
        print("Next: python -m pytest, git add --all, git commit")
        return 0 if same else 1

    def look(self) -> tuple[Any, dict[int, dict[str, Any]], dict[str, Any]]:
        """Run the notebook; see what flows between its parts, and examples of its functions."""
        print(f"Running {self.path.name} as it is ...", flush=True)
        flow = Flow([Part(part.name, part.cells, part.statements) for part in self.parts], [], {})
        names = sorted({name for part in flow.parts for name in part.needs})
        functions = [n for i in every(self.parts) if i.kind == "function" for n in i.binds]
        ends = {part.cells[-1] for part in self.parts}
        try:
            original, seen, examples = execute(self.notebook, self.needed, names, ends, functions)
        except DoesNotRun as error:
            raise DoesNotRun(
                f"{self.path.name} does not run by itself any more:\n  {error}\n"
                "Mend it, name what it reads with --data, or go on regardless with --no-run."
            ) from None
        self.files.note(seen, every(self.parts))
        return original, seen, examples


def load(path: Path) -> Any:
    """Read a notebook with code in Python, of any format."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise Refusal(f"{path.name} is no notebook: {error}".splitlines()[0]) from None
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise Refusal(f"{path.name} is in {language}; only Python can be imported")
    return notebook
