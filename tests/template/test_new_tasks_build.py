"""What `nbtasks new` makes builds, is tested and can be committed at once.

What it writes and refuses is tested in tests/package/test_new.py.
"""

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


def test_a_new_task_builds_is_tested_and_committed(project: Project) -> None:
    """Nothing has to be typed before build, tests and commit pass; then it can go again."""
    printed = project.run("nbtasks", "new", "weather", "--upstream", "get").stdout
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


def test_a_draft_that_became_a_task_builds(project: Project) -> None:
    """What was a cell of exploration/ reads the product that it read before."""
    cell = nbformat.v4.new_code_cell(f"import pandas\n\npandas.read_parquet('{TABLE}').shape")
    draft = nbformat.v4.new_notebook(cells=[cell])
    project.write("exploration/look.ipynb", nbformat.writes(draft))
    project.run("nbtasks", "new", "look", "--from", "exploration/look.ipynb")
    project.run("ploomber", "build", "--env--sample", "true", "--partially", "look")
    assert list(project.path.glob("products/**/look.ipynb"))
    assert (project.path / "notebooks" / "look.ipynb").exists()
