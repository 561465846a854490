"""The dashboard: what it shows, from where, and that it is whole while a build is under way."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from conftest import Project, read_ours, see_figures
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

SAMPLE = ("--env--sample", "true")
FIGURES = 5


@contextmanager
def serve(project: Project, line: str) -> Iterator[str]:
    """Type a command of the page about dashboards; return the address that it prints.

    It gets a port of its own, so that tests can run side by side.
    """
    assert f"\n{line}\n" in read_ours("docs/dashboard.md")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = line.split() if "--listen" in line else [*line.split(), "--listen", "127.0.0.1:8050"]
    listen = words[-1] = words[-1].replace("8050", str(port))
    process = subprocess.Popen(
        words,
        cwd=project.path,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line == f"The dashboard: http://{listen}   (Ctrl-C ends it)\n", line
        yield f"http://{listen}"
    finally:
        process.terminate()
        rest = process.communicate(timeout=30)[0]
    assert rest == ""


def health(address: str) -> tuple[int, float | None]:
    """Return the status of the health page, and when it says the data was made."""
    try:
        with urlopen(f"{address}/health") as response:
            return response.status, json.load(response)["made"]
    except HTTPError as error:
        return error.code, json.load(error)["made"]


def build(project: Project, task: str, rows: int = 60) -> None:
    """Build a task and what it needs, on a sample of so many rows."""
    rows_option = ("--env--sample_rows", str(rows))
    project.ploomber("build", "--partially", task, *SAMPLE, *rows_option)


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project whose model has been trained on the sample."""
    project = at_hand(project_name="Penguins & <Sons>", project_slug="my-pipeline")
    build(project, "train")
    return project


@pytest.fixture(scope="module")
def address(project: Project) -> Iterator[str]:
    """Return where the dashboard of the sample is served."""
    with serve(project, "nbtasks dashboard --sample") as address:
        yield address


def test_figures_are_drawn_and_follow_the_filters(address: str, page: Page) -> None:
    """All that the page needs comes from the server itself."""
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(address)
    expect(page).to_have_title("Penguins & <Sons>")
    see_figures(page.locator("body"), FIGURES)
    head = page.locator("header")
    for words in ("Penguins & <Sons>", "Sample, 60 of 344 rows", "development"):
        expect(head).to_contain_text(words)
    assert re.search(
        r"made 20\d\d-\d\d-\d\d \d\d:\d\d, (just now|\d+ minutes? ago)", head.inner_text()
    )
    assert re.search(r"is right about \d+% of the birds", page.locator("body").inner_text())

    birds = page.locator("#birds")
    expect(birds).to_contain_text("59 of 59 birds")
    expect(birds).to_contain_text("Gentoo")
    expect(page.locator("#bills .traces")).to_have_count(3)
    page.get_by_text("Gentoo", exact=True).first.click()
    expect(page.locator("#bills .traces")).to_have_count(2)
    assert not re.search("Gentoo|59 of 59", birds.inner_text())
    for box in page.locator("#islands input").all():
        box.click()
    expect(birds).to_contain_text("0 of 59 birds")

    assert errors == []
    assert {url.split("/")[2] for url in asked if not url.startswith(("data:", "blob:"))} == {
        address.split("/")[2]
    }


def test_what_is_shown_is_whole_whatever_a_build_is_about(
    project: Project, address: str, page: Page
) -> None:
    """A table that is half written, or newer than the model beside it, is not shown."""
    head, table = page.locator("header"), project.path / "products/development/sample=True"
    status, made = health(address)
    assert status == 200 and made and abs(time.time() - made) < 600
    page.goto(address)
    expect(head).to_contain_text("60 of 344 rows")
    contents = (table / "clean.parquet").read_bytes()
    (table / "clean.parquet").write_bytes(contents[:4000])
    assert health(address) == (200, made)
    page.reload()
    expect(page.locator("#birds")).to_contain_text("59 of 59 birds")

    build(project, "clean", rows=40)
    page.reload()
    expect(head).to_contain_text("60 of 344 rows")
    see_figures(page.locator("body"), FIGURES)
    build(project, "train", rows=40)
    page.reload()
    expect(head).to_contain_text("40 of 344 rows")
    expect(page.locator("#birds")).to_contain_text(re.compile(r"(\d+) of \1 birds"))
    assert (health(address)[1] or 0) > made


def test_without_products_the_page_names_the_command(project: Project, page: Page) -> None:
    line = "nbtasks dashboard --environment production --listen 0.0.0.0:8050"
    with serve(project, line) as address:
        address = address.replace("0.0.0.0", "127.0.0.1")
        assert health(address) == (503, None)
        page.goto(address)
        expect(page.locator("h1")).to_have_text("Nothing to show yet")
        expect(page.locator("pre")).to_have_text(
            "PLOOMBER_ENV_FILENAME=env.production.yaml ploomber build"
        )
