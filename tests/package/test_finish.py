"""What finishes a report: contents where it is long, captions, tables without plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from nbtasks.project import root
from nbtasks.results import about, finish
from nbtasks.results.offline import FIGURE
from nbtasks.results.report import Report

LONG = "# A title\n## One & *two*\n### Deeper\n## [Link](x.html)\n## Same\n## Same\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a project."""
    (tmp_path / "pipeline.yaml").write_text("tasks: []\n")
    monkeypatch.chdir(tmp_path)
    root.cache_clear()
    yield tmp_path
    root.cache_clear()


def report(*cells: Any, **metadata: Any) -> str:
    """Return the report of a notebook."""
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    page, _ = Report().from_notebook_node(notebook)
    return str(page)


def text(source: str) -> Any:
    """Return a cell of text."""
    return nbformat.v4.new_markdown_cell(source)


def shows(data: dict[str, Any], **metadata: Any) -> Any:
    """Return a cell that shows something."""
    output = nbformat.v4.new_output("display_data", data=data)
    return nbformat.v4.new_code_cell("x", outputs=[output], metadata=metadata)


def test_a_long_report_has_contents() -> None:
    """Each link leads to a heading of its own, also of two that are called alike."""
    page = report(text(LONG))
    links = re.findall(r'<a class="level-(\d)" href="#([^"]*)">(.*?)</a>', page)
    assert [link[0] for link in links] == ["2", "3", "2", "2", "2"]
    assert links[0][2] == "One &amp; <em>two</em>" and links[2][2] == "Link"
    for _, name, _ in links:
        assert page.count(f' id="{name}"') == 1
    assert [name for _, name, _ in links[-2:]] == ["Same", "Same-2"]


def test_a_short_report_has_none() -> None:
    page = report(text(LONG.removesuffix("## Same\n")))
    assert "Contents" not in page and "<!--" not in page.split("<body")[1]


def test_headings_of_somebody_else_are_left_alone() -> None:
    """Such as those that a table or a widget brings along."""
    page = report(shows({"text/html": '<h2 id="own">Own</h2><p>Text</p>'}), text(LONG))
    assert '<h2 id="own">Own</h2><p>Text</p>' in page
    assert re.findall(r'<a class="level-\d" href="#(\w*)', page)[0] == "One"


def test_a_formula_in_a_heading_is_one_that_browsers_draw() -> None:
    page = report(text("# The sum $a^2$"))
    assert re.search(r'<h1 id="The-sum-a2">The sum <math display="inline"><mrow>', page)


@pytest.mark.parametrize(
    "title", ["The <b>bills</b><br>of birds", {"text": "The bills of birds"}], ids=["text", "dict"]
)
def test_the_title_of_a_figure_is_its_caption(title: Any) -> None:
    page = report(shows({FIGURE: {"data": [], "layout": {"title": title}}}))
    assert '<p class="caption">The bills of birds</p>' in page
    assert '{"data": [], "layout": {"margin": {"t": 40}}}</script>' in page


def test_a_figure_without_a_title_has_no_caption_unless_its_cell_has_one() -> None:
    svg = {"image/svg+xml": "<svg></svg>"}
    assert "caption" not in re.sub("(?s)<style>.*?</style>", "", report(shows(svg)))
    assert '<p class="caption">Bills &lt; 4</p>' in report(shows(svg, title="Bills < 4"))
    assert finish.caption({FIGURE: {"layout": {"title": {"text": "$x$"}}}}, "Bills") == ""
    assert finish.caption({"text/html": "<p>"}, "Bills") == ""
    both = {"title": {"text": "Bills", "subtitle": {"text": "in mm"}}, "margin": {"t": 9}}
    assert finish.caption({FIGURE: {"layout": both}}, "") == "Bills · in mm"
    assert both == {"margin": {"t": 9}}


@pytest.mark.parametrize(
    ("table", "hidden"),
    [
        (pd.DataFrame({"a": range(3)}), True),
        (pd.DataFrame({"a": range(100)}), True),  # most rows are left out
        (pd.DataFrame({"a": range(9)}).tail(3), False),
        (pd.DataFrame({"a": range(9)}).query("a % 2 == 0"), False),
        (pd.DataFrame({"a": [1]}, index=["x"]), False),
        (pd.DataFrame({"a": range(3)}).rename_axis("bird"), False),
        (pd.DataFrame([[5, 1], [2, 7]]), False),  # a matrix
        (pd.DataFrame({"a": [1, 2]}, index=[["x", "x"], [5, 0]]), False),
        (pd.DataFrame({"a": [1, 2]}, index=[[0, 1], ["x", "y"]]), False),
    ],
)
def test_an_index_that_is_a_plain_range_is_hidden(table: pd.DataFrame, hidden: bool) -> None:
    page = report(shows({"text/html": table._repr_html_()}))
    assert ('class="dataframe range"' in page) == hidden


def test_parameters_are_in_a_fold() -> None:
    """A notebook that was run beside any pipeline has them from papermill."""
    given = {"product": "x.ipynb", "upstream": {}, "seed": 42, "word": "<b>"}
    page = report(text("# A"), papermill={"parameters": given})
    fold = re.findall(r"(?s)<details><summary.*?</details>", page)
    assert len(fold) == 1 and "open" not in fold[0]
    rows = re.findall(r"<tr><th>(.*?)</th><td>(.*?)</td></tr>", fold[0])
    assert rows == [("seed", "42"), ("word", '"&lt;b&gt;"')]
    assert "<details" not in report(text("# A"))


@pytest.mark.parametrize(
    ("authors", "said"),
    [
        ('[{ name = "Ada" }, { name = "Grace", email = "g@example.com" }]', "Ada, Grace"),
        ('[{ name = "Your Name" }]', ""),  # as the template asks for it
        ('[{ email = "g@example.com" }]', ""),
        ('["Ada <a@example.com>"]', ""),
        ("<<<<<<< ours", ""),
    ],
)
def test_the_author_is_that_of_the_project(project: Path, authors: str, said: str) -> None:
    assert about.author() == ""
    (project / "pyproject.toml").write_text(f"[project]\nauthors = {authors}\n")
    assert about.author() == said
