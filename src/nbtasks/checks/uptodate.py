"""Know which tasks have to run, and why: by what products are, not by when they were written."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nbtasks.checks import notes
from nbtasks.checks.fingerprints import digest, fingerprint
from nbtasks.pipeline import options, pipeline_file
from nbtasks.pipeline.tasks import INJECTED, Cell, Task, shorten
from nbtasks.project import imports, root

#: What runs a file, in a line or, as a cell magic, in a whole cell.
RUNS = re.compile(
    r"(?m)^\s*(?:%run\b|%load\b|%%?(?:bash|sh|script|system|sx)\b|!)|[=(]\s*[!%]|"
    r"\b(?:exec|execfile|run_path|run_module|source|sys\.source|system|getoutput|popen|Popen|"
    r"check_output|check_call|call|run)\s*\("
)
#: Names of files that hold code.
CODE = re.compile(r"[\w./\\~-]+\.(?:py|ipynb|ipy|r|R|sh|sql|jl|pl)\b")
#: How a fingerprint of what pipeline.yaml passes to the functions that make clients is called.
PASSED = "clients in pipeline.yaml"


def functions_of(task: Task) -> dict[str, str]:
    """Return the project's modules that a task, with its cells, uses; a fingerprint of each.

    For a function, of its own module only what it uses counts.
    """
    used: dict[str, str] = {}
    for module, name in task.functions:
        used |= functions_of_function(module, name)
    for path, passed in makers_of_clients(task):
        module, _, name = path.rpartition(".")
        used |= functions_of_function(module, name)
        used |= {PASSED: passed} if passed else {}
    if task.source.cells:
        own = (task.folder,) if task.folder else ()
        trees = [imports.parse_cell(text) for text in task.source.code()]
        run = files_run(task.source.code(), (*own, root()))
        trees += [imports.read(path)[0] for path in run.values() if path.suffix == ".py"]
        used |= imports.follow(trees, folders=(*own, *imports.places()))
        used |= {name: fingerprint(path) or "" for name, path in run.items()}
        if task.source.language == "python":
            used[notes.SCRIPT] = fingerprint_of_cells(task.source.cells)
    return used


def makers_of_clients(task: Task) -> Iterator[tuple[str, str]]:
    """Yield the functions that make clients of a task, such as a connection to a database.

    Each by its dotted path, with a fingerprint of what is passed to it, "" for nothing. Ploomber
    calls them before it hands over the pipeline, and forgets which they were; so they are read
    from pipeline.yaml. Where files are copied to does not count: they are the same there.
    """
    is_file = all(product.path is not None for product in task.products.values())
    if not task.has_client and is_file:
        return
    pipeline = pipeline_file.read(options.pipeline_path())
    kinds = task.kinds - {"File"}
    given = [(pipeline.get("clients") or {}).get(kind) for kind in sorted(kinds)]
    for entry in pipeline.get("tasks") or []:
        if fnmatchcase(task.name, pipeline_file.pattern(pipeline_file.name_of(entry))):
            given += [entry.get("client"), None if is_file else entry.get("product_client")]
    for spec in filter(None, given):
        passed = dict(spec) if isinstance(spec, dict) else {"dotted_path": spec}
        path = str(passed.pop("dotted_path"))
        yield path, digest(repr(passed)) if passed else ""


def fingerprint_of_cells(cells: Iterable[Cell]) -> str:
    """Return a fingerprint of what a notebook does and shows.

    Line breaks, quotes and spaces of code do not count, as a formatter sets them; comments,
    texts and tags do.
    """
    parts = [[*meaning(cell), *sorted(cell.tags)] for cell in cells if INJECTED not in cell.tags]
    return digest(repr([part for part in parts if part]))


def meaning(cell: Cell) -> Iterator[str]:
    """Yield what a cell does, and the comments in it; a text line by line."""
    if cell.is_code:
        try:
            yield ast.dump(ast.parse(cell.text))
            for token in tokenize.generate_tokens(io.StringIO(cell.text).readline):
                if token.type == tokenize.COMMENT:
                    yield token.string.lstrip("#! ").rstrip()
            return
        except (SyntaxError, ValueError, tokenize.TokenError):  # magics, another language
            pass
    yield from (line.rstrip() for line in cell.text.strip().splitlines())


def files_run(cells: Iterable[str], folders: tuple[Path, ...]) -> dict[str, Path]:
    """Return the files of the project that cells run, and those that these run, by their names.

    ``%run helpers.py``, ``exec(open("x.py").read())``, ``!python x.py``, ``source("x.R")`` and the
    like: no import tells of these. `folders` are those in which such names may begin.
    """
    waiting, found = [name for cell in cells for name in names(cell)], {}
    while waiting:
        name = waiting.pop()
        for path in ((folder / name).resolve() for folder in folders):
            if path.is_file() and path.is_relative_to(root()):
                if shorten(path) not in found:
                    found[shorten(path)] = path
                    waiting += names(path.read_text(encoding="utf-8", errors="replace"))
                break
    return found


def names(text: str) -> Iterator[str]:
    """Yield the files of code that a cell or a file names where it runs something."""
    lines = [text] if text.lstrip().startswith("%%") else text.splitlines()
    for line in lines:
        if RUNS.search(line):
            yield from CODE.findall(line)


def functions_of_function(module: str, name: str) -> dict[str, str]:
    """Return what a function uses: parts of its own module, and the modules they import."""
    found = [file for _, file in imports.find_modules(module)]
    used = {shorten(file): imports.read(file)[1] for file in found}
    if found:
        parts = imports.parts_used(imports.read(found[-1])[0], name)
        used[shorten(found[-1])] = digest("".join(ast.dump(node) for node in parts))
        used = imports.follow(parts, module.rpartition(".")[0]) | used
    return used


def find_reason(
    task: Task, functions: Mapping[str, str], other_code: Callable[[], str]
) -> str | None:
    """Return why a task, which uses these functions now, has to run by itself; None if not.

    `other_code` tells what the engine takes for changed: ``SCRIPT``, ``RESOURCES`` or "".
    """
    known = [product.noted for product in task.products.values()]
    if reason := next((data[notes.OUTDATED] for data in known if notes.OUTDATED in data), None):
        return str(reason)
    if any(data.get("timestamp") is None for data in known):
        there = all(p.path is None or p.path.exists() for p in task.products.values())
        has_files = any(p.path is not None for p in task.products.values())
        return "no note of how it was made" if there and has_files else "never run"
    noted = notes.find_note(known)
    if changed := notes.changed_parameters(task, known[0]):
        return f"parameter {', '.join(changed)}"
    other = other_code()
    if other == notes.RESOURCES or (other and not is_judged_here(task, noted, functions)):
        return other
    return notes.compare(task, noted, functions) if noted else "no note of how it was made"


def is_judged_here(
    task: Task, noted: Mapping[str, Any] | None, functions: Mapping[str, str]
) -> bool:
    """Tell whether our note has the source of a task, formatted in any way."""
    if notes.SCRIPT in functions:
        return noted is not None and notes.SCRIPT in noted.get("functions", {})
    return bool(task.functions) and all(
        any(imports.find_modules(module)) for module, _ in task.functions
    )
