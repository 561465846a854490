"""Keep the outputs of notebooks out of git, and in your working copy.

Git runs this (see notebooks/.gitattributes; `python bootstrap.py` registers it):

python -m nbtasks.notebooks.git_filter clean FILE
    what git stores: the notebook without its outputs
python -m nbtasks.notebooks.git_filter smudge FILE
    what git writes: the notebook, and the outputs that its cells had here when git last saw them
python -m nbtasks.notebooks.git_filter check FILE...
    fail if outputs are about to be committed

The outputs wait in .git/notebook-outputs, so a checkout, a pull or a stash keeps those of
every cell that it does not change.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbtasks import notebooks
from nbtasks.notebooks import Cell, Notebook
from nbtasks.project import git

#: By the name of a cell: its outputs and its number.
Outputs = dict[str, list[Any]]
MOST_CELLS = 500  # remembered of each notebook; the oldest go first


def code_cells(notebook: Notebook) -> Iterator[tuple[str, Cell]]:
    """Yield each code cell, with a name for what is typed in it."""
    seen: Counter[str] = Counter()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            seen[source] += 1
            yield git.name_of(f"{seen[source]} {source}"), cell


def clean(notebook: Notebook, outputs: Outputs) -> None:
    """Move the outputs from a notebook to the dict `outputs`."""
    for name, cell in code_cells(notebook):
        outputs.pop(name, None)  # cleared by hand: it is not to come back
        if cell["outputs"]:
            outputs[name] = [cell["outputs"], cell["execution_count"]]
        cell["outputs"], cell["execution_count"] = [], None
        cell["metadata"].pop("execution", None)
    notebook["metadata"].pop("language_info", None)  # the version of whoever ran it last
    for name in list(outputs)[:-MOST_CELLS]:
        del outputs[name]


def smudge(notebook: Notebook, outputs: Outputs) -> None:
    """Copy outputs to the cells of a notebook that they belong to."""
    for name, cell in code_cells(notebook):
        if name in outputs and not cell["outputs"]:
            cell["outputs"], cell["execution_count"] = outputs[name]


def read_outputs(store: Path) -> Outputs:
    """Return the outputs that wait for a notebook; none if their file is missing or cut short."""
    try:
        return dict(json.loads(store.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def convert(change: Callable[[Notebook, Outputs], None], path: str) -> None:
    """Read a notebook, change it and print it; print what is no notebook as it is."""
    text = sys.stdin.buffer.read()
    store = Path(git.ask("rev-parse", "--absolute-git-dir").strip(), "notebook-outputs", path)
    outputs = read_outputs(store)
    before = json.dumps(outputs)
    try:
        notebook = json.loads(text)
        change(notebook, outputs)
    except (ValueError, KeyError, TypeError, AttributeError):
        sys.stdout.buffer.write(text)
        return
    if json.dumps(outputs) != before:
        notebooks.replace(store, json.dumps(outputs))
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))


def check(paths: list[str]) -> int:
    """Return how many of the staged notebooks have outputs, and name them."""
    found = 0
    for path in paths:
        notebook = json.loads(git.ask("show", f":{path}") or "{}")
        if any(cell.get("outputs") for cell in notebook.get("cells", ())):
            print(f"{path} has outputs. Run: python bootstrap.py, then: git add --renormalize .")
            found += 1
    return found


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(bool(check(sys.argv[2:])))
    convert({"clean": clean, "smudge": smudge}[sys.argv[1]], sys.argv[2])
