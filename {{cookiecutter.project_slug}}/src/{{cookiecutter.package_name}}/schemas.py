"""What each table must look like: columns, types, ranges, uniqueness, missing values.

A table is checked as soon as its task has made it, because ``SCHEMAS`` has a schema for
that task; the tests use the same schemas.
"""

from __future__ import annotations

import pandera.pandas as pa

HAS_ROWS = pa.Check(lambda table: len(table) > 0, name="has rows", error="has rows")
{%- if cookiecutter.__penguins %}

SPECIES = ["Adelie", "Chinstrap", "Gentoo"]
ISLANDS = ["Biscoe", "Dream", "Torgersen"]

#: The measurements, with the ranges that a living penguin can have.
MEASURED = {
    "bill_length_mm": pa.Column(float, pa.Check.in_range(20, 80)),
    "bill_depth_mm": pa.Column(float, pa.Check.in_range(5, 40)),
    "flipper_length_mm": pa.Column(float, pa.Check.in_range(100, 300)),
    "body_mass_g": pa.Column(float, pa.Check.in_range(1000, 10_000)),
}

#: Raw data may have holes, and columns that nobody uses.
RAW = pa.DataFrameSchema(
    {
        "Species": pa.Column(str, pa.Check.str_startswith(tuple(SPECIES))),
        "Sample Number": pa.Column(int, pa.Check.ge(1)),
        "Island": pa.Column(str, pa.Check.isin(ISLANDS)),
        "Date Egg": pa.Column(str, pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$")),
        "Clutch Completion": pa.Column(str, pa.Check.isin(["Yes", "No"])),
        "Culmen Length (mm)": pa.Column(float, nullable=True),
        "Culmen Depth (mm)": pa.Column(float, nullable=True),
        "Flipper Length (mm)": pa.Column(float, nullable=True),
        "Body Mass (g)": pa.Column(float, nullable=True),
        "Sex": pa.Column(str, nullable=True),
    },
    checks=HAS_ROWS,
    unique=["Species", "Sample Number"],
)

CLEAN = pa.DataFrameSchema(
    {
        "species": pa.Column("category", pa.Check.isin(SPECIES)),
        "sample_number": pa.Column(int, pa.Check.ge(1)),
        "island": pa.Column("category", pa.Check.isin(ISLANDS)),
        "egg_date": pa.Column(pa.DateTime, pa.Check.in_range("2007-01-01", "2009-12-31")),
        "clutch_complete": pa.Column(bool),
        **MEASURED,
        "sex": pa.Column("category", pa.Check.isin(["female", "male", "unknown"])),
    },
    checks=HAS_ROWS,
    unique=["species", "sample_number"],
    strict=True,
)

FEATURES = pa.DataFrameSchema(
    {
        **MEASURED,
        "is_adelie": pa.Column("int8", pa.Check.isin([0, 1])),
        "is_chinstrap": pa.Column("int8", pa.Check.isin([0, 1])),
        "is_gentoo": pa.Column("int8", pa.Check.isin([0, 1])),
        "sex": pa.Column("category", pa.Check.isin(["female", "male"])),
    },
    checks=[
        HAS_ROWS,
        pa.Check(
            lambda table: table[["is_adelie", "is_chinstrap", "is_gentoo"]].sum(axis=1) == 1,
            name="one species each",
        ),
    ],
    strict=True,
)

CONFUSION = pa.DataFrameSchema(
    {"female": pa.Column(int, pa.Check.ge(0)), "male": pa.Column(int, pa.Check.ge(0))},
    index=pa.Index(str, pa.Check.isin(["female", "male"]), unique=True, name="true sex"),
    strict=True,
)

WEIGHTS = pa.DataFrameSchema(
    {
        "lost": pa.Column(float, pa.Check.in_range(-1, 1)),
        "spread": pa.Column(float, pa.Check.in_range(0, 1)),
    },
    index=pa.Index(str, unique=True, name="feature"),
    strict=True,
)

#: Name of the task -> schema of the table that it makes, or schemas by the names of products.
SCHEMAS = {
    "get": RAW,
    "clean": CLEAN,
    "features": FEATURES,
    "train": {"confusion": CONFUSION, "weights": WEIGHTS},
}
{%- else %}

#: Drafted from data/raw/example.csv; its comments may become checks.
RAW = pa.DataFrameSchema(
    {
        "date": pa.Column(str),  # 2026-01-01, 2026-01-02, 2026-01-03, 2026-01-04, 2026-01-05
        "station": pa.Column(str),  # north, south
        "temperature_c": pa.Column(float, nullable=True),  # -1.5 to 6.0
        "rain_mm": pa.Column(float, nullable=True),  # 0.0 to 3.1
    },
    checks=HAS_ROWS,
)

#: Name of the task -> schema of the table that it makes, or schemas by the names of products.
SCHEMAS = {
    "get": RAW,
}
{%- endif %}
