"""Read the raw data, whole or as a small sample of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read_raw(path: str | Path) -> pd.DataFrame:
{% if cookiecutter.__penguins %}    """Read the raw Palmer penguins table exactly as it was published.

    Parameters
    ----------
    path
        The CSV file, one row per bird seen at its nest.

    Returns
    -------
    pandas.DataFrame
        344 rows and 17 columns, under their original names.

    Raises
    ------
    FileNotFoundError
        If there is no file at ``path``.

    Notes
    -----
    Source: Gorman KB, Williams TD, Fraser WR (2014), PLoS ONE 9(3): e90081,
    https://doi.org/10.1371/journal.pone.0090081
    """
{% else %}    """Read the raw data exactly as it came.

    Parameters
    ----------
    path
        A file such as data/raw/example.csv.

    Returns
    -------
    pandas.DataFrame
        One row per row of the file, under its original column names.

    Raises
    ------
    FileNotFoundError
        If there is no file at ``path``.
    """
{% endif %}    return pd.read_csv(path)


def take_sample(table: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Draw a few rows at random, always the same ones for the same seed.

    Parameters
    ----------
    table
        Any table.
    rows
        How many rows to draw; the whole table when it has fewer.
    seed
        Seed of the random draw.

    Returns
    -------
    pandas.DataFrame
        ``min(rows, len(table))`` rows of ``table``, in their original order. Its
        attribute ``drawn_from`` is the number of rows of ``table``: reports say it.

    Raises
    ------
    ValueError
        If ``rows`` is less than 1.
    """
    if rows < 1:
        raise ValueError(f"a sample needs at least 1 row, got rows={rows}")
    sample = table.sample(min(rows, len(table)), random_state=seed).sort_index()
    sample.attrs["drawn_from"] = len(table)
    return sample
