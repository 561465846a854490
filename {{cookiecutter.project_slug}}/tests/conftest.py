"""What several tests need."""

from pathlib import Path

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.get import read_raw

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    """Return the raw data."""
    return read_raw(PROJECT / "data/raw/{{ cookiecutter.example if cookiecutter.__penguins else 'example' }}.csv")
