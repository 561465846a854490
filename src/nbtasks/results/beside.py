"""A page that shows what two notebooks show, cell by cell, side by side."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5em; color: #222; max-width: 1500px }
table { border-collapse: collapse } .cells { width: 100%; table-layout: fixed }
.cells > tbody > tr > td { vertical-align: top; padding: .5em; border-top: 1px solid #ccc }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2em 0; font-size: 13px }
td > div { overflow: auto; max-height: 40em } img { max-width: 100% } .code { background: #f4f4f4 }
.differs { background: #fff3e0 } h2 { margin-top: 2em } .dataframe td { padding: 0 .5em }
"""
HEAD = """<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title>
<style>{style}</style><body><h1>{title}</h1><h2>To do by hand</h2>"""
FRAME = "<iframe width='100%' height='400' sandbox='allow-scripts' srcdoc=\"{}\"></iframe>"


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
    todo = "".join(f"<li>{html.escape(note)}</li>" for note in notes) or "<li>Nothing</li>"
    text = [HEAD.format(title=html.escape(title), style=STYLE), f"<ol>{todo}</ol>"]
    for name, cells in parts.items():
        text += [f"<h2>{html.escape(name)}</h2><table class='cells'><tr><th>Before<th>After</tr>"]
        text += [*map(row, cells), "</table>"]
    return "".join([*text, "</body></html>"])


def row(cell: tuple[Any, Any, str]) -> str:
    """Return a line of the table: the code above the results, on both sides."""
    *sides, difference = cell
    kind = " class='differs'" if difference else ""
    columns = "".join(
        f"<td><pre class='code'>{html.escape(side.source)}</pre><div>{results(side)}</div></td>"
        for side in sides
    )
    told = f"<tr class='differs'><td colspan='2'>{html.escape(difference)}</td></tr>"
    return told * bool(difference) + f"<tr{kind}>{columns}</tr>"


def results(cell: Any) -> str:
    """Return what a cell shows."""
    shown = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        if image := data.get("image/png") or data.get("image/jpeg"):
            kind = "png" if "image/png" in data else "jpeg"
            shown.append(f"<img alt='' src='data:image/{kind};base64,{image.strip()}'>")
        elif "text/html" in data:
            text = data["text/html"]
            framed = FRAME.format(html.escape(text, quote=True))
            shown.append(framed if "<script" in text else text)
        else:
            text = output.get("text") or data.get("text/plain") or output.get("evalue", "")
            shown.append(f"<pre>{html.escape(text)}</pre>")
    return "".join(shown)


def write(path: Path, text: str) -> Path:
    """Write a page; return where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
