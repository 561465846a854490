"""Build the tasks that came from a notebook, and compare what they show with what it shows."""

import html
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nbtasks import notebooks
from nbtasks.engine import building
from nbtasks.importer.scripts import ADDED, Task
from nbtasks.project import root

HEAD = """<!doctype html><html lang='en'><meta charset='utf-8'><title>{0}</title><style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 1.5em; color: #222 }}
main {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 1em }}
.cell {{ border-top: 1px solid #ccc; overflow: auto; max-height: 50em }} img {{ max-width: 100% }}
.text_cell {{ grid-column: 1 / -1; border: 0 }} strong {{ background: #ffe0b2 }}
.highlight {{ background: #f4f4f4 }} pre {{ white-space: pre-wrap; font-size: 13px }}
</style><body><h1>{0}</h1><h2>To do by hand</h2><ol>{1}</ol>
<p>Left the notebook, right the task.</p><main>{2}</main></body></html>"""
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

    `again` runs it once more, to see what varies by itself. Returned is whether all was built,
    and whether all shows the same as the original.
    """
    made, failed = building.build_alone([task.part.name for task in tasks])
    sides: dict[str, list[tuple[int, Any]]] = {}
    for task in tasks:
        numbers = [cell.metadata["import"] for cell in task.cells if "import" in cell.metadata]
        ours = [*cells_of(made.get(task.part.name))]
        sides[task.part.name] = [*itertools.zip_longest(numbers, ours)]
    runs, first = [original], {}
    while True:
        found = {name: compare(cells, runs) for name, cells in sides.items()}
        first = first or found
        if len(runs) == RUNS or not any(number for lines in found.values() for number in lines):
            break
        runs.append(again()[0])
    print("\nOutputs, compared with those of the notebook:")
    for name, lines in found.items():
        print(f"  {name}: {'; '.join(lines.values()) or 'the same'}")
        if varying := [f"cell {n}" for n in first[name] if n not in lines]:
            what = ", ".join(varying)
            notes.append(f"{name}: what varies by itself from run to run was left out: {what}")
    print(*(f"  - {line}" for line in notes), sep="\n")
    pairs, was = {}, original.cells
    for name, cells in sides.items():
        pairs[name] = [(was[n - 1], c, found[name].get(n, "")) for n, c in cells if n and c]
    report = root() / "products" / f"import-{path.stem}.html"
    todo = [line for lines in found.values() for line in lines.values()] + notes
    notebooks.replace(report, page(f"Import of {path.name}", todo, pairs))
    print(f"Side by side, cell by cell: {report.relative_to(root()).as_posix()}")
    return not failed, not any(found.values())


def compare(cells: list[tuple[int, Any]], runs: list[Any]) -> dict[int, str]:
    """Return what differs from the notebook, by its cells; 0 stands for the whole task."""
    if any(None in pair for pair in cells):
        return {0: "it was not built, or not all of its cells"}
    found = {}
    for number, cell in cells:
        if what := difference(cell.outputs, *(run.cells[number - 1].outputs for run in runs)):
            found[number] = f"cell {number}: {what}"
    return found


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
    steady = (all(one == each[0] for one in each) for each in zip(*runs, strict=True))
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


def page(title: str, notes: Iterable[str], parts: dict[str, list[tuple[Any, Any, str]]]) -> str:
    """Return the page: what is to be done, most useful first, and parts by their titles.

    A part has its cells: as one notebook has it, as the other has it, and what differs.
    """
    cells = []
    for name, rows in parts.items():
        cells.append(new_markdown_cell(f"## {name}"))
        for before, after, difference in rows:
            cells += [new_markdown_cell(f"**{difference}**")] * bool(difference)
            cells += [new_code_cell(side.source, outputs=side.outputs) for side in (before, after)]
    exporter = HTMLExporter(template_name="basic")
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    body, _ = exporter.from_notebook_node(new_notebook(cells=cells))
    todo = "".join(f"<li>{html.escape(note)}</li>" for note in notes) or "<li>Nothing</li>"
    return HEAD.format(html.escape(title), todo, body)
