"""Make the task that reads a raw file: functions, test, and a schema of what is in it."""

import contextlib
import csv
import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtasks.errors import Refusal
from nbtasks.pipeline import parameters, parts
from nbtasks.pipeline.tasks import shorten
from nbtasks.project import package, root

if TYPE_CHECKING:
    import pandas as pd

#: What env.yaml has for a sample.
OF_SAMPLE = ("sample", "sample_rows", "seed")
TEXTS = (".csv", ".tsv", ".txt")
OTHERS = {".json": "read_json", ".xlsx": "read_excel", **parts.READERS}
KINDS = dict.fromkeys([*TEXTS, *OTHERS])
MOST_VALUES = 6  # of a text, that are shown beside its column


def options_of(path: Path) -> dict[str, Any]:
    """Return what pandas has to be told to read a text: encoding, separator, and what it can't see.

    That is a decimal comma, numbers with a leading zero, which are codes, and whole numbers with
    holes, which would become fractions.
    """
    import pandas as pd

    data = path.read_bytes()
    found: dict[str, Any] = {}
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        found["encoding"] = "latin-1"
    with contextlib.suppress(csv.Error):
        lines = text.splitlines()[:50]
        separator = csv.Sniffer().sniff("\n".join(lines), ",;\t|").delimiter
        if separator != ",":
            found["sep"] = separator
    with contextlib.suppress(ValueError):  # of pandas, which load() tells of
        texts = pd.read_csv(path, dtype=str, **found)
        kinds = {str(name): kind_of_texts(texts[name]) for name in texts.columns}
        if "," in kinds.values():
            found["decimal"] = ","
        if types := {name: kind for name, kind in kinds.items() if kind not in ("", ",")}:
            found["dtype"] = types
    return found


def kind_of_texts(values: "pd.Series") -> str:
    """Return as what a column has to be read: "str", "Int64", "," for fractions; "" as it is."""
    known = values.dropna()
    if known.str.fullmatch(r"-?\d+(,\d+)?").all() and known.str.contains(",").any():
        return ","
    if not len(known) or not known.str.fullmatch(r"-?\d{1,18}").all():
        return ""
    if known.str.fullmatch(r"0\d+").any():
        return "str"
    return "Int64" if len(known) < len(values) else ""


@functools.cache  # it looks at all of the file
def reading(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the function of pandas that reads a file as it is, and its options.

    A file whose name does not tell what it is, is refused.
    """
    suffix = path.suffix.lower()
    if suffix in TEXTS:
        return "read_csv", options_of(path)
    if suffix not in OTHERS:
        raise Refusal(f"{path.name}: no file of a kind that this reads: {' '.join(KINDS)}.")
    return OTHERS[suffix], {}


def load(path: Path) -> "pd.DataFrame":
    """Return the table of a raw file; it has rows, and all columns have a name."""
    import pandas

    function, options = reading(path)
    try:
        table: pd.DataFrame = getattr(pandas, function)(path, **options)
    except Exception as error:  # of pandas, or of what it reads the file by
        raise Refusal(f"{path.name} can't be read as a table: {error}") from None
    if not len(table) or not all(isinstance(name, str) for name in table.columns):
        raise Refusal(f"{path.name} has no rows, or a column without a name.")
    return table


def column(name: str, values: "pd.Series") -> str:
    """Return the line of a schema for a column, with what is in it as a comment."""
    from pandas.api import types

    kind, known = json.dumps(str(values.dtype)), values.dropna()
    if types.infer_dtype(known, skipna=False) == "string":
        distinct = sorted(known.unique())
        kind, seen = "str", ", ".join(distinct)
        if len(distinct) > MOST_VALUES or not seen.isprintable():
            seen = f"{len(distinct)} different"
    else:
        kind = {"int64": "int", "float64": "float", "bool": "bool"}.get(kind.strip('"'), kind)
        is_ordered = types.is_numeric_dtype(known) or types.is_datetime64_any_dtype(known)
        seen = f"{known.min()} to {known.max()}" if is_ordered and len(known) else ""
    nullable = ", nullable=True" * (len(known) < len(values))
    line = f"        {json.dumps(name, ensure_ascii=False)}: pa.Column({kind}{nullable}),"
    return f"{line}  # {seen}" if seen and len(line) + len(seen) < 96 else line


def draft_schema(table: "pd.DataFrame") -> str:
    """Return the arguments of a schema that a table passes: columns, types, holes."""
    lines = [column(name, table[name]) for name in table.columns]
    return "\n    {\n" + "\n".join(lines) + "\n    }$checks\n"


def comment_of(path: Path) -> str:
    """Return the line above a drafted schema."""
    return f"#: Drafted from {shorten(path)}; its comments may become checks.\n"


def find_sampler(name: str) -> str:
    """Return the module of the project that has `take_sample`: another one, or that of the task."""
    for path in sorted(package().glob("*.py")):
        if path.stem != name and "def take_sample(" in path.read_text(encoding="utf-8"):
            return path.stem
    return name


def words_of(name: str, path: Path) -> dict[str, str]:
    """Return what fills the gaps of the skeletons."""
    sampler = find_sampler(name)
    own = sampler == name
    functions = "read_raw" + ", take_sample" * own
    imports = [f"from {package().name}.{name} import {functions}"]
    if not own:
        imports.append(f"from {package().name}.{sampler} import take_sample")
    function, options = reading(path)
    given = "".join(f", {key}={json.dumps(value)}" for key, value in options.items())
    return {
        "name": name,
        "package": package().name,
        "title": name.replace("_", " ").capitalize(),
        "imports": "\n".join(sorted(imports)),
        "functions": functions,
        "whole": ", whole or as a small sample of it" * own,
        "file": shorten(path),
        "read": f"{function}(path{given})",
        "constant": parts.constant(name),
        "write": parts.saves(".parquet", 'product["data"]'),
    }


def texts_of(name: str, path: Path) -> dict[str, str]:
    """Return the texts of the script, the functions and the test."""
    words = words_of(name, path)
    texts = {part: parts.fill_in(f"raw_{part}", words) for part in parts.files_of(name)}
    if "take_sample" in words["functions"]:
        for part in ("functions", "test"):
            texts[part] += parts.fill_in(f"sample_{part}", words)
    return texts


def find(given: Path) -> Path:
    """Return the path of a raw file; refuse one that is not in the project."""
    path = given.resolve()
    if not path.is_file():
        raise Refusal(f"There is no file {given}.")
    if not path.is_relative_to(root().resolve()):
        raise Refusal(f"{given} is outside of the project: copy it to data/raw/ first.")
    return root() / path.relative_to(root().resolve())


def write_task(name: str, given: Path) -> None:
    """Write the task that reads a raw file."""
    path = find(given)
    env = parameters.read(root() / "env.yaml")
    missing = [key for key in OF_SAMPLE if key not in env]
    if missing:
        raise Refusal(f"env.yaml has no {', '.join(missing)}, by which a sample is drawn.")
    schema, texts = draft_schema(load(path)), texts_of(name, path)
    params = {key: f"{{{{{key}}}}}" for key in OF_SAMPLE}
    more = {"params": {**params, "resources_": {"raw": shorten(path)}}}
    parts.add_entry(name, {"nb": f"{name}.ipynb", "data": f"{name}.parquet"}, **more)
    for part, place in parts.files_of(name).items():
        parts.write(place, texts[part])
    parts.describe(name, schema, comment_of(path))
