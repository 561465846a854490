"""Look at the values of a notebook while it runs, and leave no trace: its kernel loads this."""

import contextlib
import inspect
import io
import itertools
import json
import os
import pickle
import random
import runpy
import sys
import time
import types
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from joblib.numpy_pickle import NumpyPickler

CHANGING = (list, dict, set, bytearray, np.ndarray, pd.DataFrame, pd.Series)
#: File, as it was named and where it is -> whether it was written, since the last look.
OPENED = {}
CALLS = {}  #: the first calls of functions
EXAMPLES = runpy.run_path(str(Path(__file__).with_name("examples.py")))


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
        made = isinstance(item, (type, types.FunctionType)) and item.__module__ == "__main__"
        self.classes |= {item.__qualname__.split(".")[0]} if made else set()
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
    found["type"] = type(value).__name__
    with contextlib.suppress(Exception):  # such as masked arrays, which joblib can not hash
        states = joblib.hash(value), joblib.hash(value)
        found |= {"state": states[0]} if states[0] == states[1] else {}
    if type(value) is pd.DataFrame and survives(value):
        found["columns"] = {name: describe(value[name]) for name in value.columns}
    return found


def survives(table):
    """Tell whether a table comes back from parquet as it was, its kinds of nothing included."""
    with contextlib.suppress(Exception):
        stream = io.BytesIO()
        table.to_parquet(stream)
        back = pd.read_parquet(stream)
        pd.testing.assert_frame_equal(table, back)
        mixed = [name for name in table if table[name].dtype == object and table[name].hasnans]
        same = all(table[name].map(type).equals(back[name].map(type)) for name in mixed)
        return same and all(type(name) is str for name in table.columns)
    return False


def describe(column):
    """Return the type of a column and whether it has holes, as a schema says it."""
    text = pd.api.types.is_string_dtype(column.dtype) and column.dropna().map(type).eq(str).all()
    return "str" if text else str(column.dtype), bool(column.isna().any())


def note_file(event, arguments):
    """Note that a file is opened: an audit hook."""
    if event in ("open", "sqlite3.connect") and isinstance(arguments[0], (str, os.PathLike)):
        mode, flags = (*arguments[1:], "", 0)[:2] if event == "open" else ("", 0)
        writes = bool({*(mode or "")} & {*"wax+"}) or bool((flags or 0) & os.O_CREAT)
        typed = os.fspath(arguments[0])
        path = typed, os.path.normpath(os.path.join(os.getcwd(), typed))
        OPENED[path] = OPENED.get(path, False) or writes


def listen(space, names):
    """Note from now on which files are opened, and first calls: a profiler leaves no trace."""
    wanted, events = {*names}, itertools.count()

    def note_call(frame, event, _):
        name = frame.f_code.co_name
        if next(events) > 20_000_000 or not wanted:
            sys.setprofile(None)
        elif event == "call" and frame.f_globals is space and name in wanted and name not in CALLS:
            CALLS[name] = (frame, time.monotonic(), first_call(frame))
        elif event == "return" and name in wanted and CALLS.get(name, (None,))[0] is frame:
            _, start, call = CALLS[name]
            CALLS[name] = call if time.monotonic() - start < 10 else None
            wanted.discard(name)

    sys.addaudithook(note_file)
    sys.setprofile(note_call if names else None)


def first_call(frame):
    """Return the arguments of a call, tables cut short, as they are before it runs."""
    with contextlib.suppress(Exception):
        names, rest, more, values = inspect.getargvalues(frame)
        count = frame.f_code.co_argcount
        positional = [values[n] for n in names[:count]] + [*values.get(rest, ())]
        named = {n: values[n] for n in names[count:]} | values.get(more, {})
        return pickle.dumps(EXAMPLES["short"]((positional, named), 40))


def probe(space, names, folder, cell):
    """Note in a folder what the values of a notebook are like after a cell."""
    values = {**space, "numpy_random": np.random.get_state(), "python_random": random.getstate()}
    left = {"numpy_random": values["numpy_random"][2], "python_random": random.getstate()[1][-1]}
    seen = {name: look(values[name]) for name in names if name in values}
    objects = {name: found.pop("objects", {}) for name, found in seen.items()}
    for name, found in seen.items():
        others = [other for other in seen if other != name]
        found["shares"] = [n for n in others if objects[n].keys() & objects[name].keys()]
        found["fresh"] = left.get(name) == 624  # no number was drawn since the seed was set
    place = Path(folder).parent  # deep in a folder of its own, which holds all that is needed
    seen["opened files"] = [
        (typed, os.path.relpath(path, place), way)
        for (typed, path), way in OPENED.items()
        if place.parents[5] in Path(path).parents and os.path.isfile(path)
    ]
    Path(folder, f"{cell}.json").write_text(json.dumps(seen), encoding="utf-8")
    OPENED.clear()


def finish(space, folder):
    """Write an example of each function that was called: its arguments and its result."""
    sys.setprofile(None)
    calls = {name: call for name, call in CALLS.items() if isinstance(call, bytes)}
    found = {name: EXAMPLES["example"](space[name], call) for name, call in calls.items()}
    text = json.dumps({name: example for name, example in found.items() if example})
    Path(folder, "examples.json").write_text(text, encoding="utf-8")
