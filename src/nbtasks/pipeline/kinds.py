"""The kinds of tasks that make a table: a notebook, a grid of them, a function, an SQL script."""

import argparse
import json
from pathlib import Path
from typing import Any

import yaml

from nbtasks.errors import Refusal
from nbtasks.pipeline import parts, pipeline_file
from nbtasks.project import package, root


def files_of(name: str) -> dict[str, Path]:
    """Return where the script, the functions and the test of a task are."""
    return {
        "script": root() / "tasks" / f"{name}.py",
        "functions": package() / f"{name}.py",
        "test": root() / "tests" / f"test_{name}.py",
    }


def add_entry(task: str, products: dict[str, str] | list[str] | str, **more: Any) -> None:
    """Add the task to pipeline.yaml, the first thing that is written, and say so."""
    pipeline_file.add_task(task, products, more=more)
    print(f"The task {parts.pattern(task)}:\n  pipeline.yaml")


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
    add_entry(task, products, **{"source": f"tasks/{name}.py"} | more)
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
    for part, path in files_of(name).items():
        parts.write(path, parts.fill_in(part, words))
    parts.describe(parts.pattern(task))


def write_function(name: str, inputs: list[parts.Input], options: argparse.Namespace) -> None:
    """Write a task that is a function, its test and its schema."""
    if not all(one.suffix and "*" not in one.name for one in inputs):
        raise Refusal("A function is given files, so leave out --function to read these.")
    suffix = ".csv" if options.csv else ".parquet"
    add_entry(name, name + suffix, source=f"{package().name}.{name}.{name}")
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
        parts.write(files_of(name)[part], parts.fill_in(f"function_{part}", words))
    parts.describe(name)


def write_sql(name: str, inputs: list[parts.Input], options: argparse.Namespace) -> None:
    """Write an SQL script that makes a table, its schema, and where its database is."""
    files = [one.name for one in inputs if one.suffix]
    if files:
        raise Refusal(f"SQL reads tables of its database, and {files[0]} makes a file.")
    where = {"url": f"{package().name}.database.url", "folder": pipeline_file.folder()[:-1]}
    add_entry(
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


KINDS = {"function": write_function, "sql": write_sql}
