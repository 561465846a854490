"""Find the parameters cell in what an editor sends: a cell, several, or a whole file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

#: What a parameters cell assigns at least.
ASSIGNED = {"upstream", "product"}
#: Spyder sends the number of a cell and its file: %runcell -i 2 '/home/ada/tasks/clean.py'
SPYDER = re.compile(r"""runcell\b.*?(?<=['" ])((?:[\\/]|[A-Za-z]:)[^'"]*\.py)""")


class Transformer(ast.NodeTransformer):
    """Adds a call behind the parameters of a cell, before what else the cell has.

    Parameters
    ----------
    call
        The call, in Python.
    is_wanted
        Tells, when a cell has parameters, whether to add it.
    """

    def __init__(self, call: str, is_wanted: Callable[[], bool]) -> None:
        self.call, self.is_wanted = call, is_wanted

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Return the cell with the call in it; what is no parameters cell stays as it is."""
        end = end_of_parameters(node.body)
        if end is not None and self.is_wanted():
            call = ast.parse(self.call).body[0]
            for part in ast.walk(call):
                ast.copy_location(part, node.body[end - 1])
            node.body.insert(end, call)
        return node


def end_of_parameters(body: list[ast.stmt]) -> int | None:
    """Return how many statements there are up to the end of the parameters; None without any.

    They are plain values that names get, one after the other, `upstream` and `product` among
    them. A name that gets its second value belongs to the next cell.
    """
    names: set[str] = set()
    for number, statement in enumerate(body):
        name = name_of(statement)
        if name is None or name in names:
            if names >= ASSIGNED:
                return number
            names = set()
        if name is not None:
            names.add(name)
    return len(body) if names >= ASSIGNED else None


def name_of(statement: ast.stmt) -> str | None:
    """Return the name to which a statement gives a plain value: ``seed = 42``; None if another."""
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return None
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return None
    target = targets[0]
    return target.id if len(targets) == 1 and isinstance(target, ast.Name) else None
