"""Build the tasks that came from a notebook, and compare what they show with what it shows."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat

from nbtasks import notebooks
from nbtasks.engine import building
from nbtasks.importer.scripts import ADDED, Task
from nbtasks.project import root
from nbtasks.results import beside

#: What is different at each run: addresses, random identifiers, times, numbered elements.
VOLATILE = re.compile(
    r"(?:0|\.\.\.)x[0-9a-f]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{16,}\b|\b\d\d:\d\d:\d\d(\.\d+)?\b|"
    r"(?m:^(CPU times|Wall time):.*$)|.* per loop .*|(?<=-id-)\d+|/\S*(ipykernel_|tmp)\w+\S*"
)
PAGE = re.compile(r"(?s)<(style|script).*?</\1>|<[^>]+>|\s+")
#: How often the original runs at most: two runs may agree by chance.
RUNS = 8


def prove(
    path: Path, tasks: list[Task], original: Any, notes: list[str], again: Callable[[], Any]
) -> tuple[bool, bool]:
    """Build, compare, and report on the screen and on a page.

    `original` is the executed notebook, None if it was not run; `again` runs it once more, to see
    what varies by itself. Returned is whether all was built, and whether all shows the same.
    """
    made, failed = building.build_alone([task.part.name for task in tasks])
    runs, sides = [original], {}
    for task in tasks:
        cells = [*cells_of(made.get(task.part.name))]
        sides[task.part.name] = [*zip(numbers_of(task), cells, strict=False)] if original else []

    def differing() -> dict[str, dict[int, str]]:
        return {task.part.name: compare(task, sides[task.part.name], runs) for task in tasks}

    first = found = differing()
    while len(runs) < RUNS and any(number for lines in found.values() for number in lines):
        runs.append(again()[0])
        found = differing()
    print("\nOutputs, compared with those of the notebook:")
    for name, lines in found.items():
        print(f"  {name}: {'; '.join(lines.values()) or 'the same'}")
        if varying := [f"cell {n}" for n in first[name] if n not in lines]:
            what = ", ".join(varying)
            notes.append(f"{name}: what varies by itself from run to run was left out: {what}")
    print(*(f"  - {line}" for line in notes), sep="\n")
    pairs = {
        name: [(original.cells[n - 1], cell, found[name].get(n, "")) for n, cell in cells]
        for name, cells in sides.items()
    }
    report = root() / "products" / f"import-{path.stem}.html"
    todo = [line for lines in found.values() for line in lines.values()] + notes
    notebooks.replace(report, beside.page(f"Import of {path.name}", todo, pairs))
    print(f"Side by side, cell by cell: {report.relative_to(root()).as_posix()}")
    return not failed, not any(found.values())


def compare(task: Task, cells: list[tuple[int, Any]], runs: list[Any]) -> dict[int, str]:
    """Return what is not the same in a task as in the notebook.

    `cells` are those of the task by the numbers of the notebook's; `runs` is the executed
    notebook, each time that it ran, or None. Returned is, by the number of a cell or 0 for the
    whole task, what differs.
    """
    if runs[0] is None:
        return {0: "there is nothing to compare with, as the notebook was not run"}
    if len(cells) != (wanted := len(numbers_of(task))):
        return {0: f"{len(cells)} of its {wanted} cells were built"}
    found = {}
    for number, cell in cells:
        theirs = (run.cells[number - 1].outputs for run in runs)
        if what := difference(cell.outputs, *theirs):
            found[number] = f"cell {number}: {what}"
    return found


def numbers_of(task: Task) -> list[int]:
    """Return the numbers of the cells that a task has of the notebook."""
    return [cell.metadata["import"] for cell in task.cells if "import" in cell.metadata]


def cells_of(path: Path | None) -> Iterator[Any]:
    """Yield the cells of a built task that are of the notebook."""
    for cell in nbformat.read(path, as_version=4).cells if path else []:
        given = {"parameters", "injected-parameters"} & {*cell.metadata.get("tags", [])}
        if cell.cell_type == "code" and cell.metadata.get("title") not in ADDED and not given:
            yield cell


def difference(ours: list[Any], *runs: list[Any]) -> str:
    """Return what is different in our outputs of a cell; what varies by itself is not."""
    here = re.compile(re.escape(str(root())) + r"\S*")  # the folder that a magic tells, as `%cd`
    one, *others = ([*plain(outputs, here)] for outputs in (ours, *runs))
    if len({*map(len, others)}) > 1:
        return ""
    if len(one) != len(others[0]):
        return f"{len(one)} outputs, in the original {len(others[0])}"
    both = zip(one, *others, strict=True)
    return ", ".join(sorted({each[0][0] for each in both if differ(*(value for _, value in each))}))


def differ(ours: list[Any], *runs: list[Any]) -> bool:
    """Tell whether lines differ that are the same in all runs of the original."""
    if len({*map(len, runs)}) > 1:
        return False
    steady = (len({*each}) == 1 for each in zip(*runs, strict=True))
    lines = zip(ours, runs[0], steady, strict=False)
    return len(ours) != len(runs[0]) or any(a != b for a, b, same in lines if same)


def plain(outputs: list[Any], here: re.Pattern[str]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the kinds and lines of what outputs show, without what is different at each run."""
    text = "".join(item.text for item in outputs if item.get("name") == "stdout")
    yield "text", VOLATILE.sub("", here.sub("", text)).splitlines()
    for item in outputs:
        for kind, value in sorted(item.get("data", {}).items()):
            if kind.startswith("image/") or kind.endswith("json"):
                yield "figure", [value]
            elif kind == "text/html":
                rows = value.split("</tr>")
                yield "table", [VOLATILE.sub("", PAGE.sub(" ", row)) for row in rows]
            elif not any(other.startswith("image/") for other in item["data"]):
                yield "text", VOLATILE.sub("", value).splitlines()
