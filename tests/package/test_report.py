"""A report is a file that is whole and small, and what any notebook product in HTML becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import Project
from nbformat import NotebookNode
from reports import made, make_others

from nbtasks.results.report import Report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project whose pipeline has run on the sample."""
    project = at_hand(project_name="Penguins & <Sons>", project_slug="my-pipeline")
    project.ploomber("build", "--env--sample", "true")
    return project


@pytest.fixture(scope="module")
def other(project: Project) -> Path:
    """Return the folder of the reports that a pipeline unlike ours has made."""
    return make_others(project)


def test_each_file_is_as_small_as_it_can_be(project: Project) -> None:
    """The notebook holds the data of its figures only, the report plotly.js once."""
    for name in ("explore", "train"):
        assert made(project, f"{name}.ipynb").stat().st_size < 200_000
        report = made(project, f"{name}.html").read_text("utf-8")
        assert report.count("* plotly.js v") == 1
        assert len(report) < 5_500_000


def test_edits_that_are_not_committed_are_told_of(project: Project) -> None:
    """And the class can be used without a pipeline, as any exporter of nbconvert."""
    path = project.path / "README.md"
    text = path.read_text("utf-8")
    notebook = made(project, "explore.ipynb")
    try:
        path.write_text(text + "\n", encoding="utf-8")
        convert = [
            *("python", "-m", "nbconvert", "--to", "nbtasks.results.report.Report"),
            "--stdout",
        ]
        page = project.run(*convert, notebook).stdout
    finally:
        path.write_text(text, encoding="utf-8")
    commit = project.git("rev-parse", "--short", "HEAD")
    assert f"commit {commit}, with uncommitted changes</span>" in page
    assert "<title>Explore · Penguins &amp; &lt;Sons&gt;</title>" in page


def test_what_nbconvert_loads_from_the_internet_is_loaded_only_where_needed(
    project: Project, other: Path
) -> None:
    """A formula is drawn by the browser; one that is not understood needs MathJax."""
    for report in (other / "single.html", made(project, "explore.html")):
        assert not re.search(r'<script[^>]* src="', report.read_text("utf-8"))
    page, _ = Report().from_notebook_node(notebook("A sum: $a^2$, and $$\\int x$$"))
    assert page.count("<math ") == 2
    with pytest.warns(UserWarning, match="needs a network: it loads from cdnjs.cloudflare.com"):
        page, _ = Report().from_notebook_node(notebook("An unheard $\\unheard{x}$"))
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page)
    assert len(scripts) == 1 and "mathjax" in scripts[0]


def notebook(text: str) -> nbformat.NotebookNode:
    """Return a notebook of one text."""
    made: NotebookNode = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    return made


def test_a_task_that_names_an_exporter_keeps_it(other: Path) -> None:
    assert "show-code" not in (other / "named.html").read_text("utf-8")
