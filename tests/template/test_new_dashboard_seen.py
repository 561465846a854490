"""A dashboard of one's own data, from nothing: made by a command, and whole whatever happens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from conftest import Project, see_figures
from playwright.sync_api import Page, expect
from test_dashboard_seen import SAMPLE, serve

pytestmark = pytest.mark.slow

LINE = "nbtasks dashboard --sample"
FOLDER = "products/development/sample=True"


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return an empty project with a dashboard; its table is CSV."""
    project = at_hand(example="empty", project_name="Fowl", project_slug="fowl")
    for name in ("pipeline.yaml", "tasks/get.py"):
        text = project.read(name).replace("get.parquet", "get.csv")
        text = text.replace('to_parquet(product["data"])', 'to_csv(product["data"], index=False)')
        project.write(name, text)
    project.nbtasks("new", "--dashboard")
    project.ploomber("build", *SAMPLE)
    return project


def test_the_page_shows_the_tables_of_the_project(project: Project, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with serve(project, LINE) as address:
        page.goto(address)
        expect(page.locator("header")).to_contain_text("Fowl")
        expect(page.locator("header .sample")).to_be_visible()
        see_figures(page.locator("body"), 1)
        expect(page.locator("h2")).to_have_text("get: data, 5 rows")
        names = project.read(f"{FOLDER}/get.csv").splitlines()[0].split(",")
        assert page.locator(".dataframe th").all_inner_texts() == names
        page.locator("#column").click()
        page.get_by_role("option", name=f"get: {names[-1]}").click()
        expect(page.locator("#figure .xtitle")).to_have_text(names[-1])
    assert errors == []


def test_what_cannot_be_shown_is_named(project: Project, page: Page) -> None:
    """A table that is cut off, one that is missing, and an error of the page itself."""
    table = project.path / FOLDER / "get.csv"
    contents = table.read_bytes()
    table.write_bytes(contents[:20])
    with serve(project, LINE) as address:
        page.goto(address)
        expect(page.locator("li")).to_have_text(f"{FOLDER}/get.csv is not as get left it")
        table.unlink()
        page.reload()
        expect(page.locator("li")).to_have_text(f"{FOLDER}/get.csv is not there")
        table.write_bytes(contents)
        page.reload()
        expect(page.locator("h2")).to_have_text("get: data, 5 rows")
    module = f"src/{project.package}/dashboard.py"
    text = project.read(module)
    project.write(module, text.replace("results.sample, className", "results.samples, className"))
    with serve(project, LINE) as address:
        page.goto(address)
        expect(page.locator("h1")).to_have_text("This page can't be drawn")
        expect(page.locator("pre")).to_contain_text(re.compile(rf"{module}:\d+.*results\.samples"))
    project.write(module, text)
