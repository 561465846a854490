"""Write what a function was called with, and what it returned, as a few lines of Python.

The kernel of a notebook loads this file.
"""

import pickle
import types

import numpy as np
import pandas as pd

TOO_LONG = 1200
BRACKETS = {list: "[{}]", tuple: "({})", set: "{{{}}}"}


def short(value, rows):
    """Return a value whose tables, arrays and lists have some rows at most."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return value.head(rows).copy()
    if isinstance(value, np.ndarray):
        return value[:rows].copy() if value.ndim else value
    if type(value) in (list, tuple):
        return type(value)(short(item, rows) for item in value[:rows])
    return {k: short(v, rows) for k, v in value.items()} if type(value) is dict else value


def literal(value):
    """Return a value as Python code; raise TypeError where it is not plain."""
    kind = type(value)
    if value is pd.NaT or value is pd.NA:
        return f"pd.{value}"
    if kind in BRACKETS and (value or kind is not set):
        items = ", ".join(map(literal, value)) + "," * (kind is tuple)
        return BRACKETS[kind].format(items if value else "")
    if kind is dict:
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64)):
        return literal(value.item())
    if kind is float and (value != value or value in (np.inf, -np.inf)):
        return f'float("{value}")'
    if kind in (int, float, str, bool, type(None), bytes):
        return repr(value)
    return table(value)


def table(value):
    """Return a table, a column, an array or a time as Python code."""
    if isinstance(value, pd.Timestamp) and value.tz is None:
        return f'pd.Timestamp("{value}")'
    if type(value) is np.ndarray and value.dtype.kind in "biufU":
        return f"np.array({literal(value.tolist())})"
    if type(value) not in (pd.DataFrame, pd.Series) or value.empty:
        raise TypeError(type(value).__name__)
    index = ""
    if not value.index.equals(pd.RangeIndex(len(value))):
        index = f", index={literal(value.index.tolist())}"
    if type(value) is pd.DataFrame:
        return f"pd.DataFrame({literal({n: value[n].tolist() for n in value})}{index})"
    name = f", name={literal(value.name)}" if value.name is not None else ""
    return f"pd.Series({literal(value.tolist())}{index}{name})"


def alike(one, two):
    """Tell whether two values are the same, numbers nearly so."""
    try:
        if isinstance(one, (pd.DataFrame, pd.Series)):
            test = (
                pd.testing.assert_frame_equal if one.ndim == 2 else pd.testing.assert_series_equal
            )
            test(one, two)
            return True
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, two) if one.dtype.kind == "f" else None
            return one.dtype == two.dtype and np.array_equal(
                one, two, equal_nan=one.dtype.kind == "f"
            )
        return type(one) is type(two) and (one == two or one != one)
    except Exception:
        return False


def plain(value):
    """Return a value as Python code that gives it back, not too long; raise TypeError if not."""
    text = literal(value)
    back = eval(text, {"pd": pd, "np": np})
    if len(text) > TOO_LONG or not alike(
        back, value.item() if isinstance(value, np.generic) else value
    ):
        raise TypeError("it is no short and plain value")
    return text


def check(result):
    """Return the line that asserts a result."""
    result = result.item() if isinstance(result, np.generic) else result
    text = plain(result)
    near = f"assert result == pytest.approx({text}{', nan_ok=True' * ('nan' in text)})"
    if isinstance(result, pd.DataFrame):
        return f"pd.testing.assert_frame_equal(result, {text})"
    if isinstance(result, pd.Series):
        return f"pd.testing.assert_series_equal(result, {text})"
    if isinstance(result, np.ndarray) and result.dtype.kind in "iuf":
        return f"np.testing.assert_allclose(result, {text})"
    if isinstance(result, float):
        return near
    if type(result) in (tuple, list) and any(isinstance(item, float) for item in result):
        numbers = all(isinstance(item, (int, float)) for item in result)
        return near if numbers else None
    return (
        f"assert result == {text}"
        if isinstance(result, (str, int, bool, list, tuple, dict))
        else None
    )


def example(space, name, names, call):
    """Return how a function can be called with little, and what is to come out of it then.

    `names` are the globals that it is going to get as arguments. Nothing is returned where it
    can't be called so, returns nothing plain, or another thing each time.
    """
    for rows in (4, 40):
        try:
            results = []
            for _ in range(2):
                positional, named = short(pickle.loads(call), rows)
                extra = pickle.loads(pickle.dumps({n: short(space[n], rows) for n in names}))
                texts = [*map(plain, positional)]
                texts += [f"{n}={plain(v)}" for n, v in {**named, **extra}.items()]
                function = space[name]
                if extra:
                    own = {**space, **extra}
                    defaults = function.__defaults__
                    function = types.FunctionType(function.__code__, own, name, defaults)
                    function.__kwdefaults__ = space[name].__kwdefaults__
                results.append(check(function(*positional, **named)))
            return (texts, results[0]) if results[0] and results[0] == results[1] else None
        except Exception:
            continue
    return None
