"""The record of each build that ran something: one small file, which nothing changes.

It lies in `runs/` in the folder of the products. There is no database and no lock: the files of
two machines go together by copying.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import string
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbtasks.checks import notes
from nbtasks.notebooks import replace
from nbtasks.pipeline import options, parameters
from nbtasks.pipeline.tasks import Task
from nbtasks.project import root
from nbtasks.results import about

#: How many records stay, unless the executor in pipeline.yaml is told otherwise.
KEEP = 500
#: Parameters that say how a build goes, not what it makes.
MACHINERY = {"products", "executor", "time_budget", "keep_runs", "keep_failed"}
#: Parts of the names of metrics of which less is better, unless they begin with "neg".
DOWN = ("error", "loss", "mae", "mse", "mape", "deviance", "brier", "seconds")
Record = dict[str, Any]


def make(
    tasks: Mapping[str, Task],
    codes: Mapping[str, Mapping[str, str]],
    ran: Mapping[str, tuple[float, str]],
    started: float,
    **facts: Any,
) -> Record:
    """Return the record of a build.

    Parameters
    ----------
    tasks
        Those of the pipeline, after the build.
    codes
        Of each task the modules in use, with their fingerprints.
    ran
        Of each task that has run its seconds, and why it ran.
    started
        Unix time.
    facts
        What else is known: `outcome`, `seconds`, `commit`, `edited`.
    """
    good = {name: task for name, task in tasks.items() if task.state in ("done", "up to date")}
    own = {name: v[0] if len(v) == 1 else v for name, v in about.values(tasks).items()}
    given = {name: v for name, v in parameters.in_use().items() if name not in MACHINERY} | own
    tables = [str(path) for path in about.products(tasks) if path.suffix == ".parquet"]
    now = datetime.fromtimestamp(started, UTC)
    letters = "".join(random.SystemRandom().choices(string.ascii_lowercase, k=4))
    return {
        "name": f"{now:%Y%m%d-%H%M%S-%f}-{letters}",
        "started": now.isoformat(timespec="seconds"),
        **facts,
        "pipeline": options.pipeline_path().name,
        "environment": about.environment(place(tasks)),
        "sample": about.sample(given, tables),
        "parameters": given,
        "tasks": {
            name: {
                "state": task.state,
                **dict(zip(("seconds", "why"), ran.get(name, ()), strict=False)),
                "code": dict(code_of(task, codes.get(name, {}))),
            }
            for name, task in tasks.items()
        },
        "products": {name: code for task in good.values() for name, code in made(task)},
        "metrics": {name: dict(found) for name, task in good.items() if (found := metrics(task))},
    }


def code_of(task: Task, codes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield script and modules of a task, with the beginning of what is known of each."""
    script = task.source.path
    if script and script.suffix != ".py" and notes.SCRIPT not in codes:  # SQL, say
        yield task.source.shown(), hashlib.sha256(task.source.text.encode()).hexdigest()[:8]
    for path, code in codes.items():
        yield task.source.shown() if path == notes.SCRIPT else path, code[:8]


def place(tasks: Mapping[str, Task]) -> Path:
    """Return the folder of the records of a pipeline."""
    return (about.find_folder(tasks) or root() / "products") / "runs"


def made(task: Task) -> Iterator[tuple[str, str]]:
    """Yield the products of a task that has succeeded, with fingerprints as they were noted."""
    noted = notes.find_note([product.noted for product in task.products.values()]) or {}
    for key, code in noted.get("products", {}).items():
        if code and key in task.products:
            yield task.products[key].shown(), code[:16]


def metrics(task: Task) -> list[tuple[str, float | str]]:
    """Return the numbers of products called metrics; one that can't be read is told.

    What is no number, and JSON can't hold, is the text "nan".
    """
    found = []
    for key, path in task.files().items():
        if "metrics" not in (key, path.stem):
            continue
        try:
            for name, value in parameters.flatten(read_row(path)).items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found.append((name, value if math.isfinite(value) else "nan"))
        except (OSError, ValueError, AttributeError) as error:
            print(f"The metrics of {task.name} can't be read, {path.name}: {error}")
    return found


def read_row(path: Path) -> dict[str, Any]:
    """Read a file of JSON, or the one row of a table."""
    import pandas as pd

    if path.suffix not in (".csv", ".parquet"):
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    if len(table) != 1:
        raise ValueError(f"it has {len(table)} rows, not one")
    return {str(name): value for name, value in table.to_dict("records")[0].items()}


def is_less_better(metric: str) -> bool:
    """Tell by its name whether less of a metric is better."""
    name = metric.rpartition(".")[2].lower()
    return not name.startswith("neg") and any(part in name for part in DOWN)


def write(record: Record, folder: Path, keep: int) -> None:
    """Write a record, whole or not at all; then delete the oldest but for so many.

    Those that `nbtasks runs keep` has kept stay, and do not count.
    """
    replace(folder / f"{record['name']}.json", json.dumps(record, indent=1, default=str))
    kept = {*os.listdir(folder)}
    others = [name for name in find(folder) if name not in kept]
    old = others[: max(len(others) - keep, 0)]
    for name in old:
        (folder / f"{name}.json").unlink(missing_ok=True)
    if len(old) > 1:
        print(f"{len(old)} old records of runs were deleted: keep_runs is {keep}")


def find(folder: Path) -> list[str]:
    """Return the names of the runs that have a record in a folder, the oldest first."""
    names = os.listdir(folder) if folder.is_dir() else []  # 500 paths would take their time
    return sorted(name[:-5] for name in names if name[0] != "." and name.endswith(".json"))


def read(path: Path) -> Record | None:
    """Read a record; None if it can't be read, as of a copy that was cut short."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and found.get("name") == path.stem:
            return found
    return None


def flat(record: Record) -> dict[str, Any]:
    """Return what of a run is compared.

    Parameters (`P seed`), Metrics (`M train.accuracy`), Files of code, and by whom each is Used.
    """
    found = {f"P {name}": value for name, value in record["parameters"].items()}
    found |= {f"M {k}": value for k, value in parameters.flatten(record["metrics"]).items()}
    for name, task in record["tasks"].items():
        for path, code in task["code"].items():
            known = found.get(f"F {path}", "")
            found[f"F {path}"] = known if code in known else known + code
            found[f"U {path}"] = ", ".join(filter(None, [found.get(f"U {path}"), name]))
    return found


def differing(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    """Return the names under which two mappings have not the same."""
    return [name for name in {**then, **now} if now.get(name) != then.get(name)]
