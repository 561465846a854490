"""Where Python code makes a pipeline of Ploomber, and the lines that have it use ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: How code makes a pipeline that we can't write the lines for -> what to do about it.
OTHERS = {
    "DAGSpec": "the two lines belong into the YAML that it reads",
    "DAGConfigurator": "after `.create()`: dag.executor = nbtasks.Executor(), "
    "dag.on_render = nbtasks.on_render",
    "InMemoryDAG": "it has no products, and no use for us",
    "OnlineDAG": "it has no products, and no use for us",
}


def change(text: str) -> tuple[str, list[str]]:
    """Return code with our lines in it, and notes on what is left to do.

    Parameters
    ----------
    text
        The code of a module. As it is returned if it makes no pipeline.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text, []
    lines = text.encode().splitlines(keepends=True)
    notes: list[str] = []
    made = [
        write(lines, text, statement, call, notes) for statement, call in reversed([*calls(tree)])
    ]
    if any(made) and not any(is_import(node, "nbtasks") for node in tree.body):
        found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        number = min(node.lineno for node in found if is_import(node, "ploomber"))
        lines.insert(number - 1, indent(lines[number - 1]) + b"import nbtasks" + end(lines))
    notes += others(tree)
    return b"".join(lines).decode(), notes


def is_import(node: ast.AST, package: str) -> bool:
    """Tell whether a statement imports from a package."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module or ""]
    return any(name.partition(".")[0] == package for name in names)


def calls(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.Call]]:
    """Yield each statement that makes a `DAG` of Ploomber, and the call in it."""
    known = {name for node in ast.walk(tree) if is_import(node, "ploomber") for name in names(node)}
    for node in ast.walk(tree):
        value = getattr(node, "value", None)
        if isinstance(node, ast.stmt) and isinstance(value, ast.Call):
            text = ast.unparse(value.func)
            if text.split(".")[-1] == "DAG" and text.split(".")[0] in known:
                yield node, value


def names(node: ast.AST) -> list[str]:
    """Return the names that an import defines."""
    found = getattr(node, "names", [])
    return [alias.asname or alias.name.partition(".")[0] for alias in found]


def write(
    lines: list[bytes], text: str, statement: ast.stmt, call: ast.Call, notes: list[str]
) -> bool:
    """Write our lines for a pipeline; return whether that is possible, else add a note."""
    given = {word.arg: word.value for word in call.keywords}
    if "nbtasks" in ast.unparse(given.get("executor") or ast.Constant(None)):
        return False
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if not isinstance(target, ast.Name) or statement.end_lineno is None:
        notes.append(f"line {statement.lineno}: pass executor=nbtasks.Executor() here, and set "
                     "`on_render = nbtasks.on_render` of what it returns")  # fmt: skip
        return False
    last = statement.end_lineno - 1
    if f"{target.id}.on_render" in text:
        notes.append(f"line {last + 1}: its on_render has to end with nbtasks.on_render(dag)")
    else:
        hook = f"{target.id}.on_render = nbtasks.on_render".encode()
        lines.insert(last + 1, indent(lines[statement.lineno - 1]) + hook + end(lines))
    ours = f"nbtasks.Executor({workers(given.get('executor'))})".encode()
    if place := given.get("executor"):
        replace(lines, place, ours)
    else:
        start = b", " if call.args or call.keywords else b""
        row, at = (call.end_lineno or 1) - 1, (call.end_col_offset or 1) - 1
        lines[row] = lines[row][:at] + start + b"executor=" + ours + lines[row][at:]
    return True


def replace(lines: list[bytes], node: ast.expr, new: bytes) -> None:
    """Write something in place of an expression."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    tail = lines[last][node.end_col_offset :]
    lines[first : last + 1] = [lines[first][: node.col_offset] + new + tail]


def workers(executor: ast.expr | None) -> str:
    """Return how many tasks run at a time, as our executor is told, where another one is used."""
    text = ast.unparse(executor) if executor else ""
    if "arallel" not in text:
        return '"serial"'
    given = [word.value for word in getattr(executor, "keywords", []) if word.arg == "processes"]
    return ast.unparse(given[0]) if given else '"parallel"'


def others(tree: ast.AST) -> Iterator[str]:
    """Yield notes on what makes a pipeline in another way."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).split(".")[-1]
            if name in OTHERS:
                yield f"line {node.lineno}: {name}: {OTHERS[name]}"


def indent(line: bytes) -> bytes:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def end(lines: list[bytes]) -> bytes:
    """Return what lines end with."""
    return b"\r\n" if lines[0].endswith(b"\r\n") else b"\n"
