"""Read the tables that tasks make, whole or in parts, and hold them against a schema."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbtasks.checks import texts
from nbtasks.checks.texts import PACKED, READERS, TEXT, Types
from nbtasks.pipeline.tasks import Product

#: Cells that are in memory at the same time.
PART = 4_000_000
#: What may hold a table or something else.
MAYBE = {".json": "read_json", ".pkl": "read_pickle", ".pickle": "read_pickle", ".h5": "read_hdf"}
#: How pandera names the checks of the columns themselves -> what they mean.
SHAPE_CHECKS = {"column_in_dataframe": "missing", "column_in_schema": "not expected"}
#: What is said of a table.
BROKEN = " is not as its schema in schemas.py says:"
ARROW = {".parquet": "parquet", ".pq": "parquet", ".feather": "feather", ".orc": "orc"}


def kind_of(product: Product) -> str:
    """Return what tells how to read a product: how its name ends, or `sql`."""
    if product.path is None:
        return "sql" if product.is_table else ""
    suffixes = [suffix.lower() for suffix in product.path.suffixes]
    if suffixes[-1:] and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def find_tables(products: Mapping[str, Product]) -> list[str]:
    """Return the keys of the products that are tables, or may be if no other is."""
    kinds = {key: kind_of(product) for key, product in products.items()}
    sure = {"sql", *ARROW, *TEXT, *READERS}
    return [key for key, kind in kinds.items() if kind in sure] or [
        key for key, kind in kinds.items() if kind in MAYBE
    ]


def read_parts(product: Product, types: Types | None = None) -> Iterator[Any]:
    """Yield a table as data frames of at most `PART` cells, where its format allows.

    It is a file, a folder of files, or a table in a database. Texts are read with the types of
    the schema.
    """
    import pandas as pd

    kind, types = kind_of(product), types or Types()
    if product.path is None:
        connection = getattr(product.client, "engine", None) or product.client.connection
        yield from pd.read_sql(f"SELECT * FROM {product.name}", connection, chunksize=PART // 20)
    elif kind in ARROW:
        yield from read_arrow(product.path, ARROW[kind])
    elif product.path.is_dir():  # in parts, as SQLDump writes them
        for file in sorted(product.path.iterdir()):
            part = Product(str(file), file, {})
            yield from read_parts(part, types) if kind_of(part) == kind else ()
    elif texts.knows(kind):
        yield from texts.read(product.path, kind, types, PART)
    else:
        yield getattr(pd, (READERS | MAYBE)[kind])(str(product.path))


def read_arrow(path: Path, form: str) -> Iterator[Any]:
    """Yield a table that Arrow can read, a file or a folder of them, in parts."""
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    names = pq.read_schema(path).names if form == "parquet" and path.is_file() else []
    if len({*names}) < len(names):  # a dataset can't tell columns of one name apart
        yield pq.ParquetFile(path).read().to_pandas()
        return
    if form == "parquet":  # of a row group, only what is needed next
        options = ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
        form = ds.ParquetFileFormat(default_fragment_scan_options=options)
    data = ds.dataset(path, format=form, partitioning="hive" if path.is_dir() else None)
    rows = PART // max(len(data.schema), 1)
    nothing_ahead = {"batch_readahead": 0, "fragment_readahead": 0, "use_threads": False}
    scanner = data.scanner(batch_size=rows, **nothing_ahead)
    if not data.count_rows():
        yield data.schema.empty_table().to_pandas()
    held: list[Any] = []
    for batch in scanner.to_batches():
        held.append(batch)
        if sum(item.num_rows for item in held) >= rows:
            yield pa.Table.from_batches(held, data.schema).to_pandas()
            held = []
    if sum(item.num_rows for item in held):
        yield pa.Table.from_batches(held, data.schema).to_pandas()


def validate(product: Product, schema: Any, title: str, error: type[Exception]) -> None:
    """Hold a table against its schema or model of pandera.

    Messages call it by the title; the error is what to raise.
    """
    import pandas as pd

    schema = schema.to_schema() if hasattr(schema, "to_schema") else schema
    library = type(schema).__module__.split(".")[2:3] or ["pandas"]
    if library[0] == "polars":
        check_with_polars(product.path, kind_of(product), schema, title, error)
        return
    if library[0] != "pandas":
        raise error(f"{title} has a schema of pandera.{library[0]}: use pandera.pandas or polars")
    types = Types(schema)
    schema = types.with_lost_types(kind_of(product), partitions_of(product))
    parts = read_parts(product, types)
    begin = list(itertools.islice(parts, 2))
    if not all(isinstance(part, pd.DataFrame) for part in begin):
        raise error(f"{title} has a schema in schemas.py, but is a {type(begin[0]).__name__}")
    if len(begin) < 2:
        check_part(begin[0], schema, title, error)
        return
    check_parts(itertools.chain(begin, parts), schema, title, error)


def check_with_polars(
    path: Path | None, kind: str, schema: Any, title: str, error: type[Exception]
) -> None:
    """Hold a table, read whole, against a schema of pandera.polars, for who works with polars."""
    import polars as pl
    from pandera.errors import SchemaErrors

    readers = {".parquet": "read_parquet", ".pq": "read_parquet", ".feather": "read_ipc"}
    readers |= {".jsonl": "read_ndjson", ".ndjson": "read_ndjson"}
    if path and TEXT.get(kind):
        options = Types().for_csv(path, TEXT[kind], [*schema.columns])
        words = {name for name, column in schema.columns.items() if str(column.dtype) == "String"}
        kinds = {name: pl.String for name in words.intersection(options["columns"])}
        encoding = "utf8" if options["encoding"] == "utf-8-sig" else options["encoding"]
        given = {"separator": options["sep"], "encoding": encoding, "schema_overrides": kinds}
        table = pl.read_csv(str(path), **given)
    elif kind in readers:
        table = getattr(pl, readers[kind])(str(path))
    else:
        raise error(f"{title}: a schema of pandera.polars can't check {kind or 'such'} products")
    try:
        schema.validate(table, lazy=True)
    except SchemaErrors as found:
        cases = found.failure_cases.to_dicts()
        report = {f"  column {case['column']}, check {case['check']}" for case in cases}
        raise error("\n".join([title + BROKEN, *sorted(report)])) from None


def check_parts(parts: Iterator[Any], schema: Any, title: str, error: type[Exception]) -> None:
    """Hold a table that comes in parts against a schema; what is unique is so in all of it."""
    import pandas as pd

    keys = [schema.unique] if schema.unique else []
    keys += [[name] for name, column in schema.columns.items() if column.unique]
    seen: list[list[Any]] = [[] for _ in keys]
    for part in parts:
        check_part(part, schema, title, error)
        for hashes, key in zip(seen, keys, strict=True):
            hashes.append(pd.util.hash_pandas_object(part[key], index=False))
    for hashes, key in zip(seen, keys, strict=True):
        repeated = int(pd.concat(hashes).duplicated(keep=False).sum())
        if repeated:
            raise error(f"{title}: {', '.join(key)} not unique: {repeated} rows")


def partitions_of(product: Product) -> set[str]:
    """Return the columns that the folders of a partitioned table are named after."""
    folder = product.path
    if folder is None or not folder.is_dir():
        return set()
    parts = (part for path in folder.rglob("*=*") for part in path.relative_to(folder).parts)
    return {part.partition("=")[0] for part in parts if "=" in part}


def check_part(table: Any, schema: Any, title: str, error: type[Exception]) -> None:
    """Hold a data frame against a schema; say which columns, checks and rows are at fault."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(table, lazy=True)
    except SchemaErrors as found:
        problems = found.failure_cases.groupby("check", sort=False)
        report = [describe(check, cases, table) for check, cases in problems]
        raise error("\n".join([title + BROKEN, *report])) from None


def describe(check: str, cases: Any, table: Any) -> str:
    """Say which columns fail a check, and what was found or the first rows at fault."""
    found = sorted(set(cases["failure_case"].astype(str)))
    if check in SHAPE_CHECKS:
        return f"  column {', '.join(found)}: {SHAPE_CHECKS[check]}"
    columns = ", ".join(cases["column"].dropna().unique()) or "(all)"
    rows = sorted(set(cases["index"].dropna()))
    if not rows:
        return f"  column {columns}, check {check}: found {', '.join(found)}"
    first = table.loc[rows[:3]].to_string(line_width=100)
    return f"  column {columns}, check {check}: {len(rows)} of {len(table)} rows, first\n{first}"
