"""`nbtasks new` makes every kind of task: each builds and passes its tests as it is made."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Project
from desk import QuickDesk, copy_of, put_back, without_set_up

from nbtasks.engine.database import sql_notes
from nbtasks.pipeline.pipeline_file import read_tasks


@pytest.fixture(scope="module")
def made(bake: Callable[..., Project], home: Path) -> QuickDesk:
    """Return an empty project that the fast tests share."""
    return without_set_up(bake(example="empty"), home)


@pytest.fixture
def project(made: QuickDesk) -> Iterator[QuickDesk]:
    """Return the project; as it was, after the test."""
    yield from put_back(made)


def new(project: QuickDesk, *arguments: str, check: bool = True) -> str:
    """Type the command; return what it prints."""
    return project.nbtasks("new", *arguments, check=check).stdout


ALL = [
    ("load", "--sql"),
    ("sums", "--sql", "--upstream", "load"),
    ("look", "--upstream", "sums", "get", "--csv", "--report"),
    ("join", "--function", "--upstream", "get", "look"),
    ("fit", "--grid", "depth=2,4", "rate=0.1,0.5", "--upstream", "join"),
    ("best", "--upstream", "fit"),
    ("wind", "--raw", "data/raw/wind.tsv"),
    ("alone", "--function", "--csv"),
]


@pytest.mark.slow
def test_one_of_each_kind_builds_and_is_tested(made: QuickDesk, tmp_path: Path) -> None:
    """As they are made, one after the other; nothing is left to lint, and nothing runs twice."""
    project = copy_of(made, tmp_path)
    project.environ["PYTHONPATH"] += os.pathsep + str(project.path / "src")  # as if installed
    project.write("data/raw/wind.tsv", "day\tknots\n1\t5.5\n2\t\n")
    for words in ALL:
        new(project, *words)
    built = project.run("ploomber", "build", "--env--sample", "true").stdout
    assert "12/12  best" in built and "warning" not in built.lower()
    assert "Nothing to run" in project.run("ploomber", "build", "--env--sample", "true").stdout
    project.run("python", "-m", "pytest", "-q", "--ignore", "tests/test_pipeline.py")
    project.run("ruff", "check", ".")
    project.run("ruff", "format", "--check", ".")

    folder = next(project.path.glob("products/*/sample=True"))
    with sqlite3.connect(folder / "database.db") as database:
        assert database.execute("SELECT * FROM sums_sample_true").fetchall() == [(1,)]
    database.close()
    (folder / "database.db").unlink()
    status = project.nbtasks("status", "--env--sample", "true").stdout
    assert re.search("load +will run", status)  # the notes of a table that is gone are gone too

    schemas = project.read("src/my_pipeline/schemas.py")
    wrong = schemas.replace(
        "SUMS = pa.DataFrameSchema({}", "SUMS = pa.DataFrameSchema({'a': pa.Column()}"
    )
    project.write("src/my_pipeline/schemas.py", wrong)
    done = project.run("ploomber", "build", "--env--sample", "true", check=False)
    assert done.returncode and "sums" in done.stdout  # a table in the database is checked


def test_a_parameter_that_only_another_pipeline_uses_is_no_warning(project: QuickDesk) -> None:
    project.write("env.yaml", project.read("env.yaml") + "\nonly_there: 1\n")
    shown = project.run("ploomber", "status").stdout
    assert "get" in shown and "placeholders" not in shown


def address(folder: str) -> str:
    """Return where a database is, as a project's `database.url` does."""
    return f"sqlite:///{Path(folder).as_posix()}/database.db"


def test_the_notes_of_tables_can_be_read_in_any_thread(tmp_path: Path) -> None:
    """The dashboard answers each visitor in another one."""
    client = sql_notes(f"{__name__}.address", str(tmp_path))
    with contextlib.closing(client), ThreadPoolExecutor(1) as other:
        rows = other.submit(client.connection.execute, "SELECT 1").result().fetchall()
    assert rows == [(1,)]


def test_a_grid_is_one_entry(project: QuickDesk) -> None:
    """Its values keep their types; its schema is for all of them."""
    new(project, "fit", "--grid", "depth=2,4", "kind=a,b", "--upstream", "get")
    task = read_tasks(project.path / "pipeline.yaml")["fit-[[depth]]-[[kind]]"]
    assert task["grid"] == {"depth": [2, 4], "kind": ["a", "b"]}
    assert 'SCHEMAS["fit-*-*"] = FIT' in project.read("src/my_pipeline/schemas.py")
    assert "depth = None\nkind = None\n" in project.read("tasks/fit.py")


@pytest.mark.parametrize(
    ("data", "read", "line"),
    [
        (b"a;b\n1;Stra\xdfe\n", 'encoding="latin-1", sep=";"', '"b": pa.Column(str),  # Straße'),
        ("a,b\n1,é\n".encode(), "read_csv(path)", '"a": pa.Column(int),  # 1 to 1'),
        (b"z;n\n01067;1,5\n50667;2\n", 'decimal=",", dtype={"z": "str"}', '"z": pa.Column(str),'),
        (b"a,b\n1,5\n2,\n", 'dtype={"b": "Int64"}', '"b": pa.Column("Int64", nullable=True)'),
        (b"a|b\n1|\n2|\n", 'sep="|"', '"b": pa.Column(float, nullable=True),\n'),
        (b"a,$b\nTrue,1\nFalse,2\n", "read_csv(path)", '"a": pa.Column(bool),'),
        (b"a,$b\nx,1\n,2\n", "read_csv(path)", '"$b": pa.Column(int),  # 1 to 2'),
    ],
)
def test_a_schema_is_drafted_of_what_is_in_a_file(
    project: QuickDesk, data: bytes, read: str, line: str
) -> None:
    """Encoding and separator are found; the schema passes, as the test of the task says."""
    (project.path / "data" / "raw" / "own.csv").write_bytes(data)
    new(project, "own", "--raw", "data/raw/own.csv")
    assert read in project.read("src/my_pipeline/own.py")
    assert line in project.read("src/my_pipeline/schemas.py")
    project.run("python", "-m", "pytest", "-q", "tests/test_own.py")


def test_a_draft_names_the_files_that_it_keeps(project: QuickDesk) -> None:
    """What is neither in upstream nor in product, with its line."""
    code = 'import pandas as pd\n\npd.read_csv("/data/a.csv").to_csv("out/b.csv")\n'
    project.write("exploration/look.py", code)
    printed = new(project, "look", "--from", "exploration/look.py")
    named = re.findall(r"  tasks/look.py:\d+  (\S+)\n", printed)
    assert named == ["/data/a.csv", "out/b.csv"]
    assert (
        "exploration/look.py" not in printed.split("Files of that name")[0].split("resources_")[0]
    )


def test_a_draft_can_have_a_report(project: QuickDesk) -> None:
    project.write("exploration/look.py", "# %%\n1 + 1\n")
    new(project, "look", "--from", "exploration/look.py", "--report")
    task = read_tasks(project.path / "pipeline.yaml")["look"]
    assert task["nb_product_key"] == ["nb", "report"] and task["product"]["report"].endswith(
        ".html"
    )


def test_files_that_are_called_like_it_are_named(project: QuickDesk) -> None:
    project.write("exploration/snow.py", "1 + 1\n")
    printed = new(project, "snow")
    assert "Files of that name that are not part of the task: exploration/snow.py\n" in printed


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["x", "--sql", "--upstream", "get"], "SQL reads tables of its database, and get makes"),
        (["x", "--grid", "depth"], "'depth' is no grid: write NAME=VALUE,VALUE"),
        (["x", "--raw", "data/raw/absent.csv"], "There is no file data/raw/absent.csv."),
        (["x", "--raw", "pyproject.toml"], "no file of a kind that this reads: .csv .tsv"),
        (["x", "--raw", "data/raw/empty.csv"], "empty.csv can't be read as a table"),
        (["x", "--sql", "--csv"], "--sql and --csv do not go together."),
        (["x", "--function", "--grid", "a=1"], "--function and --grid do not go together."),
        (["x", "--raw", "/etc/hostname"], "is outside of the project: copy it to data/raw/"),
    ],
)
def test_what_does_not_go_is_said(project: QuickDesk, arguments: list[str], reason: str) -> None:
    """In a sentence, before anything is written."""
    project.write("data/raw/empty.csv", "")
    before = project.git("status", "--porcelain")
    printed = new(project, *arguments, check=False)
    assert printed.startswith("No task was made. ") and reason in printed
    assert project.git("status", "--porcelain") == before
