"""A report is for people who don't read code: what it shows, what it hides, and that it is whole.

It opens from a file without a network, says what it is about, keeps code behind one button,
prints, and is what any notebook product in HTML becomes, unless pipeline.yaml says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project, see_figures
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

SCRIPT = """# %% [markdown]
# # What it costs
# A sum: $a^2 + b^2$

# %% tags=["parameters"]
upstream = None
product = None

# %%
print("Only this is shown")

# %%
product if isinstance(product, str) else list(product.values())

# %%
import warnings

warnings.warn("for its author only")
"""
PIPELINE = """
meta: {extract_product: false}
on_render: nbtasks.report.use
tasks:
  - {source: other/single.py, product: products/other/single.html}
  - source: other/named.py
    product: products/other/named.html
    nbconvert_exporter_name: html
  - source: other/several.py
    product: {nb: products/other/several.ipynb, page: products/other/several.html}
    nb_product_key: [nb, page]
    nbconvert_export_kwargs: {exclude_input: true}
"""


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project whose pipeline has run on the sample."""
    project = set_up(project_name="Penguins & <Sons>", project_slug="my-pipeline")
    project.run("ploomber", "build", "--env--sample", "true")
    return project


@pytest.fixture(scope="module")
def other(project: Project) -> Path:
    """Return the folder of the reports that a pipeline unlike ours has made."""
    for name in ("single", "named", "several"):
        project.write(f"other/{name}.py", SCRIPT)
    project.write("pipeline.other.yaml", PIPELINE)
    project.run("ploomber", "build", "--entry-point", "pipeline.other.yaml")
    return project.path / "products" / "other"


def made(project: Project, name: str) -> Path:
    """Return a product of the sample run."""
    return project.path / "products" / "development" / "sample=True" / name


def open_offline(page: Page, path: Path) -> list[str]:
    """Open a file without a network; return what the page asks for beside itself."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.goto(path.as_uri())
    return [url for url in asked if url != path.as_uri()]


def test_the_head_says_what_it_is_about(project: Project, page: Page) -> None:
    open_offline(page, made(project, "explore.html"))
    expect(page).to_have_title("Explore · Penguins & <Sons> · Sample, 60 of 344 rows")
    head = page.locator("header")
    commit = project.git("rev-parse", "--short", "HEAD")
    for words in ["Penguins & <Sons>", "explore", "development", f"commit {commit}"]:
        expect(head).to_contain_text(words)
    assert re.search(r"\b20\d\d-\d\d-\d\d \d\d:\d\d\b", head.inner_text())
    assert "uncommitted" not in head.inner_text()
    expect(head.locator(".sample")).to_have_text("Sample, 60 of 344 rows")
    expect(head.locator(".sample")).to_be_visible()


@pytest.mark.parametrize(("name", "figures"), [("explore", 4), ("train", 2)])
def test_figures_are_drawn_without_a_network(
    project: Project, page: Page, name: str, figures: int
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    assert open_offline(page, made(project, f"{name}.html")) == []
    see_figures(page.locator("body"), figures)
    assert errors == []


def test_each_file_is_as_small_as_it_can_be(project: Project) -> None:
    """The notebook holds the data of its figures only, the report plotly.js once."""
    for name in ("explore", "train"):
        assert made(project, f"{name}.ipynb").stat().st_size < 200_000
        report = made(project, f"{name}.html").read_text("utf-8")
        assert report.count("* plotly.js v") == 1
        assert len(report) < 5_500_000


def test_code_parameters_and_paths_are_out_of_sight(project: Project, page: Page) -> None:
    report = made(project, "train.html")
    open_offline(page, report)
    code = page.locator(".jp-CodeMirrorEditor")
    assert code.count() > 3
    for cell in code.all():
        expect(cell).to_be_hidden()
    page.locator(".button").click()
    for cell in code.all():
        expect(cell).to_be_visible()
    assert "import joblib" in page.locator("main").inner_text()
    text = report.read_text("utf-8")
    assert "test_size = None" not in text
    assert str(project.path) not in text
    assert "model.joblib" not in page.locator("main .jp-OutputArea").all_inner_texts()


def test_it_prints(project: Project, page: Page) -> None:
    """On paper there is no button, and figures are as wide as the paper."""
    open_offline(page, made(project, "explore.html"))
    see_figures(page.locator("body"), 4)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".button")).to_be_hidden()
    for figure in page.locator(".main-svg").all():
        assert figure.bounding_box()["width"] <= 680
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function("document.querySelector('.main-svg').clientWidth > 800")


def test_edits_that_are_not_committed_are_told_of(project: Project) -> None:
    """And the class can be used without a pipeline, as any exporter of nbconvert."""
    path = project.path / "README.md"
    text = path.read_text("utf-8")
    notebook = made(project, "explore.ipynb")
    try:
        path.write_text(text + "\n", encoding="utf-8")
        convert = [*("python", "-m", "nbconvert", "--to", "nbtasks.report.Report"), "--stdout"]
        page = project.run(*convert, notebook, PYTHONPATH=".").stdout
    finally:
        path.write_text(text, encoding="utf-8")
    commit = project.git("rev-parse", "--short", "HEAD")
    assert f"commit {commit}, with uncommitted changes</span>" in page
    assert "<title>Explore · Penguins &amp; &lt;Sons&gt;</title>" in page


def test_any_notebook_product_in_html_is_one(other: Path, page: Page) -> None:
    for name in ("single", "several"):
        open_offline(page, other / f"{name}.html")
        expect(page).to_have_title("What it costs · Penguins & <Sons>")
        body = page.locator("body")
        expect(body).to_contain_text("Only this is shown")
        assert "products/other" not in body.inner_text()
        expect(page.locator("pre", has_text="UserWarning: for its author")).to_be_hidden()
    assert 'class="jp-CodeMirrorEditor' in (other / "single.html").read_text("utf-8")
    assert 'class="jp-CodeMirrorEditor' not in (other / "several.html").read_text("utf-8")


def test_what_nbconvert_loads_from_the_internet_is_loaded_only_where_needed(
    project: Project, other: Path
) -> None:
    """A formula needs MathJax, which is not in the environment; nothing else asks for it."""
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', (other / "single.html").read_text("utf-8"))
    assert len(scripts) == 1 and "mathjax" in scripts[0]
    assert '<script src="' not in made(project, "explore.html").read_text("utf-8")


def test_a_task_that_names_an_exporter_keeps_it(other: Path) -> None:
    assert "show-code" not in (other / "named.html").read_text("utf-8")
