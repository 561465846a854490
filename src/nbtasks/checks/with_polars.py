"""Hold tables against schemas of pandera.polars, for who works with polars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbtasks.checks.texts import TEXT, Types


def check(path: Path | None, kind: str, schema: Any, title: str, error: type[Exception]) -> None:
    """Hold a table, read whole, against a schema of pandera.polars."""
    import polars as pl
    from pandera.errors import SchemaErrors

    readers = {".parquet": pl.read_parquet, ".pq": pl.read_parquet, ".feather": pl.read_ipc}
    texts = {name for name, column in schema.columns.items() if str(column.dtype) == "String"}
    if path and TEXT.get(kind):
        options = Types().for_csv(path, TEXT[kind], [*schema.columns])
        kinds = {name: pl.String for name in texts.intersection(options["columns"])}
        encoding = "utf8" if options["encoding"] == "utf-8-sig" else options["encoding"]
        given = {"separator": options["sep"], "encoding": encoding, "schema_overrides": kinds}
        table = pl.read_csv(str(path), **given)
    elif kind in (".jsonl", ".ndjson"):
        table = pl.read_ndjson(str(path))
    elif kind in readers:
        table = readers[kind](str(path))
    else:
        raise error(f"{title}: a schema of pandera.polars can't check {kind or 'such'} products")
    try:
        schema.validate(table, lazy=True)
    except SchemaErrors as found:
        cases = found.failure_cases.to_dicts()
        lines = {f"  column {case['column']}, check {case['check']}" for case in cases}
        message = f"{title} is not as its schema in schemas.py says:"
        raise error("\n".join([message, *sorted(lines)])) from None
