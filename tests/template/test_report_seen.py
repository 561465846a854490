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
from reports import made, make_others

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
        box = figure.bounding_box()
        assert box and box["width"] <= 680
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function("document.querySelector('.main-svg').clientWidth > 800")


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
