"""The kinds of tasks: a notebook, a grid of them, a function, SQL; a draft that was tried out."""

import argparse
import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from nbtasks.errors import Refusal
from nbtasks.pipeline import parts, pipeline_file
from nbtasks.project import imports, package, root

PARAMETERS = """\
# %% tags=["parameters"]
upstream = {upstream}
product = None

"""
#: What the name of a file of data ends with.
DATA = re.compile(
    r"\.(csv|tsv|txt|parquet|feather|xlsx?|json|jsonl|html|png|svg|db|sqlite|np[yz]|"
    r"pickle|pkl|joblib|h5|gz|zip)$"
)


def read_grid(words: list[str]) -> dict[str, list[Any]]:
    """Return the values of each parameter of a grid: ``depth=2,4,8``."""
    grid = {}
    for word in words:
        name, found, values = word.partition("=")
        if not (name.isidentifier() and found and values):
            raise Refusal(f"{word!r} is no grid: write NAME=VALUE,VALUE, such as depth=2,4,8.")
        grid[name] = [yaml.safe_load(value) for value in values.split(",")]
    return grid


def read_code(inputs: list[parts.Input], start: str) -> str:
    """Return the lines that read what a task starts from: `table`, and others by their names."""
    lines = [f"table = {inputs[0].code if inputs else start}"]
    for one in inputs[1:]:
        lines.append(f"{one.name.rstrip('-*')} = {one.code}")
    return "\n".join(lines)


def words_of(name: str, inputs: list[parts.Input]) -> dict[str, object]:
    """Return what fills the gaps of a skeleton."""
    return {
        "name": name,
        "package": package().name,
        "title": name.replace("_", " ").capitalize(),
        "upstream": json.dumps([one.name for one in inputs]) if inputs else None,
        "read": read_code(inputs, 'pd.DataFrame({"value": [1, 2]})'),
    }


def write_notebook(name: str, inputs: list[parts.Input], options: argparse.Namespace) -> None:
    """Write script, functions, test and schema of a task that is a notebook, or a grid of them."""
    grid = read_grid(options.grid)
    task = "-".join([name, *(f"[[{key}]]" for key in grid)])
    suffix = ".csv" if options.csv else ".parquet"
    products = {"nb": f"{task}.ipynb", "data": f"{task}{suffix}"}
    more: dict[str, Any] = {"name": task, "grid": grid} if grid else {}
    if options.report:
        products["report"] = f"{task}.html"
        more["nb_product_key"] = ["nb", "report"]
    parts.add_entry(task, products, **{"source": f"tasks/{name}.py"} | more)
    words = words_of(name, inputs)
    is_sql = any(not one.suffix for one in inputs)
    words |= {
        "imports": "from pathlib import Path\n\n" * is_sql + "import pandas as pd\n",
        "database": f"from {package().name}.database import read_table\n" * is_sql,
        "parameters": "".join(f"\n{key} = None" for key in grid),
        "compute": f"{name}(table)"
        + ("" if not grid else f".assign({', '.join(f'{key}={key}' for key in grid)})"),
        "write": parts.saves(suffix, 'product["data"]'),
    }
    for part, path in parts.files_of(name).items():
        parts.write(path, parts.fill_in(part, words))
    parts.describe(pipeline_file.pattern(task))


def write_function(name: str, inputs: list[parts.Input], options: argparse.Namespace) -> None:
    """Write a task that is a function, its test and its schema."""
    if not all(one.suffix and "*" not in one.name for one in inputs):
        raise Refusal("A function is given files, so leave out --function to read these.")
    suffix = ".csv" if options.csv else ".parquet"
    parts.add_entry(name, name + suffix, source=f"{package().name}.{name}.{name}")
    files = {one.suffix: f'tmp_path / "given{one.suffix}"' for one in inputs}
    given = [
        f'"{one.name}": '
        + (f'{{"{one.key}": {files[one.suffix]}}}' if one.key else files[one.suffix])
        for one in inputs
    ]
    words = words_of(name, inputs)
    read, indent = str(words["read"]), "\n    "
    if len(inputs) > 1:
        each = ", ".join(f'"{one.name}": {one.code}' for one in inputs)
        read = f'tables = {{{each}}}\ntable = tables["{inputs[0].name}"]'
    words |= {
        "signature": "upstream, product" if inputs else "product",
        "parameters": "    upstream\n        Name of a task -> what it has made.\n" * bool(inputs),
        "read": read.replace("\n", indent),
        "write": parts.saves(suffix, "product"),
        "prepare": "".join(
            f'pd.DataFrame({{"value": [1, 2]}}).{parts.saves(end, file)}{indent}'
            for end, file in files.items()
        ),
        "call": f"{{{', '.join(given)}}}, " * bool(given) + 'tmp_path / "made"',
        "reader": parts.READERS[suffix],
    }
    for part in ("functions", "test"):
        parts.write(parts.files_of(name)[part], parts.fill_in(f"function_{part}", words))
    parts.describe(name)


def write_sql(name: str, inputs: list[parts.Input], options: argparse.Namespace) -> None:
    """Write an SQL script that makes a table, its schema, and where its database is."""
    files = [one.name for one in inputs if one.suffix]
    if files:
        raise Refusal(f"SQL reads tables of its database, and {files[0]} makes a file.")
    where = {"url": f"{package().name}.database.url", "folder": pipeline_file.folder()[:-1]}
    parts.add_entry(
        name,
        [name + "_sample_{{sample|lower}}" * ("{{sample}}" in where["folder"]), "table"],
        source=f"tasks/{name}.sql",
        **{"class": "SQLScript", "product_class": "GenericSQLRelation"},
        client={"dotted_path": "nbtasks.sql_client", **where},
        product_client={"dotted_path": "nbtasks.sql_notes", **where},
    )
    rows = [f'* FROM {{{{upstream["{one.name}"]}}}}' for one in inputs]
    words = {"package": package().name, "rows": " UNION ALL SELECT ".join(rows or ["1 AS value"])}
    parts.write(root() / "tasks" / f"{name}.sql", parts.fill_in("query", words))
    module = package() / "database.py"
    if not module.exists():
        parts.write(module, parts.fill_in("database_functions", words))
        parts.write(root() / "tests" / "test_database.py", parts.fill_in("database_test", words))
    parts.describe(name)


def connect(text: str, tasks: parts.Tasks) -> tuple[str, list[str]]:
    """Return a script that reads products by `upstream`, not by their paths; and whose they are."""
    lines, read = text.split("\n"), []
    for name, task in tasks.items():
        product = task["product"]
        for key, file in (product if isinstance(product, dict) else {None: product}).items():
            place = f'upstream["{name}"]' + (f'["{key}"]' if key else "")
            any_run = re.sub(r"\\{\\{.*?\\}\\}", r"[^\"']+", re.escape(str(file)))
            path = re.compile(rf"""(?<!\w)(["']){any_run}\1""")
            for number, line in enumerate(lines):
                if line[:1] != "#" and path.search(line):
                    lines[number] = path.sub(place, line)
                    read.append(name)
    return "\n".join(lines), list(dict.fromkeys(read))


def find_files(script: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each file of data that a script names by itself."""
    for node in ast.walk(imports.parse(script)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and DATA.search(text) and "\n" not in text:
            yield getattr(node, "lineno", 0), text


def write_draft(
    name: str, upstream: list[str], draft: Path, tasks: parts.Tasks, report: bool
) -> None:
    """Write the script of a task; name the files that it still reads or writes by their paths."""
    import jupytext
    from jupytext.config import load_jupytext_configuration_file

    if not draft.is_file():
        raise Refusal(f"There is no file {draft}.")
    config = load_jupytext_configuration_file(str(root() / "pyproject.toml"))
    try:
        notebook = jupytext.read(draft)
    except Exception as error:  # whatever is in the file, jupytext's reason is the best there is
        raise Refusal(f"{draft} can't be read as a notebook: {error}") from None
    text = jupytext.writes(notebook, "py:percent", config=config)
    text, read = connect(text, tasks)
    upstream = [*upstream, *(name for name in read if name not in upstream)]
    if '"parameters"' not in text:
        first = re.search(r"(?m)^# %%(?! \[markdown\])", text)
        at = first.start() if first else len(text)
        cell = PARAMETERS.format(upstream=json.dumps(upstream) if upstream else None)
        text = text[:at] + cell + text[at:]
    products = {"nb": f"{name}.ipynb"} | ({"report": f"{name}.html"} if report else {})
    parts.add_entry(name, products, **({"nb_product_key": [*products]} if report else {}))
    parts.write(parts.files_of(name)["script"], text)
    if left := sorted(set(find_files(text))):
        print("Files that the pipeline does not know of; name what it reads in upstream or in")
        print("resources_, and what it writes in product:")
    for line, file in left:
        print(f"  tasks/{name}.py:{line}  {file}")


KINDS = {"function": write_function, "sql": write_sql}
