"""Find the functions that can leave a notebook, and write their module, tests and schemas."""

import ast
import builtins
import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtasks.importer.cells import import_text
from nbtasks.importer.parts import Part, every, is_alone
from nbtasks.importer.statements import BY_NAME, GIVEN, Statement, setting_key
from nbtasks.project import package, root

#: Settings that hold for one place only, or are imports.
STAYS = re.compile(r"chdir|path\.|^(import|from) ")
#: What tests import by the names that they use.
KNOWN = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "(nan|inf|array)": "from numpy import array, inf, nan",
    "(Timestamp|NaT)": "from pandas import NaT, Timestamp",
}
#: The function that sets what the notebook sets at its start.
SET_UP = "set_up"


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
    """Return the functions that need only imports, one another and constants, and these."""
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

    needs = {name: (item.needs | item.mentions & bound) - known for name, item in able.items()}
    while stuck := [name for name in able if needs[name] - {*able}]:
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
    names = with_one_meaning(statements) - {"upstream", "product", "resources_"}
    plain = [i for i in statements if isinstance(i.node, (ast.Import, ast.ImportFrom))]
    return {i for i in plain if i.kind == "import" and i.binds <= names and is_alone(i, statements)}


def functions_of(flow: Any, module: str, source: str) -> dict[Path, str]:
    """Return the module of the functions that move, if any do, with the imports that they need."""
    moved = [item for item in flow.statements if item.binds & flow.moved]
    names = {name for item in [*moved, *flow.common] for name in item.needs | item.mentions}
    needed = [item for item in flow.statements if item.kind == "import" and item.binds & names]
    imports = [import_text(i, names) if i in flow.imports else i.text for i in needed]
    names -= {name for item in flow.statements for name in item.binds}
    imports += ["from IPython.display import display"] * ("display" in names)
    pieces = [with_docstring(item) for item in moved]
    if flow.common:
        what = f'    """Set what {source} sets at its start, for all of its tasks."""'
        body = textwrap.indent("\n".join(item.text for item in flow.common), "    ")
        pieces.insert(0, f"def {SET_UP}():\n{what}\n{body}")
    lines, body = "\n".join(dict.fromkeys(imports)), "\n\n\n".join(pieces)
    text = f'"""Functions that came from {source}."""\n\n{lines}\n\n{body}\n'
    return {package() / f"{module}.py": text} if pieces else {}


def with_docstring(item: Statement) -> str:
    """Return a function with the comment above it as its docstring, if it has none."""
    node, comment = item.node, re.match(r"((?:#.*\n)+)(?:@.*\n)*def ", item.text)
    if not comment or not isinstance(node, ast.FunctionDef) or ast.get_docstring(node):
        return item.text
    words = " ".join(line.strip("# ") for line in comment[1].splitlines()).replace('"', "'").strip()
    lines = item.text.splitlines()
    first, indent = node.body[0].lineno - 1 - item.lines.start, node.body[0].col_offset
    if not words or lines[first][:indent].strip():  # all on one line
        return item.text
    text = f'"""{words[0].upper()}{words[1:]}{"" if words[-1] in ".!?" else "."}"""'
    lines[first:first] = [" " * indent + line for line in textwrap.wrap(text, 92)]
    return "\n".join(lines[comment[1].count("\n") :])


def tests_of(flow: Any, module: str, examples: Mapping[str, Any]) -> dict[Path, str]:
    """Return tests that the functions do what they did; `examples` have arguments and a check."""
    functions = [item for item in flow.statements if item.kind == "function"]
    tests = []
    for name in (name for item in functions for name in item.binds & flow.moved & {*examples}):
        arguments, check = examples[name]
        call = f"{module}.{name}({', '.join(arguments)})"
        tests.append(f"def test_{name}():\n    result = {call}\n    {check}\n")
    text = "\n\n".join(tests)
    imports = "\n".join(line for name, line in KNOWN.items() if re.search(rf"\b{name}\b", text))
    head = '"""The functions return what they did in the notebook, on the first rows."""'
    text = f"{head}\n\n{imports}\n\nfrom {package().name} import {module}\n\n\n{text}"
    return {root() / "tests" / f"test_{module}.py": text} if tests else {}


def schemas_text(tables: Mapping[str, Mapping[str, Any]], source: str) -> str:
    """Return schemas of tables: task -> key -> column -> its type, and whether it has holes."""
    lines = [f"# Tables from {source}, as they were when it was imported: say more about them."]
    for task, schemas in tables.items():
        entries = []
        for key, columns in schemas.items():
            texts = []
            for name, (kind, holes) in columns.items():
                zone = kind.startswith("datetime64[") and "," in kind  # of any resolution later
                more = ", nullable=True" * holes + ", coerce=True" * zone
                texts.append(f"{name!r}: pa.Column({kind!r}{more})")
            entries.append(f"{key!r}: pa.DataFrameSchema({{{', '.join(texts)}}})")
        lines.append(f"SCHEMAS[{task!r}] = {{{', '.join(entries)}}}")
    return "\n".join(lines) + "\n"
