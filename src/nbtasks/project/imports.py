"""Find the modules of the project that code imports, by its syntax tree.

An import counts wherever it stands and however it is written. The modules that a module
imports count too.
"""

import ast
import contextlib
import functools
import hashlib
import os
import symtable
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbtasks.project import root

#: How a module is imported by a name that is a text.
BY_TEXT = {"import_module", "__import__"}
#: Magics whose cells are Python.
PYTHON_MAGICS = (["capture"], ["debug"], ["prun"], ["time"], ["timeit"])


def parse(text: str) -> ast.Module:
    """Parse Python code; what can't be parsed, such as another language, counts as empty."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def to_python(cell: str) -> str:
    """Return the Python code of a notebook's cell, which may hold magics and commands.

    A cell in another language has none.
    """
    if cell.lstrip().startswith("%%"):
        first, _, rest = cell.lstrip().partition("\n")
        return to_python(rest) if first.strip("%").split()[:1] in PYTHON_MAGICS else ""
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError):
        from IPython.core.inputtransformer2 import TransformerManager

        with contextlib.suppress(SyntaxError):  # of a language whose lines begin anywhere, as R
            python: str = TransformerManager().transform_cell(cell)
            return python
    return cell


def parse_cell(cell: str) -> ast.Module:
    """Parse the code of a notebook's cell."""
    return parse(to_python(cell))


def imported_names(tree: ast.AST, package: str = "") -> Iterator[str]:
    """Yield the dotted names that code of a package, or of none, imports or may import.

    Such as ``my_pipeline.clean``; for ``from my_pipeline import clean`` that one and
    ``my_pipeline``, since `clean` may be a module or not.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            module = ".".join([*above, node.module or ""]) if node.level else node.module or ""
            yield module.strip(".")
            yield from (f"{module}.{alias.name}".strip(".") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            function = getattr(node.func, "attr", getattr(node.func, "id", ""))
            name = node.args[0]
            if function in BY_TEXT and isinstance(name, ast.Constant):
                text = str(name.value)
                yield f"{package}{text}" if text.startswith(".") else text


def places() -> tuple[Path, ...]:
    """Return where modules of the project may lie."""
    return (root() / "src", root())


def find_modules(name: str, folders: tuple[Path, ...] = ()) -> Iterator[tuple[str, Path]]:
    """Yield name and file of a module of the project and of the packages it lies in."""
    for folder in folders or places():
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            path, dotted = folder.joinpath(*parts[:end]), ".".join(parts[:end])
            if (file := path.with_suffix(".py")).is_file() or (
                file := path / "__init__.py"
            ).is_file():
                yield dotted, file
        if parts[-1] == "*" and folder.joinpath(*parts[:-1]).is_dir():
            for file in sorted(folder.joinpath(*parts[:-1]).glob("*.py")):
                yield ".".join([*parts[:-1], file.stem]), file


@functools.cache
def read(file: Path) -> tuple[ast.Module, str]:
    """Return a module's syntax tree, and a fingerprint of what it does.

    How it is formatted and its comments do not count.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    tree = parse(text)
    does = ast.dump(tree) if tree.body else text
    return tree, hashlib.sha256(does.encode()).hexdigest()


@functools.cache
def imports_of(name: str, file: Path, folders: tuple[Path, ...]) -> frozenset[tuple[str, Path]]:
    """Return name and file of the project's modules that a module imports itself."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    names = imported_names(read(file)[0], package)
    return frozenset(module for found in names for module in find_modules(found, folders))


def follow(
    trees: Iterable[ast.AST], package: str = "", folders: tuple[Path, ...] = ()
) -> dict[str, str]:
    """Return the project's modules that code of a package imports, directly or through others.

    Path of each, from the project's folder -> fingerprint of its text. Modules may lie in the
    folders; none stands for the project and its `src`.
    """
    names = {name for tree in trees for name in imported_names(tree, package)}
    waiting = [module for name in names for module in find_modules(name, folders)]
    found: dict[str, str] = {}
    while waiting:
        name, file = waiting.pop()
        path = Path(os.path.relpath(file, root())).as_posix()
        if path not in found:
            found[path] = read(file)[1]
            waiting += imports_of(name, file, folders)
    return found


def names_bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.alias):
            names.add((part.asname or part.name).partition(".")[0])
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
    return names


@functools.cache
def names_used(node: ast.stmt) -> frozenset[str]:
    """Return the names of its module that a statement uses; those of a function are its own."""
    tables = [symtable.symtable(ast.unparse(node), "", "exec")]
    used = {symbol.get_name() for symbol in tables[0].get_symbols()}
    while tables:
        table = tables.pop()
        tables += table.get_children()
        used |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return frozenset(used)


def is_idle(node: ast.stmt) -> bool:
    """Tell whether a statement is a docstring, or only runs when the module is a program."""
    if isinstance(node, ast.If):
        return "__name__" in (n.id for n in ast.walk(node.test) if isinstance(n, ast.Name))
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def parts_used(tree: ast.Module, name: str) -> list[ast.stmt]:
    """Return the statements of a module that a function in it needs, its own included."""
    bound = [(names_bound(node), node) for node in tree.body if not is_idle(node)]
    needed, used = {name, "*"}, []
    while True:
        left = [(names, node) for names, node in bound if node not in used]
        more = [node for names, node in left if not names or names & needed]
        if not more:
            return [node for node in tree.body if node in used]
        used += more
        needed = needed.union(*map(names_used, more))
