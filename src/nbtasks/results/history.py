"""The runs as the page of a build holds them: the newest, and how each older one differs.

500 runs take a few hundred kilobytes so, and a build adds its own without reading the others.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from nbtasks.results import about, records

#: How the page holds them.
RUNS = re.compile(r'<script type="application/json" id="runs">(.*?)</script>', re.DOTALL)
#: What of a record is not compared.
FACTS = ("name", "started", "seconds", "outcome", "commit", "edited", "sample")
Runs = list[dict[str, Any]]


def update(folder: Path, before: Runs) -> Runs:
    """Return the runs of a folder, the newest first.

    Parameters
    ----------
    folder
        Where their records are.
    before
        The runs as the page has them, to which the newest is added if no other file has come
        or gone but for the oldest.
    """
    names = records.find(folder)[: -records.KEEP - 1 : -1]
    known = [run["name"] for run in before]
    if names == known:
        return before
    if names and names[1:] == known[: len(names) - 1]:
        return [*relate(entries(folder, names[:1]) + before[:1]), *before[1 : len(names) - 1]]
    return relate(entries(folder, names))


def entries(folder: Path, names: list[str]) -> Runs:
    """Return what is shown of runs, each with all that is compared under `d`."""
    paths = (folder / f"{name}.json" for name in names)
    read = [record for path in paths if (record := records.read(path))]
    return [{key: one[key] for key in FACTS} | {"d": records.flat(one)} for one in read]


def relate(runs: Runs) -> Runs:
    """Return runs with, of all but the first, only what differs from the one before under `d`."""
    found = runs[:1]
    for newer, run in itertools.pairwise(runs):
        others = records.differing(newer["d"], run["d"])
        found.append({**run, "d": {name: run["d"].get(name) for name in others}})
    return found


def page_data(runs: Runs) -> dict[str, Any]:
    """Return what the page gets: the runs, which metrics are best low, where commits are."""
    names = {name[2:] for run in runs for name in run["d"] if name.startswith("M ")}
    down = sorted(filter(records.is_less_better, names))
    return {"runs": runs, "down": down, "web": about.web()}
