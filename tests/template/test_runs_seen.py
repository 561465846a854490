"""The runs on the page of a build: 500 of them, what two differ in, and no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nbtasks.pipeline.tasks import Product, Source, Task
from nbtasks.results import index, records


def record(number: int, **changes: Any) -> dict[str, Any]:
    """Return the record of a run: each tenth fails, each hundredth changes a parameter."""
    failed = number % 10 == 7
    return {
        "name": f"20270131-{number:06}-000000-{number:04}",
        "started": "2027-01-31T09:00:00+00:00",
        "seconds": 12.34,
        "outcome": "failed" if failed else "done",
        "commit": f"{number:07x}".ljust(40, "0"),
        "edited": number == 498,
        "sample": "",
        "pipeline": "pipeline.yaml",
        "environment": "development",
        "parameters": {"depth": number // 100, "seed": 42},
        "tasks": {
            "fit": {"state": "done", "code": {"src/birds/fit.py": f"{number // 2:08x}"}},
            "show": {"state": "done", "code": {"src/birds/style.py": "0"}},
        },
        "products": {},
        "metrics": {} if failed else {"fit": {"score": number / 1000, "rmse": 1 - number / 1000}},
        **changes,
    }


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the page of a project with 500 runs, three of them on a sample."""
    (tmp_path / "pipeline.yaml").write_text("tasks: []\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbtasks.results.about.root", lambda: tmp_path)
    monkeypatch.setattr("nbtasks.results.about.web", lambda: "https://example.com/team/birds")
    folder = tmp_path / "out" / "runs"
    for number in range(500):
        on_sample = {"sample": "Sample"} if number < 3 else {}
        records.write(record(number, **on_sample), folder, 500)
    file = tmp_path / "out" / "fit.txt"
    file.write_text("")
    task = Task("fit", Source(None, "", "python"), {}, {"": Product(str(file), file, {})}, "done")
    page = index.write({"fit": task})
    assert page
    return page


def test_500_runs_are_read_at_a_glance(made: Path, page: Page) -> None:
    assert made.stat().st_size < 1_000_000
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.goto(made.as_uri())
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    assert timing < 2000 and asked == [made.as_uri()]

    full, sample = page.locator("#history > .rows").all()
    expect(full.locator("tbody tr:visible")).to_have_count(10)
    expect(full.locator(".line")).to_have_text(["fit.rmse 0.501", "fit.score 0.499"])
    expect(full.locator("polyline")).to_have_count(2)
    rows = full.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("0.501\N{MINUS SIGN}0.001, best")
    expect(rows.nth(1)).to_contain_text("+0.001 to best")
    expect(rows.nth(1).locator("td").last).to_have_text("00001f2+")
    expect(rows.nth(2)).to_contain_text("failed")
    expect(rows.nth(2)).to_have_css("opacity", "0.6")
    full.get_by_role("button", name="All 497 runs").click()
    expect(full.locator("tbody tr:visible")).to_have_count(497)
    expect(rows.nth(99)).to_contain_text("depth 3 → 4")
    expect(sample.locator("h3")).to_have_text("On the sample")
    expect(sample.locator("tbody tr:visible")).to_have_count(3)


def test_two_runs_are_compared_by_two_clicks(made: Path, page: Page) -> None:
    page.goto(made.as_uri())
    rows = page.locator("#history tbody tr")
    page.get_by_role("button", name="All 497 runs").click()
    rows.nth(0).click()
    rows.nth(5).click()
    rows.nth(198).click()  # of three, the last two
    expect(page.locator(".marked")).to_have_count(2)
    shown = page.locator("#history section")
    expect(shown.locator("tbody tr")).to_have_count(4)
    cells = shown.locator("tbody tr").all_inner_texts()
    assert [text.split("\t") for text in cells] == [
        ["depth", "3", "4", "+1"],
        ["fit.rmse", "0.699", "0.506", "\N{MINUS SIGN}0.193"],
        ["fit.score", "0.301", "0.494", "+0.193"],
        ["commit", "000012d", "00001ee"],
    ]
    expect(shown.locator("li")).to_have_text("src/birds/fit.py, used by fit")
    links = [link.get_attribute("href") for link in shown.locator("a").all()]
    first, second = "000012d".ljust(40, "0"), "00001ee".ljust(40, "0")
    assert links == [
        f"https://example.com/team/birds/commit/{first}",
        f"https://example.com/team/birds/commit/{second}",
        f"https://example.com/team/birds/compare/{first}...{second}",
    ]
    expect(shown).to_contain_text("nbtasks runs 0301 0494")
    rows.nth(5).click()
    expect(shown).to_be_empty()
    assert json.loads(page.locator("#runs").text_content() or "")["down"] == ["fit.rmse"]
