"""Reports of several libraries, in a browser without a network."""

from __future__ import annotations

from pathlib import Path

import offline
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of reports of each kind."""
    project, _ = offline.build(tmp_path_factory.mktemp("reports"))
    return project.path / "products"


def open_offline(page: Page, path: Path) -> list[str]:
    """Open a file without a network; return what the page asks for, and its errors."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.context.set_offline(True)
    page.goto(path.as_uri())
    return asked


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("altair", ".vega-embed canvas, .vega-embed svg"),
        ("data", ".vega-embed canvas, .vega-embed svg"),
        ("bokeh", ".bk-Figure"),
        ("plotly", ".js-plotly-plot svg.main-svg .bars"),
        ("formulas", "math mfrac"),
    ],
)
def test_a_figure_is_drawn(products: Path, page: Page, name: str, drawn: str) -> None:
    asked = open_offline(page, products / f"{name}.html")
    expect(page.locator(drawn).first).to_be_visible()
    box = page.locator(drawn).first.bounding_box()
    assert box and box["height"] > 15
    remote = [each for each in asked if not each.startswith(("file:", "data:", "blob:"))]
    assert remote == []
    expect(page.locator(".network")).to_have_count(0)


def test_formulas_are_set_by_the_browser(products: Path, page: Page) -> None:
    open_offline(page, products / "formulas.html")
    expect(page.locator("math")).to_have_count(4)
    expect(page.locator("math[display=block]")).to_have_count(2)
    assert "$" not in page.locator("main").inner_text()


@pytest.mark.parametrize("name", ["folium", "widget"])
def test_what_can_not_be_drawn_is_a_box_that_says_so(products: Path, page: Page, name: str) -> None:
    open_offline(page, products / f"{name}.html")
    box = page.locator(".network")
    expect(box).to_be_visible()
    expect(box).to_contain_text(offline.REMOTE[name])
    expect(page.locator(".loaded")).to_be_hidden()


def test_with_a_network_the_figure_is_there(products: Path, page: Page) -> None:
    """Whoever has a network sees both, the box and what it speaks of."""
    page.context.route("https://**", lambda route: route.fulfill(body=""))
    page.goto((products / "folium.html").as_uri())
    expect(page.locator(".network")).to_be_visible()
    expect(page.locator(".loaded iframe")).to_be_visible()
