from pathlib import Path

import pandas as pd
import pytest
from pandera.errors import SchemaError

from {{ cookiecutter.package_name }} import schemas
from {{ cookiecutter.package_name }}.get import read_raw, take_sample

RAW = Path(__file__).resolve().parent.parent / "data/raw/{{ 'penguins' if cookiecutter.__penguins else 'example' }}.csv"


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return read_raw(RAW)


def test_the_raw_data_is_as_its_schema_says(raw):
    schemas.RAW.validate(raw)


def test_a_missing_column_is_refused(raw):
    with pytest.raises(SchemaError, match="not in dataframe"):
        schemas.RAW.validate(raw.drop(columns=[*schemas.RAW.columns][0]))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_raw(tmp_path / "absent")


TABLE = pd.DataFrame({"value": range(100)})


def test_the_same_seed_draws_the_same_sample():
    sample = take_sample(TABLE, rows=5, seed=1)

    assert sample.equals(take_sample(TABLE, rows=5, seed=1))
    assert not sample.equals(take_sample(TABLE, rows=5, seed=2))


def test_a_sample_keeps_rows_and_order():
    sample = take_sample(TABLE, rows=5, seed=1)

    assert len(sample) == 5
    assert sample.index.is_monotonic_increasing
    assert sample.equals(TABLE.loc[sample.index])
    assert sample.attrs["drawn_from"] == len(TABLE)


def test_a_sample_is_never_larger_than_the_table():
    assert take_sample(TABLE, rows=10_000, seed=1).equals(TABLE)


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="rows=0"):
        take_sample(TABLE, rows=0, seed=1)
