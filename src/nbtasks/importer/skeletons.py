"""Write the functions of a notebook as a module, with tests and schemas to begin with."""

import ast
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtasks.importer.cells import import_text
from nbtasks.importer.flow import Flow
from nbtasks.importer.scripts import SET_UP
from nbtasks.importer.statements import Statement
from nbtasks.project import package, root

#: What tests import by the names that they use.
KNOWN = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "(nan|inf|array)": "from numpy import array, inf, nan",
    "(Timestamp|NaT)": "from pandas import NaT, Timestamp",
}


def functions_of(flow: Flow, module: str, source: str) -> dict[Path, str]:
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


def tests_of(flow: Flow, module: str, examples: Mapping[str, Any]) -> dict[Path, str]:
    """Return tests that the functions do what they did in the notebook.

    `examples` has, by the names of functions, the texts of arguments, and the line that asserts
    the result.
    """
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
    """Return schemas of tables as they are now.

    `tables` has: task -> key of the product -> column -> its type, and whether it has holes.
    One of times with a zone holds for all resolutions, which differ between versions of pandas.
    """
    lines = [f"# Tables from {source}, as they were when it was imported: say more about them."]
    for task, schemas in tables.items():
        entries = []
        for key, columns in schemas.items():
            texts = []
            for name, (kind, holes) in columns.items():
                with_zone = kind.startswith("datetime64[") and "," in kind
                more = ", nullable=True" * holes + ", coerce=True" * with_zone
                texts.append(f"{name!r}: pa.Column({kind!r}{more})")
            entries.append(f"{key!r}: pa.DataFrameSchema({{{', '.join(texts)}}})")
        lines.append(f"SCHEMAS[{task!r}] = {{{', '.join(entries)}}}")
    return "\n".join(lines) + "\n"
