"""Write what a function was called with, and what it returned, as Python: in the kernel."""

import contextlib
import math
import pickle

import numpy as np
import pandas as pd

#: What values are written with in tests.
NAMES = {"pd": pd, "np": np, "nan": math.nan, "inf": math.inf}
NAMES |= {"Timestamp": pd.Timestamp, "NaT": pd.NaT, "array": np.array}


def short(value, rows):
    """Return a value whose tables, arrays and lists have some rows at most."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return value.head(rows).copy()
    if isinstance(value, np.ndarray):
        return value[:rows].copy() if value.ndim else value
    if type(value) in (list, tuple):
        return type(value)(short(item, rows) for item in value[:rows])
    return {k: short(v, rows) for k, v in value.items()} if type(value) is dict else value


def plain(value):
    """Return a value as a short piece of Python that gives it back; raise an error if none does."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, pd.DataFrame):
        text = f"pd.DataFrame({value.to_dict('list')!r}, index={value.index.tolist()!r})"
    elif isinstance(value, pd.Series):
        text = f"pd.Series({value.tolist()!r}, {value.index.tolist()!r}, name={value.name!r})"
    elif isinstance(value, np.ndarray):
        text = f"np.array({value.tolist()!r})"
    back = eval(text, {**NAMES}) if len(text) < 1200 else None
    if not (back.equals(value) if hasattr(back, "equals") else repr(back) in (text, repr(value))):
        raise TypeError("it is no short and plain value")
    return text


def check(result):
    """Return the line that asserts a result, numbers nearly; raise an error if there is none."""
    text, items = plain(result), result if type(result) in (list, tuple) else [result]
    line = f"assert result == {text}"
    if isinstance(result, (pd.DataFrame, pd.Series)):
        kind = "frame" if result.ndim == 2 else "series"
        line = f"pd.testing.assert_{kind}_equal(result, {text})"
    elif isinstance(result, np.ndarray) or any(isinstance(item, float) for item in items):
        line = f"np.testing.assert_allclose(result, {text})"
    exec(line, {**NAMES, "result": result})
    return line if result is not None else None


def example(function, call):
    """Return how a function is called with little, and what comes out, if that is plain twice."""
    for rows in (4, 40):
        with contextlib.suppress(Exception):
            lines = set()
            for _ in range(2):
                positional, named = short(pickle.loads(call), rows)
                texts = [*map(plain, positional), *(f"{n}={plain(v)}" for n, v in named.items())]
                lines.add(check(function(*positional, **named)))
            return (texts, *lines) if len(lines) == 1 and None not in lines else None
    return None
