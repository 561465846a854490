"""Show the runs of the pipeline, a line each: their metrics, and what was changed.

    nbtasks runs --last 20 --sort accuracy
    nbtasks runs NAME NAME
    nbtasks runs keep NAME

Two names compare two runs; `keep` puts reports and metrics of a run beside its record, where no
build overwrites them. The last letters of a name are enough.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from nbtasks.checks import fingerprints, times
from nbtasks.errors import Refusal
from nbtasks.pipeline import parameters
from nbtasks.pipeline.tasks import shorten
from nbtasks.project import root
from nbtasks.results import records
from nbtasks.results.records import Record


def main(arguments: list[str]) -> int:
    """Print them, or do what is asked; return 1 if that can't be done."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("nbtasks runs", description=__doc__, formatter_class=formatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="two runs, or: keep NAME")
    parser.add_argument("--last", type=int, default=10, help="how many, 10 if not said")
    parser.add_argument("--sort", metavar="METRIC", default="", help="the best first")
    parser.add_argument("--json", action="store_true", help="all that is recorded")
    given = parser.parse_args(arguments)
    folders = [path for top in parameters.product_folders() for path in top.rglob("runs")]
    found = [folder / f"{name}.json" for folder in folders for name in records.find(folder)]
    paths = sorted(found, key=lambda path: path.name)
    try:
        match given.names:
            case []:
                show(paths, given)
            case ["keep", name]:
                keep(*one_of(paths, name))
            case [a, b]:
                compare(one_of(paths, a)[1], one_of(paths, b)[1])
            case _:
                raise Refusal("Name two runs to compare them, or keep NAME")
    except Refusal as error:
        print(error)
        return 1
    return 0


def one_of(paths: list[Path], name: str) -> tuple[Path, Record]:
    """Return the file of the run that a name, or the end of one, means; and what it holds."""
    found = [path for path in paths if path.stem.endswith(name)]
    record = records.read(found[0]) if len(found) == 1 else None
    if record is None:
        raise Refusal(f"{len(found) or 'No'} runs are called {name!r}; to list them: nbtasks runs")
    return found[0], record


def show(paths: list[Path], given: argparse.Namespace) -> None:
    """Print the runs of each environment, with and without a sample, the newest or best first."""
    groups: dict[str, list[Record]] = {}
    for run in filter(None, map(records.read, paths)):
        words = run["environment"], "sample" * bool(run["sample"]), run["pipeline"]
        groups.setdefault(", ".join(filter(None, words)), []).append(run)
    chosen = []
    for of, group in groups.items():
        names = [*dict.fromkeys(name for run in group for name in metrics(run))]
        ordered = sorted(group, key=lambda run: rank(run, given.sort)) if given.sort else group
        runs = ordered[: -given.last - 1 : -1]
        chosen += runs
        head = ["run", "when", "commit", "took", *names, "changed"]
        if not given.json:
            print(f"{of}:", *align([head, *(row(run, group, names) for run in runs)]), "", sep="\n")
    if given.json:
        print(json.dumps(chosen))
    elif not groups:
        print("There are no runs yet; each build leaves one: ploomber build")


def metrics(run: Record) -> dict[str, Any]:
    """Return the metrics of a run, as in `train.accuracy`; none if it has failed."""
    return parameters.flatten(run["metrics"]) if run["outcome"] == "done" else {}


def rank(run: Record, metric: str) -> float:
    """Return how good a run is by a metric, or by its seconds."""
    known = {**metrics(run), "seconds": run["seconds"]}
    found = [v for name, v in known.items() if f".{name}".endswith(f".{metric}") and v != "nan"]
    return (-1 if records.is_less_better(metric) else 1) * found[0] if found else -math.inf


def row(run: Record, group: list[Record], names: list[str]) -> list[str]:
    """Return the cells of a run, metrics with their difference to the run before that was good."""
    good = (one for one in group if one["name"] < run["name"] and one["outcome"] == "done")
    then = max(good, key=lambda one: str(one["name"]), default=None)
    known, earlier = metrics(run), metrics(then) if then else {}
    cells = [f"{text(known.get(n))} {step(known.get(n), earlier.get(n))}".rstrip() for n in names]
    changed = [] if run["outcome"] == "done" else [run["outcome"]]
    a, b = records.flat(then or run), records.flat(run)
    for name in sorted(records.differing(b, a), key=lambda name: name[0] != "P"):
        if name[0] == "P":
            changed.append(f"{name[2:]} {text(a.get(name))} -> {text(b.get(name))}")
        elif name[0] == "F":
            changed.append("/".join(name.split("/")[-2:]).removeprefix("F "))
    took = times.words(run["seconds"])
    return [run["name"][-4:], when(run), commit(run), took, *cells, ", ".join(changed)]


def step(now: Any, then: Any) -> str:
    """Return by how much a number is another than before, in brackets; "" if it is not."""
    are_numbers = isinstance(now, int | float) and isinstance(then, int | float)
    return f"({now - then:+.4g})" if are_numbers and now != then else ""


def text(value: Any) -> str:
    """Return a value in a few letters."""
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)


def when(run: Record) -> str:
    """Return when a run began, by the clock of this machine."""
    return f"{datetime.fromisoformat(run['started']).astimezone():%Y-%m-%d %H:%M}"


def commit(run: Record) -> str:
    """Return the commit of a run, with a + if files differed from it."""
    return str(run["commit"][:7] + "+" * run["edited"])


def align(rows: list[list[str]]) -> Iterator[str]:
    """Yield lines with their cells below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        yield "  ".join(map(str.ljust, cells, widths)).rstrip()


def compare(a: Record, b: Record) -> None:
    """Print what differs between two runs, their metrics, and git's own diff of their commits."""
    then, now = records.flat(a), records.flat(b)
    others = records.differing(now, then)
    rows = [[run["name"][-4:], when(run), commit(run), run["outcome"]] for run in (a, b)]
    for n in {**then, **now}:
        if n[0] == "M" or (n[0] == "P" and n in others):
            one, two = then.get(n), now.get(n)
            rows.append([n[2:], text(one), text(two), step(two, one)])
    print(*align(rows), sep="\n")
    for n in (n[2:] for n in others if n[0] == "F"):
        print(f"{n} differs; used by {now.get(f'U {n}') or then[f'U {n}']}")
    if a["edited"] or b["edited"]:
        print("+ is of edits that the commit does not have")
    if a["commit"] and b["commit"] and a["commit"] != b["commit"]:
        pair = [run["commit"][:9] for run in (a, b)]
        print("\ngit diff", *pair, flush=True)
        subprocess.run(["git", "diff", *pair], cwd=root())


def keep(path: Path, record: Record) -> None:
    """Copy reports, notebooks and metrics of a run into a folder beside its record.

    Raises
    ------
    Refusal
        If one of them is not as that run has left it any more; nothing is copied then.
    """
    folder = path.with_suffix("")
    known = {root() / name: code for name, code in record["products"].items()}
    chosen = [
        file
        for file in known
        if file.suffix in (".html", ".ipynb", ".json") or file.stem == "metrics"
    ]
    gone = [f.name for f in chosen if not str(fingerprints.fingerprint(f)).startswith(known[f])]
    if gone:
        raise Refusal(
            f"{', '.join(gone)}: not as that run has left it, so that nothing was kept. "
            f"To have it again: git switch --detach {record['commit'][:7]}, and build"
        )
    folder.mkdir(exist_ok=True)
    for file in chosen:
        target = folder / file.relative_to(path.parent.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    print(f"Kept: {shorten(folder)}")
