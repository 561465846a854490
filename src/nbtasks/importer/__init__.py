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
from nbtasks.importer.outside import find_modules, take_pictures, use_modules
from nbtasks.importer.parts import Part, every, split
from nbtasks.importer.prove import prove
from nbtasks.importer.run import execute
from nbtasks.importer.scripts import make_task
from nbtasks.importer.words import advise, module_name, name_parts, show, suggest
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
        self.at = [int(number) for number in re.findall(r"\d+", options.split)]
        if missing := [p for p in (options.notebook, *options.data) if not p.exists()]:
            raise Refusal(f"There is no {missing[0]}")
        try:
            self.notebook = nbformat.read(self.path, as_version=4)
        except Exception as error:
            raise Refusal(f"{self.path.name} is no notebook: {error}".splitlines()[0]) from None
        if self.notebook.metadata.get("kernelspec", {}).get("language", "python") != "python":
            raise Refusal(f"{self.path.name} is not in Python, and can't be imported")
        if not options.dry_run:
            store.check_new(self.path)
        data = [path.resolve() for path in options.data]
        given = {path.name for path in data if path.is_file() and path.suffix != ".py"}
        for cell in self.notebook.cells:
            cell.source = without_downloads(cell.source, given)
        self.new = copy.deepcopy(self.notebook.cells)
        for cell in self.new:
            cell.source = readable(cell.source, cell.metadata.get("tags", []))
        self.parts = split(self.new, self.at)
        nodes = [item.node for item in every(self.parts) if item.node is not None]
        folders = [self.path.parent, *(path.parent for path in data if path.suffix == ".py")]
        self.modules = find_modules(nodes, folders)
        self.files = Files(self.path, data)
        self.needed = self.files.needed(every(self.parts), self.new) | self.modules

    def run(self) -> int:
        """Import it; return the exit code."""
        original, seen, examples = self.look()
        self.files.rewrite(every(self.parts), self.new)
        self.parts = split(self.new, self.at)
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
        code |= functions_of(flow, module, self.path.name) | tests_of(flow, module, examples)
        new, folder = self.files.copies(), root() / "tasks"
        for task in tasks:
            code[folder / f"{task.part.name}.py"] = notebooks.to_script({"cells": task.cells})
            new |= {folder / "images" / name: data for name, data in task.images.items()}
        for file, text in code.items():
            new[file] = use_modules(text, modules, package().name).encode()
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
        names = {name for part in flow.parts for name in part.needs}
        functions = [n for i in every(self.parts) if i.kind == "function" for n in i.binds]
        ends = {part.cells[-1] for part in self.parts}
        found = execute(self.notebook, self.needed, names, ends, functions)
        self.files.note(found[1], every(self.parts))
        return found
