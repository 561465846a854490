"""Every kind of pipeline that Ploomber builds is built, with the same files and commands.

One pipeline has a task of each kind, another has what only a whole pipeline can have. Plain
Ploomber, on the same files, is the control.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import preloaded
import pytest
from conftest import Project

from nbtasks.engine import compatibility

pytestmark = pytest.mark.slow

HEAD = '# %% tags=["parameters"]\nupstream = {}\nproduct = None\n{}\n# %%\n'
WRITE = 'from pathlib import Path\n\nPath(product["data"]).write_text({})\n'
SEVERAL = """
tasks:
  - source: PKG.steps.count
    product: "{{products}}/count.csv"
  - source: PKG.steps.double
    product: "{{products}}/double.csv"
  - source: tasks/copy.sh
    name: copy
    product: "{{products}}/copy.csv"
  - source: tasks/eda/plot.py
    product: "{{products}}/plot.ipynb"
    local_execution: true
  - source: tasks/eda/write.py
    class: ScriptRunner
    product:
      data: "{{products}}/write.txt"
  - source: tasks/long_name.py
    name: parts
    product:
      nb: "{{products}}/parts.html"
      data: "{{products}}/parts"
    on_finish: PKG.steps.has_parts
  - source: tasks/fit.py
    name: fit-[[n]]
    grid: {n: [1, 2]}
    product:
      nb: "{{products}}/fit-[[n]].ipynb"
      data: "{{products}}/fit-[[n]].csv"
  - source: tasks/compare.ipynb
    product:
      nb: "{{products}}/compare.ipynb"
      best: "{{products}}/best.csv"
      worst: "{{products}}/worst.csv"
  - source: sql/filter.sql
    name: filter
    product: [filtered, table]
  - source: sql/dump.sql
    name: dump
    class: SQLDump
    chunksize: null
    product: "{{products}}/dump.csv"
"""
STEPS = '''"""Steps."""

from pathlib import Path

import pandas as pd

from PKG import (
    helpers as h,
)


def count(product):
    """Count."""
    double = [1, 2]
    pd.DataFrame({"n": double}).to_csv(product, index=False)


def double(product, upstream):
    """Double."""
    table = pd.read_csv(upstream["count"])
    table.assign(n=h.twice(table["n"])).to_csv(product, index=False)


def has_parts(product):
    """Test."""
    assert len(list(Path(product["data"]).iterdir())) == 2
'''
FILES = {
    "src/PKG/steps.py": STEPS,
    "src/PKG/helpers.py": 'def twice(n):\n    """Double."""\n    return 2 * n\n',
    "src/PKG/names.py": '"""Names."""\n\nNAMES = ["a", "b"]\n',
    "src/PKG/db.py": '''"""Database."""

import sqlite3

from ploomber.clients import DBAPIClient


def get():
    """Connect."""
    return DBAPIClient(sqlite3.connect, {"database": "data/data.db"}, split_source=";")
''',
    "src/PKG/schemas.py": '''"""Schemas."""

import pandera.pandas as pa

N = pa.DataFrameSchema({"n": pa.Column(int, pa.Check.in_range(0, 9))}, strict=True)
SCHEMAS = {"count": N, "double": N, "fit-*": N, "filter": N, "dump": N,
           "compare": {"best": N, "worst": N}}
''',
    "tasks/copy.sh": 'cp "{{upstream["double"]}}" "{{product}}"\n',
    "tasks/eda/plot.py": HEAD.format('["copy"]', "")
    + "import beside\n\n# files = !ls\n\n# %%\nassert files.count(beside.NAME) == 1\n",
    "tasks/eda/write.py": HEAD.format("None", "") + "import beside\n" + WRITE.format("beside.NAME"),
    "tasks/eda/beside.py": 'NAME = "beside.py"\n',
    "tasks/long_name.py": HEAD.format("None", "")
    + "import PKG.names as names; from pathlib import Path\n\n"
    + 'for name in names.NAMES:\n    Path(product["data"]).mkdir(exist_ok=True)\n'
    + '    Path(product["data"], name).write_text(name)\n',
    "tasks/fit.py": HEAD.format('["double"]', "n = None\n")
    + WRITE.format('f"n\\n{n}\\n"')
    + "\n# %%\nimport asyncio\n\nawait asyncio.sleep(0)\n",
    "sql/filter.sql": "DROP TABLE IF EXISTS {{product}};\n"
    "CREATE TABLE {{product}} AS SELECT 1 AS n",
    "sql/dump.sql": 'SELECT * FROM {{upstream["filter"]}}',
}


def notebook(*cells: str) -> str:
    """Return a notebook whose first cell is tagged `parameters`."""
    made: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell{number}",
            "metadata": {} if number else {"tags": ["parameters"]},
            "outputs": [],
            "source": text,
        }
        for number, text in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(about)


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project with a pipeline that has a task of each kind, built once."""
    project = at_hand(example="empty")
    head = project.read("pipeline.yaml").partition("\ntasks:")[0]
    head = head.replace("meta:", "meta:\n  product_default_class: {SQLScript: SQLiteRelation}")
    clients = "\nclients: {SQLScript: PKG.db.get, SQLDump: PKG.db.get, SQLiteRelation: PKG.db.get}"
    (project.path / "tasks/get.py").unlink()
    files = FILES | {
        "pipeline.yaml": head + clients + SEVERAL,
        "tasks/compare.ipynb": notebook(
            'upstream = ["fit-*"]\nproduct = None',
            "%%capture out\nimport shutil\n\nfor name, n in [('best', 2), ('worst', 1)]:\n"
            "    shutil.copy(upstream['fit-*'][f'fit-{n}']['data'], product[name])",
            "out.show()",
        ),
    }
    for name, text in files.items():
        name, text = (part.replace("PKG", project.package) for part in (name, text))
        project.write(name, text)
    project.git("add", "--all")
    project.git("commit", "--quiet", "--no-verify", "--message", "A pipeline of many kinds")
    build(project)
    return project


def build(project: Project, *options: str, check: bool = True) -> str:
    """Build; return what was printed."""
    return project.ploomber("build", *options, check=check).stdout


def reasons(project: Project) -> dict[str, str]:
    """Return which tasks would run, and why."""
    printed = project.quickly("nbtasks", "status").stdout
    return dict(re.findall(r"(?m)^([\w-]+)  +will run:? (.+?)(?:  .*)?$", printed))


def edit(project: Project, name: str, old: str, new: str) -> None:
    """Change a file of the project."""
    name = name.replace("PKG", project.package)
    text = project.read(name)
    assert text.count(old) == 1
    project.write(name, text.replace(old, new))


def as_with_python_3_13() -> None:
    """Run Ploomber's command; by itself it can't build the functions from Python 3.14 on."""
    from ploomber_cli.cli import cmd_router

    compatibility.mend()
    cmd_router()


def test_plain_ploomber_makes_the_same(project: Project) -> None:
    """The control: the same files, without our checks."""
    text = project.read("pipeline.yaml")
    plain = re.sub(r"(?m)^(on_render|executor):.*\n(  .*\n)*", "", text)
    # It takes what IPython adds to Python for a mistake.
    notebook = r"(?m)^  - (source: tasks.*(?:py|ipynb))$"
    plain = re.sub(notebook, r"  - \1\n    static_analysis: disable", plain)
    project.write("pipeline.plain.yaml", plain)
    project.write("env.plain.yaml", "products: products/plain\n")
    words = ("--entry-point", "pipeline.plain.yaml")
    before = project.quickly("nbtasks", "status", *words).stdout
    assert before.count("will run") == 10
    assert re.findall(r"(?m)^(\w+) +up to date$", before) == ["filter"]  # its table is the same
    # Our settings of kernels, which it finds in this environment, go by the variable.
    environ = project.environ | {"KERNELS_STAY_IN": str(project.path / "tasks/eda")}
    command = ["ploomber", "build", *words]
    code, shown = preloaded.run(command, project.path, environ, call=as_with_python_3_13)
    assert not code, shown
    made = {
        folder: {p.name for p in (project.path / "products" / folder).iterdir() if p.name[0] != "."}
        for folder in ("plain", "development")
    }
    assert made["plain"] == made["development"] - {"index.html", "runs"}
    for name in ("pipeline.plain.yaml", "env.plain.yaml"):
        (project.path / name).unlink()


def test_a_second_build_has_nothing_to_do(project: Project) -> None:
    """Also after one task was run again, that no build has asked for."""
    project.ploomber("task", "plot", "--force")
    assert reasons(project) == {}


def test_a_changed_function_runs_the_tasks_that_use_it_and_says_so(project: Project) -> None:
    """By a function, an import with another name or after a semicolon, or to make a client."""
    package = project.package
    edit(project, "src/PKG/helpers.py", "2 * n", "n + n")
    edit(project, "src/PKG/names.py", '"b"', '"c"')
    path = f"src/{package}/helpers.py"
    again = reasons(project)
    waiting = [name for name in again if again[name].startswith("if ")]
    assert sorted(waiting) == ["compare", "copy", "fit-1", "fit-2", "plot"]
    assert again["copy"] == "if double changes"
    own = {name: again[name] for name in again.keys() - {*waiting}}
    assert own == {"double": path, "parts": f"src/{package}/names.py"}
    edit(project, "src/PKG/helpers.py", "n + n", "2 * n")
    edit(project, "src/PKG/names.py", '"c"', '"b"')
    assert reasons(project) == {}

    edit(project, "src/PKG/steps.py", "double = [1, 2]", "double = [1, 3]")
    assert reasons(project)["count"] in (f"src/{package}/steps.py", "its script")
    assert "parts" not in reasons(project)
    edit(project, "src/PKG/steps.py", "double = [1, 3]", "double = [1, 2]")

    edit(project, "src/PKG/db.py", '"data/data.db"', '"./data/data.db"')
    edit(project, "src/PKG/steps.py", "table = pd.read_csv(", "table = pd.read_csv(sep=',', *[")
    edit(project, "src/PKG/steps.py", 'upstream["count"])', 'upstream["count"]])')
    edit(project, "tasks/eda/beside.py", 'NAME = "', 'OTHER = 1\nNAME = "')
    again = reasons(project)
    assert "count" not in again  # what it calls `double` is no function
    assert again["double"] == f"src/{package}/steps.py"
    assert again["plot"] == again["write"] == "tasks/eda/beside.py"
    assert again["filter"] == again["dump"] == f"src/{package}/db.py"
    project.git("checkout", "--quiet", "--", "src", "tasks")


@pytest.mark.parametrize("name", ["parts/a", "double.csv", "best.csv"])
def test_a_product_that_has_changed_is_made_again(project: Project, name: str) -> None:
    """A file or a folder, whatever its times say."""
    path = project.path / "products/development" / name
    before, text = path.stat(), path.read_text()
    path.write_text(text.replace("2", "3").replace("a", "b"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    changed = {"parts/a": "parts", "double.csv": "double", "best.csv": "compare"}[name]
    assert reasons(project)[changed] == "its product changed"
    path.write_text(text)
    assert reasons(project) == {}


def test_a_note_cut_short_means_that_the_task_runs_again(project: Project) -> None:
    """Ploomber stops at one; a full disk or a lost connection leaves such files."""
    for name, text in {"count.csv": "", "double.csv": '{"timestamp": 17'}.items():
        project.write(f"products/development/.{name}.metadata", text)
    again = reasons(project)
    assert again["count"] == again["double"] == "no note of how it was made"
    build(project)
    assert reasons(project) == {}


def test_a_script_in_another_language_may_begin_its_lines_anywhere(
    project: Project, tmp_path: Path
) -> None:
    """R is not needed to read the pipeline, only how Jupyter would start it."""
    kernel = {"argv": ["R", "{connection_file}"], "display_name": "R", "language": "R"}
    (tmp_path / "kernels/ir").mkdir(parents=True)
    (tmp_path / "kernels/ir/kernel.json").write_text(json.dumps(kernel))
    cells = '# + tags=["parameters"]\nupstream <- NULL\nproduct <- NULL\n\n# +\n'
    project.write("tasks/cars.R", cells + "cars |>\n    head() |>\n  plot()\n")
    head = project.read("pipeline.yaml").partition("\ntasks:")[0]
    project.write(
        "pipeline.cars.yaml",
        head + '\ntasks: [{source: tasks/cars.R, product: "{{products}}/cars.html"}]\n',
    )
    words = ("status", "--entry-point", "pipeline.cars.yaml")
    printed = project.quickly("nbtasks", *words, JUPYTER_PATH=str(tmp_path)).stdout
    assert re.search(r"(?m)^cars +will run: never run$", printed)
    for name in ("tasks/cars.R", "pipeline.cars.yaml"):
        (project.path / name).unlink()


def test_a_schema_that_belongs_to_no_task_is_told(project: Project) -> None:
    edit(project, "src/PKG/schemas.py", '"count": N', '"cuont": N')
    schemas = f"src/{project.package}/schemas.py"
    text = project.read(schemas)
    project.write(schemas, f'{text}\nSCHEMAS["gone"] = N\n')
    printed = build(project)
    project.write(schemas, text)
    assert "schemas.py: SCHEMAS has 'gone', and no task has that name" in printed
    assert "schemas.py: SCHEMAS has 'cuont', and no task has that name" in printed
    assert "count: its table count.csv has no schema in schemas.py" not in printed  # it has not run
    edit(project, "src/PKG/schemas.py", '"cuont": N', '"count": N')
    assert "SCHEMAS has" not in build(project)
    assert "SCHEMAS has" not in build(project, "-p", "double")  # the other tasks are left out


def test_each_table_is_checked_because_it_has_a_schema(project: Project) -> None:
    """Text files, several of one task, those of a grid, and one in a database."""
    edit(project, "src/PKG/schemas.py", "in_range(0, 9)", "in_range(5, 9)")
    schema = f"its schema in src/{project.package}/schemas.py"
    failing = {name for name, reason in reasons(project).items() if reason == schema}
    assert failing == {"count", "double", "fit-1", "fit-2", "compare", "filter", "dump"}
    edit(project, "src/PKG/schemas.py", "in_range(5, 9)", "in_range(0, 9)")


def test_the_smoke_test_takes_any_product_and_finds_forgotten_notebooks(
    project: Project, tmp_path: Path
) -> None:
    """Tables in a database, folders, and files without a notebook; scripts that are none.

    The database itself stays as it is, however large.
    """
    database = project.path / "data/data.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE large AS SELECT zeroblob(6000000)")
        connection.commit()
    before = database.read_bytes()
    text = project.read("pipeline.yaml")
    forgotten = ["tasks/compare.ipynb", "tasks/eda/plot.py", "tasks/fit.py"]
    left = "|".join(map(re.escape, forgotten))
    project.write("pipeline.yaml", re.sub(rf"(?m)^  - source: ({left})\n(    .*\n)*", "", text))

    done = project.quickly("nbtasks", "smoke", tmp_path, check=False)

    assert database.read_bytes() == before
    expected = [f"{name}: no task of a pipeline has it as source" for name in forgotten]
    assert done.stdout.splitlines() == expected
    assert {"parts", "copy.csv"} <= {path.name for path in (tmp_path / "products").iterdir()}
    summary = project.quickly("nbtasks", "summary", tmp_path).stdout
    assert re.search(r"\| parts \| yes \| \d+\.\d \| `parts.html`, `parts` \|", summary)
    assert re.search(r"\| filter \| yes \| \d+\.\d \|  \|", summary)
    project.write("pipeline.yaml", text)
