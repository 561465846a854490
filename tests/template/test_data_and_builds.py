"""A project whose data is too large for git passes its smoke test without it.

The list of such files is tested in tests/package/test_data.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Project, read_ours

pytestmark = pytest.mark.slow


@pytest.fixture
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project that is set up."""
    return set_up(example="empty")


def test_the_smoke_test_needs_the_sample_only(project: Project) -> None:
    """docs/how-to/data.md, followed: a clone without the whole file passes the smoke test."""
    raw = project.read("data/raw/example.csv")
    project.write("data/raw/sample=True/example.csv", raw)
    project.write("data/raw/sample=False/example.csv", raw)
    pipeline = project.read("pipeline.yaml")
    chosen = pipeline.replace("raw: data/raw/", 'raw: "data/raw/sample={{sample}}/').replace(
        "example.csv", 'example.csv"'
    )
    assert chosen != pipeline
    project.write("pipeline.yaml", chosen)
    whole = "data/raw/sample=False/example.csv"
    project.run("nbtasks", "data", "add", whole)
    for line in ["nbtasks data", "ploomber build"]:
        project.run(*line.split())
    (project.path / whole).unlink()
    project.run("python", "-m", "pytest", "-q", "tests/test_pipeline.py")
    done = project.run("ploomber", "build", check=False)
    said = f"The task 'get' reads {whole}, which is missing\nIt is too large for git. To get it:"
    assert done.returncode == 1 and f"{said} nbtasks data\n" in done.stdout
    assert "Traceback" not in done.stdout
    assert "(nbtasks docs data says" in project.read(".pre-commit-config.yaml")
    assert "\n   nbtasks data\n" in read_ours("docs/how-to/data.md")
