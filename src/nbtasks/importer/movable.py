"""Find the functions that can leave a notebook."""

from __future__ import annotations

import re
from collections import Counter

from nbtasks.importer.parts import Part
from nbtasks.importer.statements import BY_NAME, GIVEN, Statement

#: Decorators that do nothing but to their function.
PURE = r"[\w.]*\b(cache|lru_cache|wraps|dataclass|contextmanager|n?jit|total_ordering)\b"


def find_movable(parts: list[Part], stay: set[str]) -> list[Statement]:
    """Return the functions that need nothing but imports, constants and one another.

    Parameters
    ----------
    parts
        The parts.
    stay
        Names that must not move.

    Returns
    -------
    list of Statement
        The functions, and the constants that they need, in the order of the notebook.
    """
    statements = [item for part in parts for item in part.statements]
    times = Counter(name for item in statements for name in item.binds)
    changed = {name for item in statements for name in item.changes}
    imported = with_one_meaning(statements)
    able = {
        name: item
        for item in statements
        for name in item.binds
        if item.kind in ("function", "constant") and len(item.binds) == 1 and times[name] == 1
        if name not in changed | stay and not item.changes and is_alone(item, statements)
    }
    known = GIVEN - {"get_ipython", *BY_NAME, *times} | imported
    bound = set(times) - known

    def lacks(item: Statement) -> set[str]:
        return (item.needs | item.mentions & bound) - known - set(able)

    while stuck := [name for name, item in able.items() if lacks(item)]:
        able = {name: item for name, item in able.items() if name not in stuck}
    functions = {name: item for name, item in able.items() if item.kind == "function"}
    used = {name for item in functions.values() for name in item.needs | item.mentions}
    return [item for name, item in able.items() if name in functions or name in used]


def with_one_meaning(statements: list[Statement]) -> set[str]:
    """Return the names that imports give, those left out that mean two things in a notebook."""
    meanings: dict[str, set[str | None]] = {}
    for item in statements:
        for name in item.binds:
            other = "" if item.kind == "import" else None  # as in `except ImportError: a = None`
            meanings.setdefault(name, set()).add(item.imports.get(name, other))
    return {name for name, found in meanings.items() if len(found) == 1 and None not in found}


def is_alone(item: Statement, statements: list[Statement]) -> bool:
    """Tell whether a statement shares no line with another, and its decorators are harmless."""
    others = (other for other in statements if other.cell == item.cell and other is not item)
    lines = {line for other in others for line in other.lines}
    decorators = re.findall(r"(?m)^@(.*)", item.text)
    return not lines & set(item.lines) and all(re.match(PURE, text) for text in decorators)
