"""The site of the manual: whole, found by its search, and readable without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from conftest import NOT_OURS, TEMPLATE, clean_environ, read_ours
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.slow

PROGRAM = TEMPLATE / "docs" / "build_site.py"
#: Elements whose address a browser loads by itself; not those that are to be clicked.
LOADED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "script": "src",
    "source": "src",
    "video": "src",
}


class Loaded(HTMLParser):
    """Finds the addresses that a page loads."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address that an element loads."""
        address = dict(attrs).get(LOADED.get(tag, ""))
        if address:
            self.found.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, built as the workflow builds it."""
    folder = tmp_path_factory.mktemp("site") / "site"
    subprocess.run([sys.executable, PROGRAM, folder], check=True)
    return folder


def test_every_page_is_there(site: Path) -> None:
    """Those of docs/, the changelog, and those that are made of the code."""
    pages = {path.relative_to(TEMPLATE / "docs") for path in (TEMPLATE / "docs").rglob("*.md")}
    assert len(pages) > 20
    made = {Path("changelog.md"), *(Path("reference", f"{n}.md") for n in ("commands", "keys"))}
    for page in pages | made:
        assert (site / page.with_suffix(".html")).is_file(), page
    for name in ("bikes.ipynb", "counts.csv", "weather.csv"):
        assert list(site.glob(f"_downloads/*/{name}"))


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Neither by a page nor by a style sheet."""
    pages, sheets = sorted(site.rglob("*.html")), sorted(site.rglob("*.css"))
    assert len(pages) > 20 and len(sheets) >= 3
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert loaded.found
        assert not [address for address in loaded.found if re.match(r"(\w+:)?//", address)], page
    for sheet in sheets:
        found = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+(\S+)", sheet.read_text("utf-8"))
        assert not [a for a in map("".join, found) if re.match(r"(https?:)?//", a)], sheet


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_in_both_lights_and_searched_without_a_network(
    site: Path, browser: Browser, scheme: str
) -> None:
    """As the system asks for; from a disk, by a browser that may load nothing else."""
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "index.html").as_uri())
    back, text = page.evaluate(
        "() => [document.body, document.querySelector('h1')].map((e, i) => getComputedStyle(e)"
        "[i ? 'color' : 'backgroundColor'].match(/\\d+/g).slice(0, 3).map(Number))"
    )
    assert (sum(back) > sum(text)) == (scheme == "light")
    page.goto((site / "search.html").as_uri() + "?q=database")
    expect(page.locator("#search-results li").first).to_contain_text("database", timeout=20_000)
    page.locator("#search-results li a").first.click()
    expect(page.locator("h1")).to_contain_text("database")
    assert asked and not [url for url in asked if not url.startswith(("file:", "data:"))]
    page.close()


def test_what_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    """A link, an anchor, and a page that the first one does not name; all are told at once."""
    copy = tmp_path / "copy"
    for name in ("docs", "src"):
        shutil.copytree(TEMPLATE / name, copy / name, ignore=NOT_OURS)
    for name in ("CHANGELOG.md", "cookiecutter.json"):
        shutil.copy(TEMPLATE / name, copy)
    with (copy / "docs/how-to/tasks.md").open("a", encoding="utf-8") as file:
        file.write("\n[A page](away.md) and [a heading](data.md#no-such-heading)\n")
    (copy / "docs/how-to/lost.md").write_text("# A page that no other one names\n", "utf-8")
    command = [sys.executable, str(copy / "docs" / PROGRAM.name), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode
    warnings = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert len(warnings) == 3
    for said in ("away.md", "no-such-heading", "lost.md"):
        assert any(said in line for line in warnings), said


def test_each_release_keeps_its_own_site(tmp_path: Path) -> None:
    """In a folder of its version, which the projects that were made with it link to."""
    copy, environ = tmp_path / "copy", clean_environ(tmp_path)
    shutil.copytree(TEMPLATE, copy, ignore=NOT_OURS)

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=copy, env=environ, check=True, capture_output=True)

    git("init")
    (copy / "docs/index.md").write_text(read_ours("docs/index.md") + "\nAs of old.\n", "utf-8")
    git("add", "--all")
    git("commit", "--message", "Old")
    git("tag", "2026.13")
    (copy / "docs/index.md").write_text(read_ours("docs/index.md"), "utf-8")
    program = str(copy / "docs" / PROGRAM.name)
    command = [sys.executable, program, str(tmp_path / "site"), "--tags"]
    subprocess.run(command, check=True, env=environ)
    index = {
        name: (tmp_path / "site" / name / "index.html").read_text("utf-8")
        for name in ("", "2026.13", "2027.1")
    }
    assert [name for name in index if "As of old." in index[name]] == ["2026.13"]


def test_the_workflow_types_what_is_tested_here() -> None:
    """It builds with all releases, publishes what it has built, and may do no more."""
    flow = yaml.load(read_ours(".github/workflows/docs.yml"), yaml.BaseLoader)
    build, publish = flow["jobs"]["build"], flow["jobs"]["publish"]
    runs = [step["run"] for step in build["steps"] if "run" in step]
    assert "python -m nox --session docs -- --tags" in runs[0]
    (upload,) = (s for s in build["steps"] if "upload-pages" in s.get("uses", ""))
    assert upload["with"]["path"] == "site"
    assert flow["permissions"] == {} and build["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert "main" in publish["if"]
