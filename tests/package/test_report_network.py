"""What a report can't hold is said in its place, and by the build; all else it holds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import offline
import pytest
from plain import Plain

from nbtasks.results import embedded
from nbtasks.results.network import Loaded
from nbtasks.results.report import Report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plain, str]:
    """Return a project with a report of each kind, and what its build has printed."""
    return offline.build(tmp_path_factory.mktemp("reports"))


def notes(text: str) -> list[str]:
    """Return what a page says that it needs a network for."""
    return re.findall(r'<p class="network">What stands here is loaded from (.*?): it needs', text)


@pytest.mark.parametrize("name", sorted(set(offline.TASKS) - set(offline.REMOTE)))
def test_what_a_report_can_hold_it_holds(built: tuple[Plain, str], name: str) -> None:
    text = built[0].read(f"products/{name}.html")
    assert notes(text) == []
    assert f"report of {name} " not in built[1]


@pytest.mark.parametrize("name", sorted(offline.REMOTE))
def test_what_it_can_not_is_said_by_both(built: tuple[Plain, str], name: str) -> None:
    """The build says it beneath the line of the task, with the servers and an address."""
    assert offline.REMOTE[name] in ", ".join(notes(built[0].read(f"products/{name}.html")))
    said = rf"{name} +[\d.]+ s.*\n  warning: the report of {name} needs a network: it loads from "
    found = re.search(rf"{said}(.+) \(https://\S+\)\n", built[1])
    assert found, built[1]
    assert offline.REMOTE[name] in found[1]
    assert "link.example" not in found[1]


def test_each_part_has_its_own_note(built: tuple[Plain, str]) -> None:
    found = notes(built[0].read("products/remote.html"))
    servers = ["pictures", "frames", "modules", "texts"]
    assert found == [f"{name}.example" for name in servers]


def test_a_bar_of_progress_is_beside_the_code(built: tuple[Plain, str]) -> None:
    text = built[0].read("products/bar.html")
    assert re.search(r"jupyter\.stderr[^>]*>\s*<pre>Folds: 100%", text)
    assert "widget" not in text.split("<main>")[1].split("<script")[0]


def test_a_chart_without_its_package_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Altair's charts are held only with vl-convert; what to add is said."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setattr(embedded, "has", lambda name: name != "vl_convert")
    data = {"application/vnd.vegalite.v6+json": {"mark": "bar"}, "text/plain": "Chart"}
    nb = nbformat.v4.new_notebook()
    nb.cells = [nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data)])]
    with pytest.warns(UserWarning, match="cdn.jsdelivr.net; add vl-convert-python to req"):
        page, _ = Report().from_notebook_node(nb)
    assert notes(page) == ["cdn.jsdelivr.net"]


@pytest.mark.parametrize(
    ("html", "code", "others"),
    [
        ('<script src="//a.b/c.js"></script>', ["//a.b/c.js"], []),
        ("<SCRIPT SRC=http://a.b/c></SCRIPT>", ["http://a.b/c"], []),
        ('<link rel="stylesheet" href="https://a.b/c.css">', [], ["https://a.b/c.css"]),
        ('<link rel="canonical" href="https://a.b/c">', [], []),
        ('<img srcset="a.png 1x, https://a.b/c.png 2x">', [], ["https://a.b/c.png"]),
        (
            "<style>@import 'https://a.b/c'; p {background: url(//d.e/f)}</style>",
            [],
            ["https://a.b/c", "//d.e/f"],
        ),
        ('<p style="background: url(https://a.b/c)">', [], ["https://a.b/c"]),
        ("<script>await import('https://a.b/c')</script>", ["https://a.b/c"], []),
        ("<script>s.src = 'https:\\/\\/a.b\\/c'</script>", ["https://a.b/c"], []),
        (
            "<script>load({v: 'https://cdn.a.b/vega@6?noext'})</script>",
            ["https://cdn.a.b/vega@6?noext"],
            [],
        ),
        ('<script>d = {"data": {"url": "https://a.b/c.csv"}}</script>', [], ["https://a.b/c.csv"]),
        (
            "<iframe srcdoc='&lt;script src=&quot;https://a.b/c.js&quot;>&lt;/script>'></iframe>",
            ["https://a.b/c.js"],
            [],
        ),
        ("<a href='https://a.b/c.js'>x</a><pre>&lt;script src='https://a.b'></pre>", [], []),
        ("<script>ns = 'http://www.w3.org/2000/svg'; see = 'https://a.b/help'</script>", [], []),
        (f"<script>{'x' * 6000} = 'https://cdn.a.b/c.js'</script>", [], []),
        ('<svg><image href="https://a.b/c.png"/><use href="#x"/></svg>', [], ["https://a.b/c.png"]),
    ],
)
def test_what_is_loaded_is_told_from_what_is_named(
    html: str, code: list[str], others: list[str]
) -> None:
    found = Loaded(html)
    assert (found.code, found.others) == (code, others)


def test_the_notebook_keeps_what_it_had(built: tuple[Plain, str]) -> None:
    """Only the report is changed: JupyterLab draws the notebook as ever."""
    text = Path(built[0].path / "products" / "bokeh.ipynb").read_text("utf-8")
    assert "https://cdn.bokeh.org/bokeh/release/bokeh-" in text
    assert "application/vnd.jupyter.widget-view+json" in built[0].read("products/bar.ipynb")
