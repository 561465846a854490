"""The page of a build: what it keeps, what it never overwrites, and the picture in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project

pytestmark = pytest.mark.slow

SAMPLE = ("--env--sample", "true")


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project in which a part of the pipeline has run on the sample."""
    project = at_hand()
    printed = project.ploomber("build", "--partially", "clean", *SAMPLE).stdout
    page = place(project).relative_to(project.path)
    assert printed.rstrip().endswith(str(page))
    return project


def place(project: Project, sample: bool = True) -> Path:
    """Return where the page is."""
    return project.path / "products" / "development" / f"sample={sample}" / "index.html"


def test_a_build_of_a_part_keeps_the_cards_of_the_others(project: Project) -> None:
    project.ploomber("build", "--partially", "get", "--force", *SAMPLE)
    assert 'id="clean"' in place(project).read_text("utf-8")


def test_a_page_of_somebody_else_is_left_alone(project: Project) -> None:
    page = place(project, sample=False)
    page.parent.mkdir(parents=True)
    page.write_text("mine", encoding="utf-8")
    project.ploomber("build", "--partially", "get")
    assert page.read_text("utf-8") == "mine"


def test_the_pipeline_is_drawn_without_a_network(project: Project) -> None:
    """The names are drawn, no script is loaded; Ploomber's own drawings are not committed."""
    printed = project.nbtasks("picture").stdout
    drawn = Path(printed.split(": ", 1)[1].strip())
    text = drawn.read_text("utf-8")
    assert "script" not in text and text.count("http") == text.count("http://www.w3.org/2000/svg")
    for name in ("get", "clean", "features", "explore", "train"):
        assert f" {name}</text>" in text
    project.ploomber("plot", "--backend", "d3")
    assert "features" in project.read("pipeline.html")
    assert project.git("status", "--porcelain") == ""


def test_a_task_that_has_been_renamed_leaves_the_page(project: Project) -> None:
    assert 'id="clean"' in place(project).read_text("utf-8")
    (project.path / "tasks" / "clean.py").rename(project.path / "tasks" / "tidy.py")
    pipeline = project.read("pipeline.yaml")
    project.write("pipeline.yaml", pipeline.replace("tasks/clean.py", "tasks/tidy.py"))
    for name in ("tasks/features.py", "tasks/explore.py"):
        project.write(name, project.read(name).replace('"clean"', '"tidy"'))
    project.ploomber("build", "--partially", "tidy", *SAMPLE)
    text = place(project).read_text("utf-8")
    assert 'id="tidy"' in text
    assert 'id="clean"' not in text
