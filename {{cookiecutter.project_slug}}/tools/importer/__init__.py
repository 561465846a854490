"""Turn an old notebook into tasks of this project, and prove that they do the same.

    python tools import analysis.ipynb --dry-run    show the parts, and what flows between them
    python tools import analysis.ipynb              run it, split it, build it and compare

The notebook runs first as it is, in a folder of its own. Each part below a heading of the first
two levels becomes a task; its functions move to src/, with tests. Nothing is overwritten.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools import requirements
from tools.importer import files as data_files
from tools.importer.flow import Flow
from tools.importer.local import find_modules, take_pictures
from tools.importer.movable import find_movable
from tools.importer.parts import Part, split
from tools.importer.prove import prove
from tools.importer.run import DoesNotRun, execute, prepare
from tools.importer.scripts import PACKAGE, Files, make_task
from tools.importer.show import kept_functions, show
from tools.importer.store import Refused, check_new, journal, store


def main(arguments: list[str] | None = None) -> int:
    """Import a notebook; return 0 only if its tasks show the same as it does."""
    parser = argparse.ArgumentParser(
        prog="python tools import",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebook", type=Path, help="the notebook, which stays as it is")
    parser.add_argument(
        "--data", type=Path, nargs="+", default=[], metavar="PATH", help="what else it reads"
    )
    parser.add_argument(
        "--split", default="", metavar="3,7,12", help="cells that begin a part, counted from 1"
    )
    parser.add_argument("--no-run", action="store_true", help="go on without running it")
    parser.add_argument("--dry-run", action="store_true", help="show the parts, write nothing")
    options = parser.parse_args(arguments)
    try:
        return Import(options).run()
    except (Refused, DoesNotRun) as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Type the same again: what was written is taken back first.")
        return 130


class Import:
    """The import of one notebook.

    Parameters
    ----------
    options
        What the command line asks for.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.path = options, options.notebook.resolve()
        self.notebook = load(self.path)
        self.cells = self.notebook.cells
        self.data = [path.resolve() for path in options.data]
        missing = [path for path in options.data if not path.exists()]
        if missing:
            raise Refused(f"There is no {missing[0]}")

    def run(self) -> int:
        """Import it; return the exit code."""
        options = self.options
        if not options.dry_run:
            check_new(self.path)
        starts = [int(number) for number in re.findall(r"\d+", options.split)]
        try:
            parts = split(self.cells, starts)
        except SyntaxError as error:
            raise Refused(
                f"{error.filename} is no Python: line {error.lineno}: {error.msg}"
            ) from None
        statements = [item for part in parts for item in part.statements]
        modules = find_modules([item.node for item in statements], self.path.parent)
        module = module_name(self.path, modules)
        files = data_files.find_reads(statements, self.cells, self.path, self.data)
        with tempfile.TemporaryDirectory() as folder:
            place = prepare(self.path, [*self.data, *modules.values()], Path(folder))
            original, seen = None, {}
            if not options.no_run:
                original, seen = self.execute(parts, place)
                data_files.find_writes(statements, files, place)
            calls = {path.stem: path.read_bytes() for path in place.glob(".import/*.pickle")}
        flow = self.flow(parts, files, seen)
        name_parts(flow.parts, self.path)
        tasks = [make_task(flow, n, self.cells, module, files) for n in range(len(flow.parts))]
        for task in tasks:
            task.images = take_pictures(task.cells, self.path.parent, task.part.name)
        show(tasks, flow, self.path)
        if options.dry_run:
            return 0
        copies, left = data_files.find_copies(files, self.path, self.data)
        notes = store(self.path, module, tasks, flow, calls, modules, copies)
        notes += kept_functions(statements, flow)
        notes += [f"A picture is now tasks/images/{name}" for task in tasks for name in task.images]
        code = prove(tasks, original, left + notes, lambda: self.run_again(modules))
        requirements.main(["--write"])
        journal(self.path).unlink()
        return 1 if left else code

    def run_again(self, modules: dict[str, Path]) -> Any:
        """Run the notebook once more, to see what varies by itself."""
        with tempfile.TemporaryDirectory() as folder:
            place = prepare(self.path, [*self.data, *modules.values()], Path(folder))
            return execute(self.notebook, place, [], set(), {})[0]

    def flow(self, parts: list[Part], files: Files, seen: dict[int, dict[str, Any]]) -> Flow:
        """Find what flows between the parts."""
        named = [
            name
            for part in parts
            for item in part.statements
            if {*files.reads, *files.writes} & {*data_files.named([item])}
            for name in item.binds
        ]
        return Flow(parts, find_movable(parts, set(named)), seen)

    def execute(self, parts: list[Part], place: Path) -> tuple[Any, dict[int, dict[str, Any]]]:
        """Run the notebook, looking at what flows between its parts."""
        print(f"Running {self.path.name} as it is ...", flush=True)
        flow = Flow([Part(part.name, part.cells, part.statements) for part in parts], [], {})
        names = sorted({name for part in flow.parts for name in part.needs})
        functions: dict[int, list[str]] = {}
        for item in (item for part in parts for item in part.statements):
            if item.kind == "function":
                functions.setdefault(item.cell, []).extend(item.binds)
        ends = {0, *(part.cells[-1] for part in parts)}
        try:
            return execute(self.notebook, place, names, ends, functions)
        except DoesNotRun as error:
            raise DoesNotRun(
                f"{self.path.name} does not run by itself any more:\n  {error}\n"
                "Mend it, name what it reads with --data, or go on regardless with --no-run."
            ) from None


def load(path: Path) -> Any:
    """Read a notebook with code in Python, of any format."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise Refused(f"There is no {path}") from None
    except Exception as error:
        raise Refused(f"{path.name} is no notebook: {error}".splitlines()[0]) from None
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise Refused(f"{path.name} is in {language}; only Python can be imported")
    return notebook


def module_name(path: Path, taken: Iterable[str] = ()) -> str:
    """Return a name for the module of the functions, one that no other module has."""
    name = re.sub(r"\W+", "_", path.stem.lower()).strip("_")
    name = name if name.isidentifier() else f"notebook_{name}"
    while name in taken or (
        (module := PACKAGE / f"{name}.py").exists()
        and f"came from {path.name}." not in module.read_text("utf-8")
    ):
        name += "_notebook"
    return name


def name_parts(parts: list[Part], path: Path) -> None:
    """Give every part a name that no other task has."""
    from tools import pipeline_file

    taken = {*pipeline_file.read_tasks()}
    for part in parts:
        name = part.name or module_name(path)
        while name in taken:
            start = f"{module_name(path)}_"
            name = f"{name}_2" if name.startswith(start) else start + name
        taken.add(name)
        part.name = name
