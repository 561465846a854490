"""A page that shows what two notebooks show, cell by cell, side by side."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HEAD = """<!doctype html><html lang='en'><meta charset='utf-8'><title>{0}</title><style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 1.5em; color: #222 }}
main {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 1em }}
.cell {{ border-top: 1px solid #ccc; overflow: auto; max-height: 50em }} img {{ max-width: 100% }}
.text_cell {{ grid-column: 1 / -1; border: 0 }} strong {{ background: #ffe0b2 }}
.highlight {{ background: #f4f4f4 }} pre {{ white-space: pre-wrap; font-size: 13px }}
</style><body><h1>{0}</h1><h2>To do by hand</h2><ol>{1}</ol>
<p>Left the notebook, right the task.</p><main>{2}</main></body></html>"""


def page(title: str, notes: Iterable[str], parts: dict[str, list[tuple[Any, Any, str]]]) -> str:
    """Return the page.

    Parameters
    ----------
    title
        What it is about.
    notes
        What is to be done by hand, most useful first.
    parts
        Title of a part -> its cells: as one notebook has it, as the other has it, and what
        differs between them.
    """
    cells = []
    for name, rows in parts.items():
        cells.append(new_markdown_cell(f"## {name}"))
        for before, after, difference in rows:
            cells += [new_markdown_cell(f"**{difference}**")] * bool(difference)
            cells += [new_code_cell(side.source, outputs=side.outputs) for side in (before, after)]
    exporter = HTMLExporter(template_name="basic")  # type: ignore[no-untyped-call]
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    body, _ = exporter.from_notebook_node(new_notebook(cells=cells))
    todo = "".join(f"<li>{html.escape(note)}</li>" for note in notes) or "<li>Nothing</li>"
    return HEAD.format(html.escape(title), todo, body)
