"""Check that requirements.txt names what tasks/ and src/ import, no less and no more."""

import argparse
import ast
import contextlib
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from nbtasks import notebooks
from nbtasks.environment import declared, lock, missing, packages
from nbtasks.environment.missing import Comparison
from nbtasks.pipeline import pipeline_file
from nbtasks.project import imports, root

#: The magic that imports an extension, but for those of IPython itself.
EXTENSION = re.compile(r"(?m)^\s*(?:# ?)?%load_ext\s+(?!(?:autoreload|storemagic)\b)([\w.]+)")


def folders() -> list[Path]:
    """Return the folders whose imports are to be declared."""
    return [root() / "tasks", root() / "src"]


def submodules() -> set[Path]:
    """Return the folders of git submodules, those too that are not checked out."""
    text = declared.read_text(root() / ".gitmodules")
    return {root() / path.strip() for path in re.findall(r"(?m)^\s*path\s*=(.*)$", text)}


def find_files(folder: Path, skip: set[Path]) -> Iterator[Path]:
    """Yield the scripts, modules and notebooks below a folder that are the project's own.

    Those of other repositories, of environments and of hidden folders are not.
    """
    for path, names, files in os.walk(folder):
        here = Path(path)
        if here in skip or ({".git", "pyvenv.cfg"} & {*names, *files} and here != root()):
            names.clear()
            continue
        names[:] = sorted(name for name in names if name[0] != "." and name != "__pycache__")
        yield from (here / name for name in sorted(files) if name.endswith((".py", ".ipynb")))


def read_cells(path: Path) -> list[str]:
    """Return the code of a file: that of a module or script, or the cells of a notebook."""
    if path.suffix in (".ipynb", ".md"):
        notebook = notebooks.read_notebook(path)
    else:
        text = notebooks.read_text(path) or ""
        with contextlib.suppress(SyntaxError):
            ast.parse(text)
            return [text]
        notebook = notebooks.to_notebook(text)  # one of its cells has a magic or a command
    if notebook is None or not notebooks.is_python(notebook):
        return []
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def modules_of(path: Path) -> set[str]:
    """Return the dotted names of what a file imports; raise SyntaxError if it can't be read."""
    folder = next(folder for folder in folders() if path.is_relative_to(folder))
    package = ".".join(path.parent.relative_to(folder).parts) or folder.name
    found: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python, on escapes in texts
        for cell in read_cells(path):
            found.update(imports.imported_names(ast.parse(imports.to_python(cell)), package))
            found.update(EXTENSION.findall(cell))
    return {name for name in found if name}


def read_imports() -> tuple[dict[str, set[str]], list[str]]:
    """Return the files that import each module, by its dotted name, and what can't be read."""
    found: dict[str, set[str]] = {}
    problems, skip = [], submodules()
    paths = [path for folder in folders() for path in find_files(folder, skip)]
    paths += [path for path, _ in sources() if path.suffix == ".md" and path.is_file()]
    for path in paths:
        name = path.relative_to(root()).as_posix()
        try:
            for module in modules_of(path):
                found.setdefault(module, set()).add(name)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "text", None) or ""
            reason = f"{getattr(error, 'msg', error)} {line.strip()}"
            reason = reason.replace(f"{root().as_posix()}/", "").removeprefix(f"{name} ")
            problems.append(f"{name} can't be read, so its imports are unknown: {reason}")
    return found, problems


def read_foreign() -> tuple[dict[str, set[str]], list[str]]:
    """Return the same, without the modules of Python and of the project."""
    found, problems = read_imports()
    tops = {module.partition(".")[0] for module in found}
    ours = find_local(tops - packages.PYTHON) | packages.PYTHON
    found = {name: files for name, files in found.items() if name.partition(".")[0] not in ours}
    return found, problems


def sources() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the source of each task of all pipelines, and its entry."""
    for path in root().glob("pipeline*.yaml"):
        for task in pipeline_file.read_tasks(path).values():
            yield path.parent / str(task["source"]), task


def find_local(names: set[str]) -> set[str]:
    """Return which modules, of those named, are the project's own or of a submodule of it.

    A folder without `__init__.py` gives way to an installed package, as in Python.
    """
    others = submodules()
    places = [root(), root() / "src", *others, *(path / "src" for path in others)]
    run_there = ((place, one.get("local_execution"), one.get("class")) for place, one in sources())
    places += [place.parent for place, local, kind in run_there if local or kind == "ScriptRunner"]
    local = {path.name for path in others} | {path.name.replace("-", "_") for path in others}
    local = {name for name in local if name not in packages.installed()}
    for name in names - local:
        for place in places:
            folder = place / name
            is_folder = folder.is_dir() and name not in packages.installed()
            is_module = (place / f"{name}.py").is_file() or (folder / "__init__.py").is_file()
            if is_module or (is_folder and any(find_files(folder, others))):
                local.add(name)
    return local


def compare() -> Comparison:
    """Return what is missing in requirements.txt, what is too much, and what can't be read."""
    asked = declared.read(declared.requirements_file())
    found, problems = read_foreign()
    lacks = list(missing.find(found, asked))
    unused = [
        name
        for name in set(asked.requirements) - asked.used
        # else nobody knows what it holds
        if packages.is_installed(name) and not missing.is_used(name, asked, found)
    ]
    notes = list(missing.notes(lacks, asked.unknown))
    return Comparison(lacks, sorted(unused) if not problems else [], problems, notes)


def with_lines(data: bytes, lines: Iterable[str]) -> bytes:
    """Return a file of requirements with lines at its end; all others stay as they are."""
    end = b"\r\n" if b"\r\n" in data else b"\n"
    gap = end if data and not data.endswith(b"\n") else b""
    return data + gap + b"".join(line.encode() + end for line in lines)


def write(lines: list[str]) -> None:
    """Add lines to requirements.txt."""
    path = declared.requirements_file()
    path.write_bytes(with_lines(path.read_bytes() if path.exists() else b"", lines))
    print("requirements.txt:", *(f"  + {line}" for line in lines), sep="\n")


def with_floor(package: str) -> str:
    """Return the line that asks for a package, at least as new as the lock has it anywhere."""
    if oldest := lock.oldest(package):
        return f"{package}>={oldest}"
    version = packages.version_in_use(package)
    if version is not None:
        pythons = SpecifierSet(metadata.metadata(package)["Requires-Python"] or "")
        if not pythons.contains(declared.oldest_python()):
            return package
    version = version or packages.newest(package)
    if version is None:
        print(f"{package}: not on PyPI, or PyPI can't be reached; is that its name?")
    return f"{package}>={version}" if version else package


def main(arguments: list[str]) -> int:
    """Compare, and say what differs; return 1 if something is missing or can't be read."""
    parser = argparse.ArgumentParser(prog="nbtasks requirements", description=__doc__)
    parser.add_argument("--write", action="store_true", help="add the lines that are missing")
    options = parser.parse_args(arguments)
    found = compare()
    lacks = found.files()
    if found.problems:
        print(*found.problems, sep="\n")
    if lacks and options.write:
        write([with_floor(name) for name in sorted(lacks)])
        print("Next: nbtasks lock")
        lacks = {}
    missing.explain(lacks, found.unused)
    print(*(f"{note}\n" for note in found.notes), sep="", end="")
    return 1 if lacks or found.problems else 0
