"""What notebooks and their cells are made of."""

from __future__ import annotations

from typing import Any

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
