"""Read tables that are texts, which keep no types, as their schema says they are."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

#: What pandas reads in one piece -> the function that does.
READERS = {
    ".xlsx": "read_excel",
    ".xls": "read_excel",
    ".ods": "read_excel",
    ".dta": "read_stata",
    ".sav": "read_spss",
    ".sas7bdat": "read_sas",
    ".xpt": "read_sas",
}
#: Tables that are texts -> what stands between values, most often.
TEXT = {".csv": ",", ".tsv": "\t", ".jsonl": "", ".ndjson": ""}
#: What pandas takes for a missing value in a text.
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>", "n/a", "#N/A", "-NaN"]
PACKED = {".gz", ".bz2", ".zip", ".xz", ".zst"}


class Types:
    """What a schema of pandera.pandas, or none, says of the types of columns: texts keep none."""

    #: Types that a column of text is turned into.
    LOST = ("datetime", "timedelta", "date", "category", "float", "decimal")

    def __init__(self, schema: Any = None) -> None:
        """See above."""
        self.schema = schema
        self.columns = dict(schema.columns) if schema is not None else {}
        self.names = {name: str(column.dtype) for name, column in self.columns.items()}

    def to_read(self, header: Sequence[str] | None = None) -> dict[str, str]:
        """Return the types to read columns with: texts, whole numbers and truths with holes.

        The columns of the table tell those that a pattern of the schema means.
        """
        found = {}
        for name, kind in self.names.items():
            is_text = kind.startswith("str")
            if is_text or kind == "boolean" or kind.startswith(("Int", "UInt")):
                is_pattern = getattr(self.columns[name], "regex", False) and header is not None
                for one in header or [] if is_pattern else [name]:
                    if not is_pattern or re.match(name, one):
                        found[one] = "str" if kind in ("str", "string") else kind
        return found

    def of_cells(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return how pandas is to read the cells of these columns, types and missing values.

        In a text only nothing at all is missing: "NA" is a word.
        """
        kinds = self.to_read(columns)
        texts = {name for name, kind in kinds.items() if kind.startswith("str")}
        missing = {name: [""] if name in texts else [*MISSING] for name in columns}
        return {"dtype": kinds, "keep_default_na": False, "na_values": missing} if kinds else {}

    def read_json(self, path: Path, **options: Any) -> Any:
        """Return what `pandas.read_json` returns, with these types."""
        import pandas as pd

        if self.names:
            dates = [name for name, kind in self.names.items() if kind.startswith("datetime")]
            options |= {"dtype": self.to_read(), "convert_dates": dates}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas 4, which will take every text as it is
            return pd.read_json(str(path), **options)

    def for_csv(self, path: Path, usual: str, names: Sequence[str] = ()) -> dict[str, Any]:
        """Return the arguments that `pandas.read_csv` needs, and the names of the columns.

        `usual` stands between values in such a file, most often; `names` are the columns that it
        should have, if there is no schema.
        """
        import pandas as pd

        packed = path.suffix.lower() in PACKED
        options: dict[str, Any] = {"encoding": "utf-8-sig" if packed else encoding_of(path)}
        wanted = [*(names or self.names)]
        found = {}
        for mark in dict.fromkeys((usual, ";", ",", "\t", "|")):
            with suppress(ValueError):  # such as of an empty file
                columns = [*pd.read_csv(str(path), sep=mark, nrows=0, **options).columns]
                known = sum(name in columns for name in wanted)
                found[mark] = (known, len(columns) if not wanted else 0, columns)
        best = max(found, key=lambda mark: found[mark][:2], default=usual)
        columns = found[best][2] if found else []
        options |= {"sep": best, "columns": columns}
        options |= self.of_cells(columns)
        if best == ";" and self.has_commas(path, options):
            options["decimal"] = ","
        return options

    def has_commas(self, path: Path, options: dict[str, Any]) -> bool:
        """Tell whether numbers are written with a comma: 3,14."""
        import pandas as pd

        given = {name: value for name, value in options.items() if name != "columns"}
        table = pd.read_csv(str(path), nrows=100, **given)
        numbers = [n for n, kind in self.names.items() if kind.startswith("float") and n in table]
        texts = [table[name] for name in numbers if not pd.api.types.is_numeric_dtype(table[name])]
        return any(column.astype("str").str.fullmatch(r"-?\d*,\d+").any() for column in texts)

    def narrow(self, table: Any) -> Any:
        """Return a table whose whole numbers are as wide as the schema says."""
        whole = {name: kind for name, kind in self.names.items() if kind[:3] in ("int", "uin")}
        fits = [name for name in whole if name in table and table[name].dtype.kind in "iu"]
        return table.astype({name: whole[name] for name in fits}) if fits else table

    def with_lost_types(self, kind: str, partitions: set[str]) -> Any:
        """Return the schema for a file that does not keep the types of these columns."""
        if kind not in TEXT and READERS.get(kind) != "read_excel" and not partitions:
            return self.schema
        schema = deepcopy(self.schema)
        for name, column in schema.columns.items():
            is_lost = self.names[name].startswith(self.LOST) and kind in TEXT
            column.coerce |= is_lost or name in partitions
        return schema


def knows(kind: str) -> bool:
    """Tell whether tables of a kind, by how their names end, are read here."""
    return kind in TEXT or kind == ".json" or READERS.get(kind) == "read_excel"


def read(path: Path, kind: str, types: Types, part: int) -> Iterator[Any]:
    """Yield a table as data frames, of at most so many cells where its format allows."""
    import pandas as pd

    if kind == ".json":
        yield types.read_json(path)
    elif kind not in TEXT:
        columns = [*pd.read_excel(path, nrows=0).columns]
        yield pd.read_excel(path, **types.of_cells(columns))
    elif not TEXT[kind]:
        with types.read_json(path, lines=True, chunksize=part // 20) as parts:
            yield from parts
    else:
        given = types.for_csv(path, TEXT[kind])
        rows = part // max(len(given.pop("columns")), 1)
        with pd.read_csv(path, chunksize=rows, **given) as parts:
            yield from map(types.narrow, parts)


def encoding_of(path: Path) -> str:
    """Return the encoding of a text: UTF-8 if all of it can be that, else that of Windows."""
    for encoding in ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError), path.open(encoding=encoding, newline="") as file:
            while file.read(1 << 20):
                pass
            return encoding
    return "latin-1"
