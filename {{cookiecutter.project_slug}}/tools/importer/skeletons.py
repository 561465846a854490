"""Write the functions of a notebook as a module, with tests and schemas to begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tools import ROOT
from tools.importer.flow import Flow
from tools.importer.local import use_modules
from tools.importer.scripts import PACKAGE
from tools.importer.statements import Statement


def add_functions(
    path: Path,
    module: str,
    flow: Flow,
    calls: dict[str, bytes],
    modules: dict[str, Path],
    texts: dict[Path, bytes],
) -> list[str]:
    """Add the module of the functions and its tests to the texts; return what has no test."""
    statements = [item for part in flow.parts for item in part.statements]
    moved = [item for item in statements if item.binds & flow.moved]
    if not moved:
        return []
    text = module_text(moved, statements, path.name)
    texts[PACKAGE / f"{module}.py"] = use_modules(text, modules, PACKAGE.name).encode()
    names = [name for item in moved if item.kind == "function" for name in item.binds]
    bound = [b"__main__", *(name.encode() for name in modules)]  # can't be read elsewhere
    fit = [
        name
        for name in names
        if len(call := calls.get(name, b"")) in range(1, 5_000_000)
        if not any(word in call for word in bound)
    ]
    if fit:
        folder = ROOT / "tests" / f"{module}_calls"
        texts |= {folder / f"{name}.pickle": calls[name] for name in fit}
        texts[ROOT / "tests" / f"test_{module}.py"] = test_text(module, fit).encode()
    return [f"{name}: no test, its arguments are not known" for name in names if name not in fit]


def module_text(moved: list[Statement], statements: list[Statement], source: str) -> str:
    """Return the module of the functions that move, with the imports that they need.

    Parameters
    ----------
    moved
        What moves, in order.
    statements
        All statements of the notebook.
    source
        Name of the notebook.

    Returns
    -------
    str
        Python code.
    """
    names = {name for item in moved for name in item.needs | item.mentions}
    imports = [item.text for item in statements if item.kind == "import" and item.binds & names]
    imports += ["from IPython.display import display"] * ("display" in names)
    body = "\n\n\n".join(item.text for item in moved)
    lines = "\n".join(dict.fromkeys(imports))
    return f'"""Functions that came from {source}."""\n\n{lines}\n\n{body}\n'


def test_text(module: str, functions: list[str]) -> str:
    """Return tests that run each function once, as it was called first in the notebook."""
    tests = [
        f"def test_{name}():\n"
        f'    args, kwargs = pickle.loads((CALLS / "{name}.pickle").read_bytes())\n'
        f"    {module}.{name}(*args, **kwargs)\n"
        for name in functions
    ]
    return "\n\n".join(
        [
            f'"""Each function runs as in the notebook: on the arguments of its first call."""\n\n'
            f"import pickle\nfrom pathlib import Path\n\nimport pytest\n\n"
            f"from {PACKAGE.name} import {module}\n\n"
            f'CALLS = Path(__file__).with_name("{module}_calls")\n'
            f'pytestmark = pytest.mark.filterwarnings("default")  # old code may warn',
            *tests,
        ]
    )


def schemas_text(
    tables: Mapping[str, Mapping[str, Mapping[str, tuple[str, bool]]]], source: str
) -> str:
    """Return schemas of tables as they are now.

    Parameters
    ----------
    tables
        Name of the task -> key of the product -> column -> its type, and whether it has holes.
    source
        Name of the notebook.

    Returns
    -------
    str
        Python code, to stand below `SCHEMAS`.
    """
    lines = [f"#: Tables from {source}, as they were when it was imported: say more about them."]
    entries = []
    for task, schemas in tables.items():
        keys = []
        for key, columns in schemas.items():
            rows = "".join(
                f"    {name!r}: pa.Column({kind!r}{', nullable=True' if holes else ''}),\n"
                for name, (kind, holes) in columns.items()
            )
            name = re.sub(r"\W", "_", f"{task}_{key}").upper()
            lines.append(name + " = pa.DataFrameSchema({\n" + rows + "})")
            keys.append(f'"{key}": {name}')
        entries.append(f'"{task}": ' + "{" + ", ".join(keys) + "}")
    return "\n".join([*lines, "SCHEMAS |= {" + ", ".join(entries) + "}"]) + "\n"
