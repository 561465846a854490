"""A table that is larger than memory is checked in parts, as one: in each form it may have."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from conftest import Project

pytestmark = pytest.mark.slow

#: Checks tables of 100 rows in parts of 20: the number 70 is negative, and 90 the same as 5.
CHECK = """
import json, sys
import pandas as pd
import pandera.pandas as pa
from ploomber.products import File
from nbtasks.checking import frames

frames.PART = 40
column = pa.Column(int, pa.Check.ge(0))
good = pd.DataFrame({"a": range(100), "b": range(100)})
negative, twice = good.copy(), good.copy()
negative.loc[70, "b"], twice.loc[90, "a"] = -1, 5
said = {}
for form, write in {
    "parquet": lambda table, path: table.to_parquet(path, row_group_size=50),
    "feather": pd.DataFrame.to_feather,
    "csv": lambda table, path: table.to_csv(path, index=False),
    "jsonl": lambda table, path: table.to_json(path, orient="records", lines=True),
}.items():
    for name, table in {"good": good, "negative": negative, "twice": twice}.items():
        path = f"{name}.{form}"
        write(table, path)
        schema = pa.DataFrameSchema({"a": column, "b": column}, unique=["a"])
        try:
            frames.validate(File(path), schema, "the table", ValueError)
            said[path] = len(list(frames.read_parts(File(path))))
        except ValueError as error:
            said[path] = str(error)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(set_up: Callable[..., Project]) -> dict[str, str | int]:
    """Return, for each table, in how many parts it was read, or what is wrong with it."""
    return json.loads(set_up().run("python", "-c", CHECK).stdout.splitlines()[-1])


@pytest.mark.parametrize("form", ["parquet", "feather", "csv", "jsonl"])
def test_what_is_wrong_in_a_later_part_is_found(said, form):
    assert said[f"good.{form}"] == (5 if form != "jsonl" else 50)
    assert "column b, check greater_than_or_equal_to(0): 1 of" in said[f"negative.{form}"]
    assert said[f"twice.{form}"] == "the table: a not unique: 2 rows"
