"""`nbtasks new` makes all that a task consists of, or says in a sentence why it can't.

That it builds and can be committed is tested in tests/template/test_new_tasks_build.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import Project
from desk import put_back, without_set_up

from nbtasks.pipeline.pipeline_file import read_tasks

TABLE = "products/development/sample=False/get.parquet"


@pytest.fixture(scope="module", params=["penguins", "empty"])
def made(request: pytest.FixtureRequest, bake: Callable[..., Project], home: Path) -> Project:
    """Return a project of either example, in git, that all tests share."""
    return without_set_up(bake(example=request.param), home)


@pytest.fixture
def project(made: Project) -> Iterator[Project]:
    """Return the project; as it was, after the test."""
    yield from put_back(made)


def new(project: Project, *arguments: str, check: bool = True) -> str:
    """Type the command; return what it prints."""
    return project.nbtasks("new", *arguments, check=check).stdout


def test_a_new_task_is_whole(project: Project) -> None:
    """Script, functions, test, schema, entry and notebook: no part has to be made by hand."""
    printed = new(project, "weather", "--upstream", "get")
    named = "tasks/weather.py src/my_pipeline/weather.py tests/test_weather.py pipeline.yaml"
    assert all(f"  {name}\n" in printed for name in named.split())
    assert "Next: ploomber build --partially weather\n" in printed
    assert 'pd.read_parquet(upstream["get"]["data"])' in project.read("tasks/weather.py")
    assert "WEATHER = pa.DataFrameSchema({}" in project.read("src/my_pipeline/schemas.py")
    assert "weather" in read_tasks(project.path / "pipeline.yaml")
    assert (project.path / "notebooks" / "weather.ipynb").exists()
    assert project.nbtasks("sync").stdout == ""


def test_a_draft_becomes_a_task(project: Project) -> None:
    """A notebook of exploration/ is nobody's business until it is made a task."""
    cells = [
        nbformat.v4.new_markdown_cell("# A look"),
        nbformat.v4.new_code_cell(f"import pandas\n\npandas.read_parquet('{TABLE}').shape"),
    ]
    draft = nbformat.v4.new_notebook(cells=cells)
    project.write("exploration/look.ipynb", nbformat.writes(draft))
    project.write("exploration/look_again.py", "# %%\nimport pandas\n\n1 + 1\n")
    project.nbtasks("sync")
    assert not (project.path / "tasks" / "look.py").exists()
    assert "look.ipynb" not in project.git("status", "--porcelain")
    new(project, "look", "--from", "exploration/look.ipynb")
    script = project.read("tasks/look.py")
    assert script.index("# # A look") < script.index('tags=["parameters"]')
    assert 'upstream = ["get"]' in script  # whose product it reads
    assert 'pandas.read_parquet(upstream["get"]["data"]).shape' in script
    assert (project.path / "exploration" / "look.ipynb").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["get"], "pipeline.yaml has a task 'get' already"),
        (["Weather"], "small letters"),
        (["class"], "a word of Python"),
        (["json"], "a module of Python"),
        (["wind", "--upstream", "gte"], "no task 'gte' to read from. There are: get"),
        (["wind", "--from", "exploration/absent.ipynb"], "no file exploration/absent.ipynb"),
    ],
)
def test_what_can_not_be_a_task_is_said(
    project: Project, arguments: list[str], reason: str
) -> None:
    """A refusal is one sentence, and leaves everything as it was."""
    before = project.git("status", "--porcelain")
    done = project.nbtasks("new", *arguments, check=False)
    assert done.returncode == 1
    assert reason in done.stdout and "Traceback" not in done.stdout
    assert project.git("status", "--porcelain") == before


def test_nothing_that_exists_is_overwritten(project: Project) -> None:
    """A file with the name of a part of the task stops it before anything is written."""
    project.write("tests/test_snow.py", "# days of work\n")
    before = project.read("pipeline.yaml")
    assert "tests/test_snow.py exists already" in new(project, "snow", check=False)
    assert project.read("tests/test_snow.py") == "# days of work\n"
    assert project.read("pipeline.yaml") == before
    assert not (project.path / "tasks" / "snow.py").exists()
