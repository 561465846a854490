"""What a dashboard shows is whole; what it can't show is named on its page, with the reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from dash import Dash, html

from nbtasks.checks import notes
from nbtasks.dashboard import make_server
from nbtasks.pipeline.tasks import Product, Source, Task
from nbtasks.project import root
from nbtasks.results import whole
from nbtasks.results.whole import Whole

TABLE = pd.DataFrame({"zip": ["01069", "8004"], "birds": [1, 2]})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a project whose schema says that a column is text."""
    (tmp_path / "pipeline.yaml").write_text("tasks: []\n")
    module = tmp_path / "src" / "fowl" / "schemas.py"
    module.parent.mkdir(parents=True)
    (module.parent / "__init__.py").touch()
    schema = 'SCHEMAS = {"count": pa.DataFrameSchema({"zip": pa.Column(str)})}\n'
    module.write_text(f"import pandera.pandas as pa\n\n{schema}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    root.cache_clear()
    yield tmp_path
    root.cache_clear()
    for name in {"fowl", "fowl.schemas", "fowl.page"} & set(sys.modules):
        del sys.modules[name]


def make_task(path: Path, made: bool = True) -> Task:
    """Return a task with a table, as it is noted when it has succeeded; or of one that has not."""
    product = Product(str(path), path, {})
    if made:
        note = notes.note({}, {}, {"data": product})
        product = replace(product, noted={notes.NOTE: note, "timestamp": 1e9})
    source = Source(None, "", "python")
    return Task("count", source, {}, {"data": product}, "up to date")


@pytest.mark.parametrize("name", ["count.parquet", "count.csv", "count.csv.gz", "count.jsonl"])
def test_tables_of_any_form_are_read(project: Path, name: str) -> None:
    path = project / name
    if ".csv" in name:
        TABLE.to_csv(path, index=False)
    elif name.endswith("jsonl"):
        TABLE.to_json(path, orient="records", lines=True)
    else:
        TABLE.to_parquet(path)
    task = make_task(path)
    results = Whole(lambda: {"count": task}, ["count"]).read()
    assert results is not None
    found = results.tables["count"]["data"]
    assert found["zip"].tolist() == ["01069", "8004"]  # texts, as the schema says
    assert found["birds"].tolist() == [1, 2]


def test_an_index_is_kept(project: Path) -> None:
    TABLE.set_index("zip").to_parquet(project / "count.parquet")
    task = make_task(project / "count.parquet")
    results = Whole(lambda: {"count": task}, ["count"]).read()
    assert results and results.tables["count"]["data"].loc["8004", "birds"] == 2


def test_what_was_whole_stays_while_a_product_is_written(project: Path) -> None:
    path = project / "count.csv"
    TABLE.to_csv(path, index=False)
    task = make_task(path)
    looked = Whole(lambda: {"count": task}, ["count"])
    before = looked.read()
    assert before and looked.problems == []
    path.write_text("zip,birds\n0")
    assert looked.read() is before
    assert looked.problems == ["count.csv is not as count left it"]


def client(load: Any, page: Any = lambda: html.Div("birds")) -> Any:
    """Return a client of the web application of a dashboard."""

    def make_app(read: Any, name: str) -> Dash:
        app = Dash(name, suppress_callback_exceptions=True)
        app.layout = page
        return app

    made = SimpleNamespace(TASKS=["count"], make_app=make_app)
    return make_server(made, load, "ploomber build").test_client()


@pytest.mark.parametrize(
    ("contents", "made", "said"),
    [
        (None, False, "count.csv is not there"),
        ("zip,birds\n1,2\n", False, "count has not succeeded yet"),
        ('zip,birds\n"1', True, "count.csv can&#x27;t be read: ParserError"),
        ("", True, "count.csv can&#x27;t be read: EmptyDataError"),
    ],
)
def test_what_is_missing_or_unreadable_is_named(
    project: Path, contents: str | None, made: bool, said: str
) -> None:
    path = project / "count.csv"
    if contents is not None:
        path.write_text(contents)
    task = make_task(path, made)
    page = client(lambda: {"count": task})
    for address in ("/", "/_dash-layout"):
        answer = page.get(address)
        assert answer.status_code == 503
        assert f"<li>{said}" in answer.text and "<pre>ploomber build</pre>" in answer.text
    answer = page.get("/health")
    assert answer.status_code == 503 and answer.json == {"made": None}


def test_any_error_of_reading_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one of a library that is missing."""
    TABLE.to_parquet(project / "count.parquet")
    task = make_task(project / "count.parquet")

    def fail(task: Task, key: str) -> None:
        raise KeyError(key)

    monkeypatch.setattr(whole, "read_table", fail)
    answer = client(lambda: {"count": task}).get("/")
    assert "<li>count.parquet can&#x27;t be read: KeyError &#x27;data&#x27;" in answer.text


def test_a_page_that_fails_says_where(project: Path) -> None:
    TABLE.to_parquet(project / "count.parquet")
    task = make_task(project / "count.parquet")
    own = project / "src" / "fowl" / "page.py"
    own.write_text("def show():\n    return {}['beak']\n")
    from fowl.page import show  # type: ignore[import-not-found]

    page = client(lambda: {"count": task}, show)
    assert page.get("/").status_code == 200
    answer = page.get("/_dash-layout")
    assert answer.status_code == 200
    shown = json.dumps(answer.json)
    assert "This page can't be drawn" in shown
    assert "src/fowl/page.py:2" in shown and "KeyError" in shown
    assert '"birds"' in client(lambda: {"count": task}).get("/_dash-layout").text
