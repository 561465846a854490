"""The tables on the page of a build: their first rows, and a picture of each column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbtasks.results import index, preview


def describe(table: pd.DataFrame, path: Path) -> dict[str, Any]:
    """Write a table; return what the page says of it, of its columns by their names."""
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    shown = preview.describe(path, path.parent)
    return shown | {column["name"]: column["words"] for column in shown["columns"]}


@pytest.mark.parametrize("name", ["table.parquet", "table.csv"])
def test_the_first_rows_end_with_an_ellipsis(tmp_path: Path, name: str) -> None:
    shown = describe(pd.DataFrame({"a": range(7), "b": "x"}), tmp_path / name)
    assert shown["size"] == "5 of 7 rows, 2 columns"
    assert shown["rows"].count("<tr") == 1 + 5 + 1
    assert shown["rows"].endswith("<tr><td>…</td><td>…</td></tr></tbody>\n</table>")
    assert "<th>0</th>" not in shown["rows"]  # an index that only counts
    few = describe(pd.DataFrame({"a": range(5)}), tmp_path / name)
    assert few["size"] == "5 rows, 1 columns"
    assert "…" not in few["rows"] and few["columns"] == []


def test_an_index_that_says_something_is_shown(tmp_path: Path) -> None:
    named = pd.DataFrame({"a": range(7)}, index=pd.Index(list("tuvwxyz"), name="bird"))
    shown = describe(named, tmp_path / "named.parquet")
    assert "<th>t</th>" in shown["rows"] and shown["rows"].count("…") == 2
    chosen = pd.DataFrame({"a": range(9)}).query("a > 1")
    assert "<th>2</th>" in describe(chosen, tmp_path / "chosen.parquet")["rows"]


def test_columns_are_told_in_words(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "number": [1.5, 2, 2, 3, None, np.inf],
            "whole": pd.array([1, 2, None, 4, 5, 6], dtype="Int64"),
            "day": pd.date_range("2007-11-09", periods=6, tz="UTC"),
            "kind": ["<b>", "<b>", "c", "c", "<b>", None],
            "id": list("abcdef"),
            "truth": [True] * 6,
            "nothing": [None] * 6,
        }
    )
    shown = describe(table, tmp_path / "table.parquet")
    assert shown["number"] == "1.5 to inf, 17% missing"
    assert shown["whole"] == "1 to 6, 17% missing"
    assert shown["day"] == "2007-11-09 to 2007-11-14"
    assert shown["kind"] == "2 values, most often <b>, 17% missing"  # escaped by the page
    assert shown["id"] == "all are different"
    assert shown["truth"] == "1 values, most often True"
    assert shown["nothing"] == "100% missing"
    columns = preview.describe(tmp_path / "table.parquet", tmp_path)["columns"]
    drawn = [column["name"] for column in columns if column["bars"]]
    assert drawn == ["number", "whole", "day", "kind", "truth"]


def test_bars_are_as_high_as_they_count() -> None:
    found = re.findall(r"M(\d+) 40V(\d+)h", preview.draw([4000, 2000, 1, 0]))
    assert found == [("0", "0"), ("40", "20"), ("80", "39"), ("120", "40")]
    assert preview.draw([]) == ""


def test_of_a_large_table_a_part_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "READ", 10)
    table = pd.DataFrame({"a": range(1234)})
    shown = describe(table, tmp_path / "table.parquet")
    assert shown["size"] == "5 of 1,234 rows, 1 columns" and shown["a"] == "0 to 9"
    assert shown["part"] == " of the first 10 rows"
    assert describe(table, tmp_path / "table.csv")["size"] == "5 of more than 10 rows, 1 columns"


def test_what_is_no_table_is_named_only(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    shown = preview.describe(tmp_path / "broken.parquet", tmp_path)
    assert shown == {"file": "broken.parquet", "size": "", "rows": "", "columns": []}


def test_the_pages_of_sample_and_all_data_name_each_other(tmp_path: Path) -> None:
    pages = [tmp_path / f"sample={word}" / "index.html" for word in (True, False)]
    text = f"<p>{index.OTHER}</p>"
    for page in pages:
        page.parent.mkdir()
    pages[0].write_text(text, encoding="utf-8")
    assert index.link(pages[0], text) == text  # there is no other one yet
    pages[1].write_text(text, encoding="utf-8")
    assert index.link(pages[0], text) == (
        '<p><a href="../sample=False/index.html">The page of all data</a></p>'
    )
    assert index.link(pages[1], text) == (
        '<p><a href="../sample=True/index.html">The page of the sample</a></p>'
    )
    assert index.other_of(tmp_path / "index.html") is None
