"""`nbtasks new --dashboard` makes a page on the project's own tables, and says what it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import Project
from desk import put_back, without_set_up

PAGE = "src/my_pipeline/dashboard.py"


@pytest.fixture(scope="module")
def made(bake: Callable[..., Project], home: Path) -> Project:
    """Return an empty project, in git, that all tests share."""
    return without_set_up(bake(example="empty"), home)


@pytest.fixture
def project(made: Project) -> Iterator[Project]:
    """Return the project; as it was, after the test."""
    yield from put_back(made)


def test_the_page_shows_every_table_and_passes_the_checks(project: Project) -> None:
    printed = project.nbtasks("new", "--dashboard").stdout
    assert printed == f"A dashboard of get:\n  {PAGE}\nNext: nbtasks add dash plotly\n"
    text = project.read(PAGE)
    assert '\nTASKS = ["get"]\n' in text
    for words in (("check",), ("format", "--check")):
        project.run(sys.executable, "-m", "ruff", *words, "--no-cache", PAGE)
    own: dict[str, object] = {"__name__": "page"}
    exec(compile(text, PAGE, "exec"), own)
    tables = {"get": {"data": pd.DataFrame({"bird": ["auk"], 7: [2.5]})}, "sum": {"all": []}}
    tables["sum"]["all"] = pd.DataFrame({"weight": []})
    results = SimpleNamespace(tables=tables, sample="Sample, 1 of 2 rows", about=["made today"])
    page = str(own["make_page"](results, "Birds"))  # type: ignore[operator]
    for said in ("Birds", "Sample, 1 of 2 rows", "made today", "get: data, 1 rows", "'auk'"):
        assert said in page
    assert "{'label': 'get: 7', 'value': 1}" in page and "'sum: weight', 'value': 2" in page
    app = own["make_app"](lambda: None, "Birds")  # type: ignore[operator]
    assert app.layout().children is None
    # The server is an extra of the package's.
    assert project.read("pyproject.toml").count('"nbtasks[dashboard]==') == 1


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("nbtasks==", "nbtasks[dashboard]=="),
        ("nbtasks[cluster]==", "nbtasks[cluster,dashboard]=="),
        ("nbtasks[dashboard,cluster]==", "nbtasks[dashboard,cluster]=="),
    ],
)
def test_extras_that_are_there_stay(project: Project, asked: str, then: str) -> None:
    project.write("requirements.txt", project.read("requirements.txt") + "Dash>=4\nplotly\n")
    text = project.read("pyproject.toml")
    project.write("pyproject.toml", text.replace('"nbtasks==', f'"{asked}'))
    printed = project.nbtasks("new", "--dashboard").stdout
    assert project.read("pyproject.toml") == text.replace('"nbtasks==', f'"{then}')
    wanted = "ploomber build" if asked == then else "nbtasks lock, python bootstrap.py"
    assert printed.endswith(f"Next: {wanted}\n")


def test_one_that_is_there_stays(project: Project) -> None:
    project.write(PAGE, "# days of work\n")
    done = project.nbtasks("new", "--dashboard", check=False)
    assert done.returncode == 1
    assert done.stdout.endswith(f"{PAGE} exists already. Next: nbtasks dashboard\n")
    assert project.read(PAGE) == "# days of work\n"


def test_it_is_no_task(project: Project) -> None:
    done = project.nbtasks("new", "birds", "--dashboard", check=False)
    assert done.returncode == 1 and "Type --dashboard alone" in done.stdout
    assert project.git("status", "--porcelain") == ""


def test_without_tables_there_is_nothing_to_show(project: Project) -> None:
    text = project.read("pipeline.yaml").replace("get.parquet", "get.bin")
    project.write("pipeline.yaml", text)
    before = project.git("status", "--porcelain")
    done = project.nbtasks("new", "--dashboard", check=False)
    assert done.returncode == 1
    assert "No task of pipeline.yaml makes a .parquet or .csv table to show.\n" in done.stdout
    assert project.git("status", "--porcelain") == before
