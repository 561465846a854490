"""A table is read as its schema says: texts stay texts, whatever the file can't keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pandera.polars as pp
import polars as pl
import pyarrow.parquet as pq
import pytest

from nbtasks.checks import frames
from nbtasks.pipeline.tasks import Product

ZIPS = pa.DataFrameSchema(
    {
        "zip": pa.Column(str, pa.Check.str_length(5)),
        "rooms": pa.Column("Int64", nullable=True),
        "sold": pa.Column("boolean", nullable=True),
        "floor": pa.Column("int32"),
        "size": pa.Column(float),
        "seen": pa.Column("datetime64[ns]"),
    }
)


def houses() -> pd.DataFrame:
    """Return a table whose types no text keeps."""
    return pd.DataFrame(
        {
            "zip": ["01067", "20095"],
            "rooms": pd.array([3, None], dtype="Int64"),
            "sold": pd.array([True, None], dtype="boolean"),
            "floor": pd.array([1, 2], dtype="int32"),
            "size": [70.5, 81.25],
            "seen": pd.to_datetime(["2026-01-02", "2026-01-03"]).astype("datetime64[ns]"),
        }
    )


class Wrong(Exception):
    """A table is not as its schema says."""


def check(path: Path, schema: object) -> None:
    """Hold a file against a schema."""
    frames.validate(Product(str(path), path, {}), schema, "the table", Wrong)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "a.csv": lambda table, path: table.to_csv(path, index=False),
    "semicolon.csv": lambda table, path: table.to_csv(path, index=False, sep=";", decimal=","),
    "plain semicolon.csv": lambda table, path: table.to_csv(path, index=False, sep=";"),
    "a.tsv": lambda table, path: table.to_csv(path, index=False, sep="\t"),
    "packed.csv.gz": lambda table, path: table.to_csv(path, index=False),
    "latin.csv": lambda table, path: table.to_csv(path, index=False, encoding="latin-1"),
    "utf16 marked.csv": lambda table, path: table.to_csv(path, index=False, encoding="utf-8-sig"),
    "a.xlsx": lambda table, path: table.to_excel(path, index=False),
    "lines.jsonl": lambda table, path: table.to_json(
        path, orient="records", lines=True, date_format="iso"
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_types_are_those_of_the_schema(tmp_path: Path, name: str) -> None:
    schema = ZIPS
    if name.endswith(("xlsx", "jsonl")):  # they keep whole numbers and dates, as pandas reads them
        schema = ZIPS.remove_columns(["floor", "seen", "rooms", "sold", "size"])
    schema = schema.add_columns({"town": pa.Column(str)})
    WRITERS[name](houses().assign(town=["Köln", "NA"]), tmp_path / name)
    check(tmp_path / name, schema)
    # What is wrong is still found.
    WRITERS[name](houses().assign(town="x", zip=["1067", "20095"]), tmp_path / name)
    with pytest.raises(Wrong, match=r"column zip, check str_length\(5\): 1 of 2"):
        check(tmp_path / name, schema)


def test_a_fraction_is_no_whole_number(tmp_path: Path) -> None:
    pd.DataFrame({"n": [1.5, 2]}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(Wrong, match="column n"):
        check(tmp_path / "a.csv", pa.DataFrameSchema({"n": pa.Column("int32")}))


def test_columns_that_a_pattern_means(tmp_path: Path) -> None:
    pd.DataFrame({"id_a": ["01"], "id_b": ["02"]}).to_csv(tmp_path / "a.csv", index=False)
    column = pa.Column(str, pa.Check.str_length(2), regex=True)
    check(tmp_path / "a.csv", pa.DataFrameSchema({"id_.": column}))


@pytest.mark.parametrize("kind", ["category", str, "int64"])
def test_a_column_that_folders_are_named_after(tmp_path: Path, kind: object) -> None:
    table = pd.DataFrame({"year": [2023, 2024], "n": [1, 2]})
    table.to_parquet(tmp_path / "a.parquet", partition_cols=["year"])
    schema = pa.DataFrameSchema({"n": pa.Column("int64"), "year": pa.Column(kind)})
    check(tmp_path / "a.parquet", schema)
    with pytest.raises(Wrong, match="column m: missing"):
        check(tmp_path / "a.parquet", schema.add_columns({"m": pa.Column(int)}))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_folder_of_parts(tmp_path: Path, suffix: str) -> None:
    """As SQLDump of Ploomber writes it; what is unique is so in all of them."""
    folder = tmp_path / f"a.{suffix}"
    folder.mkdir()
    for number in range(3):
        part = pd.DataFrame({"zip": [f"0{number}067"]})
        write = part.to_parquet if suffix == "parquet" else part.to_csv
        write(folder / f"{number}.{suffix}", index=False)
    schema = pa.DataFrameSchema({"zip": pa.Column(str, pa.Check.str_length(5), unique=True)})
    check(folder, schema)
    part.to_csv(folder / "3.csv", index=False)
    part.to_parquet(folder / "3.parquet", index=False)
    (folder / f"3.{'csv' if suffix == 'parquet' else 'parquet'}").unlink()
    with pytest.raises(Wrong, match=r"column zip, check field_uniqueness|zip not unique: 2 rows"):
        check(folder, schema)


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pd.DataFrame([[1, 2]], columns=["a", "b"])
    arrow = pq.read_table(_written(table, tmp_path / "b.parquet")).rename_columns(["a", "a"])
    pq.write_table(arrow, tmp_path / "a.parquet")
    check(tmp_path / "a.parquet", pa.DataFrameSchema({"a": pa.Column("int64")}))
    with pytest.raises(Wrong, match="column a"):
        check(tmp_path / "a.parquet", pa.DataFrameSchema({"a": pa.Column(str)}))


def _written(table: pd.DataFrame, path: Path) -> Path:
    table.to_parquet(path)
    return path


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.ndjson"])
def test_schemas_of_polars(tmp_path: Path, name: str) -> None:
    class Houses(pp.DataFrameModel):
        zip: str = pp.Field(str_length={"min_value": 5})
        n: int

    def write(zips: list[str]) -> None:
        table = pl.DataFrame({"zip": zips, "n": [1, 2]})
        kind = {"parquet": "parquet", "csv": "csv", "ndjson": "ndjson"}[name.split(".")[1]]
        getattr(table, f"write_{kind}")(tmp_path / name)

    write(["01067", "20095"])
    check(tmp_path / name, Houses)
    write(["1067", "20095"])
    with pytest.raises(Wrong, match="column zip, check str_length"):
        check(tmp_path / name, Houses)


def test_a_format_that_polars_is_not_asked_to_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(Wrong, match=r"a schema of pandera.polars can't check .xlsx products"):
        check(tmp_path / "a.xlsx", pp.DataFrameSchema({"n": pp.Column(int)}))
