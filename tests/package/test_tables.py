"""A table that is larger than memory is checked in parts, as one: in each form it may have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pytest

from nbtasks.checks import frames
from nbtasks.pipeline.tasks import Product

COLUMN = pa.Column(int, pa.Check.ge(0))
SCHEMA = pa.DataFrameSchema({"a": COLUMN, "b": COLUMN}, unique=["a"])
FORMS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "parquet": lambda table, path: table.to_parquet(path, row_group_size=50),
    "feather": pd.DataFrame.to_feather,
    "csv": lambda table, path: table.to_csv(path, index=False),
    "jsonl": lambda table, path: table.to_json(path, orient="records", lines=True),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_wrong_in_a_later_part_is_found(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100 rows in parts of 20, or of 2 in lines of JSON, the whole is one table."""
    monkeypatch.setattr(frames, "PART", 40)
    good = pd.DataFrame({"a": range(100), "b": range(100)})
    negative, twice = good.copy(), good.copy()
    negative.loc[70, "b"], twice.loc[90, "a"] = -1, 5

    def check(table: pd.DataFrame) -> int:
        path = tmp_path / f"table.{form}"
        product = Product(path.name, path, {})
        FORMS[form](table, path)
        frames.validate(product, SCHEMA, "the table", ValueError)
        return len(list(frames.read_parts(product)))

    assert check(good) == (5 if form != "jsonl" else 50)
    with pytest.raises(ValueError, match="column b, check greater_than_or_equal_to\\(0\\): 1 of"):
        check(negative)
    with pytest.raises(ValueError, match=r"^the table: a not unique: 2 rows$"):
        check(twice)
