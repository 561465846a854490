"""What notebooks and their cells are made of."""

import json
import re
from contextlib import suppress
from typing import Any

#: A line that begins a cell of a script.
CELL = re.compile(r"^\s*#\s*(%%+(\s|\[|$)|In\[|<codecell>)", re.M)
#: A line that begins a cell in the light format of jupytext.
LIGHT_CELL = re.compile(r"^# \+( |$)", re.M)
#: A line that begins or ends a block of code in a text, or underlines a heading (RST).
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.M)
#: A notebook and a cell as nbformat 4 lays them down. Other programs write them, with keys of
#: their own: read_notebook says what of them is certain.
Notebook = dict[str, Any]
Cell = dict[str, Any]


def read_cell(cell: Cell) -> Cell:
    """Return a cell whose source is one text with the line ends of scripts."""
    source = "".join(cell["source"]).replace("\r\n", "\n")
    metadata = cell.get("metadata") or {}
    metadata = {key: value for key, value in metadata.items() if value is not None}
    outputs = {"outputs": cell.get("outputs") or []} if cell["cell_type"] == "code" else {}
    tags, title = metadata.get("tags", []), metadata.get("title", "")
    texts = [cell["cell_type"], title, *tags]
    texts += [output["output_type"] for output in outputs.get("outputs", ())]
    if not isinstance(tags, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"a cell with type, title, tags and outputs {texts}")
    return {**cell, **outputs, "metadata": metadata, "source": source}


def tags_of(cell: Cell) -> list[str]:
    """Return the tags of a cell."""
    return cell["metadata"].get("tags") or []


def is_python(notebook: Notebook) -> bool:
    """Tell whether the cells of a notebook are in Python, as far as it says."""
    kernel = notebook["metadata"].get("kernelspec") or {}
    language = notebook["metadata"].get("language_info") or {}
    name: str = kernel.get("language") or language.get("name") or "python"
    return name.lower() == "python"


def contents(notebook: Notebook) -> list[tuple[str, str, list[str], str | None]]:
    """Return what a script holds of a notebook: of each cell its type, text, tags and title."""
    return [
        (cell["cell_type"], cell["source"].rstrip(), tags_of(cell), cell["metadata"].get("title"))
        for cell in notebook["cells"]
    ]


def prepare(cell: Cell, kind: str) -> Cell:
    """Return a cell to write to a script; text that may hide the next cell goes between quotes."""
    cell = {**cell, "outputs": []}
    if kind != ".py":
        return cell
    commented = re.sub("^", "# ", cell["source"], flags=re.M)  # `%%` begins a comment of mermaid
    fences = FENCE.findall(cell["source"])
    if cell["cell_type"] != "code" and (CELL.search(commented) or fences[::2] != fences[1::2]):
        cell["metadata"] = {**cell["metadata"], "cell_marker": '"""'}
    return cell


def draft_script(notebook: Notebook) -> str:
    """Return a notebook in the percent format, nearly as jupytext writes it.

    Most notebooks are compared with their script without the half second that importing
    jupytext takes. A line that would begin a cell is marked, so that it equals no script.
    """
    cells = []
    for cell in notebook["cells"]:
        head, body = ["# %%"], CELL.sub(r"\g<0> (in a cell)", cell["source"])
        if "title" in cell["metadata"]:
            head.append(str(cell["metadata"]["title"]))
        if cell["cell_type"] != "code":
            head.append(f"[{cell['cell_type']}]")
            body = re.sub(r"^", "# ", body, flags=re.M).replace("# \n", "#\n")
        if tags_of(cell):
            head.append(f"tags={json.dumps(tags_of(cell))}")
        cells.append(" ".join(head) + "\n" + body)
    return "\n\n".join(cells)


def lines_of(text: str) -> set[str]:
    """Return the lines of a script or of a notebook, comment signs left out."""
    with suppress(ValueError, KeyError, TypeError):  # of a script
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return {line.removeprefix("#").strip() for line in text.splitlines()}
