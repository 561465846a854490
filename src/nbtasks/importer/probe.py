"""Look at the values of a notebook while it runs: its kernel loads this file."""

import contextlib
import functools
import io
import json
import pickle
import random
import types
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from joblib.numpy_pickle import NumpyPickler

CHANGING = (list, dict, set, bytearray, np.ndarray, pd.DataFrame, pd.Series)


class Pickler(NumpyPickler):
    """Stores a value, and notes which functions and classes of the notebook it is made of."""

    def __init__(self, stream):
        super().__init__(stream)
        self.classes, self.objects = set(), {}

    def save(self, item, *rest, **options):
        """Note what is of the notebook or can change; refuse figures, which belong together."""
        if isinstance(item, CHANGING) or type(item).__module__ == "__main__":
            base = getattr(item, "base", None)
            self.objects |= {id(item): item, id(item if base is None else base): item}
        if type(item).__module__.startswith(("matplotlib.figure", "matplotlib.axes")):
            raise TypeError("a figure is drawn by one task")
        if getattr(item, "__module__", None) == "__main__" and isinstance(
            item, (type, types.FunctionType)
        ):
            self.classes.add(item.__qualname__.split(".")[0])
        return super().save(item, *rest, **options)


def look(value):
    """Return how a value can be stored, and a fingerprint that changes when it does."""
    try:
        stream = io.BytesIO()
        pickler = Pickler(stream)
        pickler.dump(value)
        stream.seek(0)
        joblib.load(stream)
    except Exception as error:
        return {"why": f"{type(value).__name__}: {error}".splitlines()[0][:80]}
    found = {"classes": sorted(pickler.classes), "objects": pickler.objects}
    with contextlib.suppress(Exception):  # such as masked arrays, which joblib can not hash
        states = joblib.hash(value), joblib.hash(value)
        found |= {"state": states[0]} if states[0] == states[1] else {}
    if type(value) is pd.DataFrame and survives(value):
        found["columns"] = {name: describe(value[name]) for name in value.columns}
    return found


def survives(table):
    """Tell whether a table comes back from parquet as it was."""
    try:
        stream = io.BytesIO()
        table.to_parquet(stream)
        pd.testing.assert_frame_equal(table, pd.read_parquet(stream))
        return all(type(name) is str for name in table.columns)
    except Exception:
        return False


def describe(column):
    """Return the type of a column and whether it has holes, as a schema says it."""
    text = pd.api.types.is_string_dtype(column.dtype) and column.dropna().map(type).eq(str).all()
    return "str" if text else str(column.dtype), bool(column.isna().any())


def watch(space, names, folder):
    """Note what functions are called with first; after that they are as they were."""
    for name in names:
        if isinstance(space.get(name), types.FunctionType):
            space[name] = note_call(name, space[name], Path(folder, f"{name}.pickle"), space)


def note_call(name, function, file, space):
    """Return a function that notes what it is called with first, then leaves by itself."""

    @functools.wraps(function)
    def noting(*args, **kwargs):
        if space.get(name) is noting:
            space[name] = function
            try:
                file.write_bytes(pickle.dumps((args, kwargs)))
            except Exception as error:
                file.with_suffix(".why").write_text(str(error), encoding="utf-8")
        return function(*args, **kwargs)

    return noting


def value_of(name, space):
    """Return the value of a name, or the state of the random numbers."""
    if name == "numpy_random":
        return np.random.get_state()
    return random.getstate() if name == "python_random" else space[name]


def probe(space, names, folder, cell):
    """Note what the values of a notebook are like after a cell.

    Parameters
    ----------
    space
        All names of the notebook.
    names
        Those to look at.
    folder
        Where to write.
    cell
        Number of the cell.
    """
    known = [name for name in names if name in space or name.endswith("_random")]
    seen = {name: look(value_of(name, space)) for name in known}
    objects = {name: found.pop("objects", {}) for name, found in seen.items()}
    for name, found in seen.items():
        others = [other for other in seen if other != name]
        found["shares"] = [n for n in others if objects[n].keys() & objects[name].keys()]
    Path(folder, f"{cell}.json").write_text(json.dumps(seen), encoding="utf-8")
