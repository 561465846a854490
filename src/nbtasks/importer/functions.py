"""Find the functions that can leave a notebook, and what it sets for all of its parts."""

import ast
import builtins
import itertools
import re
from collections import Counter

from nbtasks.importer.parts import Part, every
from nbtasks.importer.statements import BY_NAME, GIVEN, Statement, setting_key

#: Decorators that do nothing but to their function.
PURE = r"[\w.]*\b(cache|lru_cache|wraps|dataclass|contextmanager|n?jit|total_ordering)\b"
#: Settings that hold for one place only, or are imports.
STAYS = re.compile(r"chdir|path\.|^(import|from) ")


def find_common(parts: list[Part]) -> list[Statement]:
    """Return what the first part sets before all else, for the function that all tasks call."""
    first = itertools.takewhile(lambda item: item.kind != "value", parts[0].statements)
    fits = [i for i in first if i.kind == "setting" and i.node and not STAYS.search(i.text)]
    known = {n for i in every(parts) if i.kind == "import" for n in i.binds} | {*dir(builtins)}
    return latest([item for item in fits if item.needs <= known]) if len(parts) > 1 else []


def latest(settings: list[Statement]) -> list[Statement]:
    """Return settings without those that a later one sets again."""
    last = {setting_key(item): item for item in settings}
    return [item for item in settings if item in last.values()]


def find_movable(parts: list[Part], stay: set[str]) -> list[Statement]:
    """Return the functions that need nothing but imports, constants and one another.

    Names in `stay` must not move. The constants that they need are returned with them, all in
    the order of the notebook.
    """
    able = able_to_move(every(parts), stay)
    functions = {name: item for name, item in able.items() if item.kind == "function"}
    used = {name for item in functions.values() for name in item.needs | item.mentions}
    while more := {n for name in used & {*able} for n in able[name].needs & {*able}} - used:
        used |= more
    return [item for name, item in able.items() if name in functions or name in used]


def able_to_move(statements: list[Statement], stay: set[str]) -> dict[str, Statement]:
    """Return all functions and constants that could stand in a module, by their names."""
    times = Counter(name for item in statements for name in item.binds)
    changed = {name for item in statements for name in item.changes}
    able = {
        name: item
        for item in statements
        for name in item.binds
        if item.kind in ("function", "constant") and len(item.binds) == 1 and times[name] == 1
        if name not in changed | stay and not item.changes and is_alone(item, statements)
    }
    known = GIVEN - {"get_ipython", *BY_NAME, *times} | with_one_meaning(statements)
    bound = set(times) - known

    def lacks(item: Statement) -> set[str]:
        return (item.needs | item.mentions & bound) - known - set(able)

    while stuck := [name for name, item in able.items() if lacks(item)]:
        able = {name: item for name, item in able.items() if name not in stuck}
    return able


def with_one_meaning(statements: list[Statement]) -> set[str]:
    """Return the names that imports give, those left out that mean two things in a notebook."""
    meanings: dict[str, set[str | None]] = {}
    for item in statements:
        for name in item.binds:
            other = "" if item.kind == "import" else None  # as in `except ImportError: a = None`
            meanings.setdefault(name, set()).add(item.imports.get(name, other))
    return {name for name, found in meanings.items() if len(found) == 1 and None not in found}


def find_imports(statements: list[Statement]) -> set[Statement]:
    """Return the plain imports, which a script can have at its top wherever they were."""
    names = with_one_meaning(statements)
    plain = [i for i in statements if isinstance(i.node, (ast.Import, ast.ImportFrom))]
    return {i for i in plain if i.kind == "import" and i.binds <= names and is_alone(i, statements)}


def is_alone(item: Statement, statements: list[Statement]) -> bool:
    """Tell whether a statement shares no line with another, and its decorators are harmless."""
    others = (other for other in statements if other.cell == item.cell and other is not item)
    lines = {line for other in others for line in other.lines}
    decorators = re.findall(r"(?m)^@(.*)", item.text)
    return not lines & set(item.lines) and all(re.match(PURE, text) for text in decorators)
