"""`nbtasks new` makes a task that builds, is tested and can be committed at once."""

from __future__ import annotations

from collections.abc import Callable

import nbformat
import pytest
from conftest import Project

pytestmark = pytest.mark.slow

TABLE = "products/development/sample=False/get.parquet"


@pytest.fixture(scope="module", params=["penguins", "empty"])
def project(request: pytest.FixtureRequest, set_up: Callable[..., Project]) -> Project:
    """Return a project of either example."""
    return set_up(example=request.param)


def new(project: Project, *arguments: str, check: bool = True) -> str:
    """Type the command; return what it prints."""
    return project.run("nbtasks", "new", *arguments, check=check).stdout


def test_a_new_task_builds_is_tested_and_committed(project: Project) -> None:
    """Nothing has to be typed before build, tests and commit pass; then it can go again."""
    printed = new(project, "weather", "--upstream", "get")
    named = "tasks/weather.py src/my_pipeline/weather.py tests/test_weather.py pipeline.yaml"
    assert all(f"  {name}\n" in printed for name in named.split())
    next_command = printed.split("Next: ")[1].splitlines()[0]

    project.run(*next_command.split(), "--env--sample", "true")
    assert list(project.path.glob("products/**/weather.parquet"))
    assert (project.path / "notebooks" / "weather.ipynb").exists()
    project.run("python", "-m", "pytest", "-q", "tests/test_weather.py")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "A task for the weather")

    # Its table is checked: the schema is there, to be filled in.
    schemas = project.read("src/my_pipeline/schemas.py")
    strict = schemas.replace(
        "WEATHER = pa.DataFrameSchema({}", 'WEATHER = pa.DataFrameSchema({"no": pa.Column()}'
    )
    assert strict != schemas
    project.write("src/my_pipeline/schemas.py", strict)
    done = project.run(
        "ploomber", "build", "--env--sample", "true", "--partially", "weather", check=False
    )
    assert done.returncode and "weather" in done.stdout and "no" in done.stdout
    project.git("checkout", "src")


def test_a_draft_becomes_a_task(project: Project) -> None:
    """A notebook of exploration/ is nobody's business until it is made a task."""
    cells = [
        nbformat.v4.new_markdown_cell("# A look"),
        nbformat.v4.new_code_cell(f"import pandas\n\npandas.read_parquet('{TABLE}').shape"),
    ]
    draft = nbformat.v4.new_notebook(cells=cells)
    project.write("exploration/look.ipynb", nbformat.writes(draft))
    project.write("exploration/look_again.py", "# %%\nimport pandas\n\n1 + 1\n")
    project.run("nbtasks", "sync")
    assert not (project.path / "tasks" / "look.py").exists()
    assert "look.ipynb" not in project.git("status", "--porcelain")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "A draft")

    new(project, "look", "--from", "exploration/look.ipynb")
    script = project.read("tasks/look.py")
    assert script.index("# # A look") < script.index('tags=["parameters"]')
    assert 'upstream = ["get"]' in script  # whose product it reads
    assert 'pandas.read_parquet(upstream["get"]["data"]).shape' in script
    assert (project.path / "exploration" / "look.ipynb").exists()
    project.run("ploomber", "build", "--env--sample", "true", "--partially", "look")
    assert list(project.path.glob("products/**/look.ipynb"))


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
    done = project.run("nbtasks", "new", *arguments, check=False)
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
    (project.path / "tests" / "test_snow.py").unlink()
