"""The page of a build: what it tells, that it needs no network, and what it never overwrites."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import Project
from playwright.sync_api import Page, expect

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


def test_it_shows_tasks_tables_parameters_and_the_pipeline(project: Project, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.goto(place(project).as_uri())
    assert asked == [place(project).as_uri()]
    expect(page).to_have_title("My Pipeline · development · Sample, 60 of 344 rows")
    expect(page.locator("h1")).to_have_text("All tasks are done")
    expect(page.locator(".card")).to_have_count(2)
    card = page.locator("#clean")
    expect(card).to_contain_text("done")
    assert re.search(r"clean · \d+\.\d s · 20\d\d-\d\d-\d\d \d\d:\d\d", card.inner_text())
    picture = page.locator(".picture svg")
    for name in ("get", "clean"):
        expect(picture.locator("text", has_text=name)).to_be_visible()
    expect(page.get_by_text("59 rows, 10 columns")).to_be_visible()
    expect(page.locator(".dataframe").last).to_contain_text("bill_length_mm")
    expect(page.locator(".plain")).to_contain_text("sample_rows")
    for link in page.locator(".card a, summary a").all():
        assert (place(project).parent / unquote(link.get_attribute("href") or "")).is_file()


def test_a_failure_is_told_with_its_error(project: Project, page: Page) -> None:
    script = project.read("tasks/clean.py")
    build = ("build", "--partially", "clean", *SAMPLE)
    project.write("tasks/clean.py", script.replace("clean(raw)", "clean(raw.query('Sex <'))"))
    try:
        assert project.ploomber(*build, check=False).returncode == 1
        page.goto(place(project).as_uri())
        expect(page.locator("h1")).to_have_text("clean failed")
        expect(page.locator("#clean .error")).to_contain_text("SyntaxError")
        # Before the notebook begins; the one of the build before still holds its error.
        project.write("tasks/clean.py", script.replace("clean(raw)\n", "clean(nothing)\n"))
        printed = project.ploomber(*build, check=False).stdout
        number = script.split("\n").index("table = clean(raw)") + 1
        said = f"tasks/clean.py:{number}: undefined name 'nothing'"
        assert said in printed
        assert "Traceback" not in printed
        page.reload()
        expect(page.locator("#clean .error")).to_contain_text(said)
        faulty = script.replace("clean(raw)\n", "clean(raw).assign(body_mass_g=3.75)\n")
        project.write("tasks/clean.py", faulty)
        assert project.ploomber(*build, check=False).returncode == 1
        page.reload()
        said = page.locator("#clean .error").inner_text()
        assert said.startswith("The table of task 'clean' is not as its schema")
        assert "column body_mass_g, check in_range(1000, 10000)" in said
        assert "Traceback" not in said and "TaskBuildError" not in said
    finally:
        project.write("tasks/clean.py", script)
    project.ploomber(*build)
    page.reload()
    expect(page.locator("h1")).to_have_text("All tasks are done")


def test_the_picture_of_the_pipeline_can_be_read(project: Project, page: Page) -> None:
    printed = project.nbtasks("picture").stdout
    page.goto(Path(printed.split(": ", 1)[1].strip()).as_uri())
    for name in ("get", "clean", "features", "explore", "train"):
        expect(page.locator("text", has_text=name)).to_be_visible()
