"""The first rows of a table, and a small picture of each column.

The pictures are SVG of some hundred bytes: a page that holds plotly.js has 5 MB more.
"""

import itertools
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbtasks.checks.texts import Types

TABLES = {".parquet", ".csv"}
#: Rows that are shown, and those that are read to draw columns.
ROWS, READ = 5, 5_000
#: Columns that are shown at most.
COLUMNS = 30
#: Of a picture: bars at most, and pixels.
BARS, WIDE, HIGH = 20, 160, 40


def describe(path: Path, folder: Path) -> dict[str, Any]:
    """Return the size, the first rows and the columns of a table; empty if it can't be read.

    Its name is from `folder`, that of the page.
    """
    file = path.relative_to(folder).as_posix()
    shown: dict[str, Any] = {"file": file, "size": "", "rows": "", "columns": []}
    with suppress(OSError, ValueError, ImportError):  # ArrowInvalid is a ValueError
        import pandas as pd

        table, count = read(path)
        more = len(table) > ROWS
        size = f"{ROWS} of {count} rows" if more else f"{count} rows"
        shown["size"] = f"{size}, {table.shape[1]} columns"
        named = not isinstance(table.index, pd.RangeIndex) or table.index.start != 0
        rows = table.head(ROWS).to_html(border=0, na_rep="", max_cols=COLUMNS, index=named)
        if more:
            wide = min(table.shape[1], COLUMNS + 1) + named * table.index.nlevels
            rows = rows.replace("</tbody>", f"<tr>{'<td>…</td>' * wide}</tr></tbody>")
            columns = range(min(table.shape[1], COLUMNS))
            shown["columns"] = [column(table.iloc[:, number]) for number in columns]
            shown["part"] = f" of the first {READ:,} rows" * (len(table) == READ)
        shown["rows"] = rows
    return shown


def read(path: Path) -> tuple[Any, str]:
    """Return the first rows of a table, and how many rows it has, as far as that is known."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".csv":
        given = Types().for_csv(path, ",")
        given.pop("columns")
        table = pd.read_csv(path, nrows=READ, **given)
        return table, f"{len(table):,}" if len(table) < READ else f"more than {READ:,}"
    file = pq.ParquetFile(path)
    first = list(itertools.islice(file.iter_batches(READ), 1))  # none if it is empty
    table = pa.Table.from_batches(first, schema=file.schema_arrow).to_pandas()
    return table, f"{file.metadata.num_rows:,}"


def column(values: Any) -> dict[str, str]:
    """Return the name of a column, a picture of how its values are spread, and words on them."""
    known = values.dropna()
    heights: list[int] = []
    words = ""
    with suppress(TypeError, ValueError):  # lists can't be counted; all may be missing
        if known.dtype.kind in "iufM":
            heights, words = of_numbers(known)
        else:
            counts = known.value_counts()
            heights = counts[counts > 0].tolist()
            if max(heights) > 1:
                words = f"{len(heights)} values, most often {str(counts.index[0])[:30]}"
            else:
                heights, words = [], "all are different"
    missing = len(values) - len(known)
    lost = f"{missing / len(values):.0%} missing" if missing else ""
    words = ", ".join(filter(None, [words, lost]))
    return {"name": str(values.name), "bars": draw(heights[:BARS]), "words": words}


def of_numbers(known: Any) -> tuple[list[int], str]:
    """Return the heights of a histogram of numbers or times, and from where to where they are."""
    import numpy as np

    is_time = known.dtype.kind == "M"
    numbers = known.astype("int64" if is_time else "float64").to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    heights, _ = np.histogram(numbers, bins=min(BARS, len(np.unique(numbers))))
    least, most = (f"{x:%Y-%m-%d}" if is_time else f"{x:.6g}" for x in (known.min(), known.max()))
    return heights.tolist(), f"{least} to {most}"


def draw(heights: list[int]) -> str:
    """Return bars as SVG, "" of none; what is not nothing is a pixel high at least."""
    if not heights:
        return ""
    step = WIDE / len(heights)
    tops = [HIGH - (height and max(1, HIGH * height // max(heights))) for height in heights]
    bars = (f"M{n * step:.0f} {HIGH}V{top}h{step - 1:.0f}V{HIGH}" for n, top in enumerate(tops))
    return f'<svg viewBox="0 0 {WIDE} {HIGH}" aria-hidden="true"><path d="{"".join(bars)}"/></svg>'
