"""Turn an old notebook into tasks of this project, and prove that they do the same.

    nbtasks import analysis.ipynb --dry-run    show the parts, and what flows between them
    nbtasks import analysis.ipynb              run it, split it, build it and compare

The notebook runs first as it is, in a folder of its own. Each part below a heading of the first
two levels becomes a task; its functions move to src/, with tests. Nothing is overwritten.

The room: it uses `engine`, to build what it has made, `environment` and what is below them.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbtasks.environment import requirements
from nbtasks.errors import Refusal
from nbtasks.importer import files, local
from nbtasks.importer.flow import Flow
from nbtasks.importer.movable import find_movable
from nbtasks.importer.parts import Part, split
from nbtasks.importer.prove import prove
from nbtasks.importer.run import DoesNotRun, execute, prepare, read_calls
from nbtasks.importer.scripts import make_task, pictures_of, scripts_of
from nbtasks.importer.show import describe_functions, show
from nbtasks.importer.skeletons import functions_of, tests_of
from nbtasks.importer.store import check_new, journal, store
from nbtasks.project import package


def main(arguments: list[str] | None = None) -> int:
    """Import a notebook; return 0 only if its tasks show the same as it does."""
    parser = argparse.ArgumentParser(
        prog="nbtasks import",
        description=__doc__.partition("\n\nThe room:")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebook", type=Path, help="the notebook, which stays as it is")
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="what it reads or imports",
    )
    parser.add_argument(
        "--split", default="", metavar="3,7,12", help="cells that begin a part, counted from 1"
    )
    parser.add_argument("--no-run", action="store_true", help="go on without running it")
    parser.add_argument("--dry-run", action="store_true", help="show the parts, write nothing")
    options = parser.parse_args(arguments)
    try:
        return Import(options).run()
    except (Refusal, DoesNotRun) as error:
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
        missing = [path for path in options.data if not path.exists()]
        if missing:
            raise Refusal(f"There is no {missing[0]}")
        if not options.dry_run:
            check_new(self.path)
        try:
            self.parts = split(self.cells, [int(n) for n in re.findall(r"\d+", options.split)])
        except SyntaxError as error:
            what = f"{error.filename} is no Python: line {error.lineno}: {error.msg}"
            raise Refusal(what) from None
        self.statements = [item for part in self.parts for item in part.statements]
        nodes = [item.node for item in self.statements if item.node is not None]
        self.data = [path.resolve() for path in options.data]
        folders = [self.path.parent, *(path.parent for path in self.data if path.suffix == ".py")]
        self.modules = local.find_modules(nodes, folders)
        self.files = files.find_reads(self.statements, self.cells, self.path, self.data)

    def run(self) -> int:
        """Import it; return the exit code."""
        original, seen, calls = (None, {}, {}) if self.options.no_run else self.look()
        stay = files.bound_to_files(self.statements, self.files)
        flow = Flow(self.parts, find_movable(self.parts, stay), seen)
        name_parts(flow.parts, self.path)
        module = module_name(self.path, self.modules)
        numbers = range(len(flow.parts))
        tasks = [make_task(flow, number, self.cells, module, self.files) for number in numbers]
        for task in tasks:
            task.images = local.take_pictures(task.cells, self.path.parent, task.part.name)
        show(tasks, flow, self.path)
        if self.options.dry_run:
            return 0
        data = [path for path in self.data if path not in self.modules.values()]
        copies, left = files.find_copies(self.files, self.path, data)
        code = {**scripts_of(tasks), **local.texts_of(self.modules, package())}
        code |= functions_of(flow, module, self.path.name)
        code = {
            f: local.use_modules(text, self.modules, package().name) for f, text in code.items()
        }
        new = {file: text.encode() for file, text in code.items()}
        new |= {**tests_of(flow, module, calls), **pictures_of(tasks), **copies}
        store(self.path, tasks, flow, new)
        notes = [*left, *describe_functions(flow, calls)]
        notes += [f"A picture is now tasks/images/{name}" for task in tasks for name in task.images]
        failed = prove(tasks, original, notes, self.run_again)
        requirements.main(["--write"])
        journal(self.path).unlink()
        return 1 if left else failed

    def look(self) -> tuple[Any, dict[int, dict[str, Any]], dict[str, bytes]]:
        """Run the notebook; see what flows between its parts, and first calls of its functions."""
        print(f"Running {self.path.name} as it is ...", flush=True)
        flow = Flow([Part(part.name, part.cells, part.statements) for part in self.parts], [], {})
        names = sorted({name for part in flow.parts for name in part.needs})
        functions = [item for item in self.statements if item.kind == "function"]
        ends = {part.cells[-1] for part in self.parts}
        try:
            with self.place() as place:
                original, seen = execute(self.notebook, place, names, ends, functions)
                files.find_writes(self.statements, self.files, self.path, place)
                return original, seen, read_calls(place, self.modules)
        except DoesNotRun as error:
            raise DoesNotRun(
                f"{self.path.name} does not run by itself any more:\n  {error}\n"
                "Mend it, name what it reads with --data, or go on regardless with --no-run."
            ) from None

    def run_again(self) -> Any:
        """Run the notebook once more, to see what varies by itself."""
        with self.place() as place:
            return execute(self.notebook, place, [], set(), [])[0]

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Give a folder to run in, with the data."""
        with tempfile.TemporaryDirectory() as folder:
            yield prepare(self.path, [*self.data, *self.modules.values()], Path(folder))


def load(path: Path) -> Any:
    """Read a notebook with code in Python, of any format."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise Refusal(f"There is no {path}") from None
    except Exception as error:
        raise Refusal(f"{path.name} is no notebook: {error}".splitlines()[0]) from None
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise Refusal(f"{path.name} is in {language}; only Python can be imported")
    return notebook


def module_name(path: Path, taken: Iterable[str] = ()) -> str:
    """Return a name for the module of the functions, one that no other module has."""
    name = re.sub(r"\W+", "_", path.stem.lower()).strip("_")
    name = name if name.isidentifier() else f"notebook_{name}"
    while name in taken or (
        (module := package() / f"{name}.py").exists()
        and f"came from {path.name}." not in module.read_text("utf-8")
    ):
        name += "_notebook"
    return name


def name_parts(parts: list[Part], path: Path) -> None:
    """Give every part a name that no other task has."""
    from nbtasks.pipeline import pipeline_file

    taken = {*pipeline_file.read_tasks()}
    for part in parts:
        name = part.name or module_name(path)
        while name in taken:
            start = f"{module_name(path)}_"
            name = f"{name}_2" if name.startswith(start) else start + name
        taken.add(name)
        part.name = name
