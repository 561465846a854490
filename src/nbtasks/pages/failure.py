"""What to tell of a task that has failed: its error, in a line or a few."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path


def describe(notebook: Path | None, said: str) -> str:
    """Return the error of a task.

    Parameters
    ----------
    notebook
        Its executed notebook. Where the build has said another error, it is of an earlier run.
    said
        What the build has said.
    """
    found = error(notebook)
    return found if found and found.split("\n")[0] in (said or found) else last_error(said)


def error(notebook: Path | None) -> str:
    """Return the error that a notebook ended with."""
    cells = []
    with suppress(OSError, ValueError, KeyError):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"] if notebook else []
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    errors = [output for output in outputs if output["output_type"] == "error"]
    return f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""


def last_error(text: str) -> str:
    """Return what a traceback ends with, without the names of modules; any other text whole."""
    parts = re.split(r"(?m)^(?=[\w.]+(?:Error|Exception)\b)|^(?:Traceback|The above) ", text)
    found = [part for part in parts[1:] if re.match(r"(?!ploomber\.)[\w.]+(?=: |$)", part)]
    return re.sub(r"^[\w.]+\.", "", found[-1] if found else text).strip()
