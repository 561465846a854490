import pytest
from pandera.errors import SchemaError

from {{ cookiecutter.package_name }} import schemas
from {{ cookiecutter.package_name }}.get import read_raw, take_sample


def test_the_raw_data_is_as_its_schema_says(raw):
    schemas.RAW.validate(raw)


def test_a_missing_column_is_refused(raw):
    with pytest.raises(SchemaError, match="not in dataframe"):
        schemas.RAW.validate(raw.drop(columns=[*schemas.RAW.columns][0]))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.csv"):
        read_raw(tmp_path / "absent.csv")


def test_the_same_seed_draws_the_same_sample(raw):
    sample = take_sample(raw, rows=5, seed=1)

    assert sample.equals(take_sample(raw, rows=5, seed=1))
    assert not sample.equals(take_sample(raw, rows=5, seed=2))


def test_a_sample_keeps_rows_and_order(raw):
    sample = take_sample(raw, rows=5, seed=1)

    assert len(sample) == 5
    assert sample.index.is_monotonic_increasing
    assert sample.equals(raw.loc[sample.index])
    assert sample.attrs["drawn_from"] == len(raw)


def test_a_sample_is_never_larger_than_the_table(raw):
    assert take_sample(raw, rows=10_000, seed=1).equals(raw)


def test_an_empty_sample_is_refused(raw):
    with pytest.raises(ValueError, match="rows=0"):
        take_sample(raw, rows=0, seed=1)
