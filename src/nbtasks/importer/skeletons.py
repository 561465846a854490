"""Write the functions of a notebook as a module, with tests and schemas to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nbtasks.importer.flow import Flow
from nbtasks.project import package, root


def functions_of(flow: Flow, module: str, source: str) -> dict[Path, str]:
    """Return the module of the functions that move, if any do, with the imports that they need.

    Parameters
    ----------
    flow
        Knows what moves.
    module
        Name of the module.
    source
        Name of the notebook.

    Returns
    -------
    dict of Path to str
        The file and its text.
    """
    moved = [item for item in flow.statements if item.binds & flow.moved]
    names = {name for item in moved for name in item.needs | item.mentions}
    imports = [
        item.text for item in flow.statements if item.kind == "import" and item.binds & names
    ]
    names -= {name for item in flow.statements for name in item.binds}
    imports += ["from IPython.display import display"] * ("display" in names)
    body = "\n\n\n".join(item.text for item in moved)
    lines = "\n".join(dict.fromkeys(imports))
    text = f'"""Functions that came from {source}."""\n\n{lines}\n\n{body}\n'
    return {package() / f"{module}.py": text} if moved else {}


def tests_of(flow: Flow, module: str, calls: dict[str, bytes]) -> dict[Path, bytes]:
    """Return tests that run each function once, as it was called first in the notebook.

    Parameters
    ----------
    flow
        Knows what moves.
    module
        Name of the module.
    calls
        Name of a function -> the arguments of its first call, pickled.

    Returns
    -------
    dict of Path to bytes
        Files and what they hold.
    """
    functions = (item for item in flow.statements if item.kind == "function")
    names = [name for item in functions for name in item.binds & flow.moved & calls.keys()]
    tests = [
        f"def test_{name}():\n"
        f'    args, kwargs = pickle.loads((CALLS / "{name}.pickle").read_bytes())\n'
        f"    {module}.{name}(*args, **kwargs)\n"
        for name in names
    ]
    head = (
        f'"""Each function runs as in the notebook: on the arguments of its first call."""\n\n'
        f"import pickle\nfrom pathlib import Path\n\nimport pytest\n\n"
        f"from {package().name} import {module}\n\n"
        f'CALLS = Path(__file__).with_name("{module}_calls")\n'
        f'pytestmark = pytest.mark.filterwarnings("default")  # old code may warn'
    )
    folder, file = root() / "tests" / f"{module}_calls", root() / "tests" / f"test_{module}.py"
    files = {folder / f"{name}.pickle": calls[name] for name in names}
    return {**files, file: "\n\n".join([head, *tests]).encode()} if names else {}


def options(kind: str, holes: bool) -> str:
    """Return what else a schema says of a column.

    One of times with a zone holds for all resolutions, which differ between versions of pandas.
    """
    with_zone = kind.startswith("datetime64[") and "," in kind
    return ", nullable=True" * holes + ", coerce=True" * with_zone


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
    lines = [f"# Tables from {source}, as they were when it was imported: say more about them."]
    for task, schemas in tables.items():
        entries = []
        for key, columns in schemas.items():
            checks = ", ".join(
                f"{name!r}: pa.Column({kind!r}{options(kind, holes)})"
                for name, (kind, holes) in columns.items()
            )
            entries.append(f"{key!r}: pa.DataFrameSchema(" + "{" + checks + "})")
        lines.append(f"SCHEMAS[{task!r}] = " + "{" + ", ".join(entries) + "}")
    return "\n".join(lines) + "\n"
