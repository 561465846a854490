"""Where in a script an error is that Ploomber's check of the code has found.

Ploomber counts the lines of all code cells together, and those of the parameters that it puts in.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from nbtasks.engine import plain

#: How the message of the check begins, and how each error in it does.
START = "An error happened when checking the source code."
PLACE = re.compile(r"(?m)^:(\d+):(?:\d+:?)? ")


def describe(message: str, task: Any) -> str:
    """Return the message of Ploomber's check with the lines of the script that it means."""
    cells = json.loads(task.source.nb_str_rendered)["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    lines = [line for code in codes for line in code.splitlines() or [""]]
    path = Path(task.source.loc)
    script = path.read_text(encoding="utf-8").splitlines() if path.suffix in (".py", ".md") else []

    def name(found: re.Match[str]) -> str:
        number = int(found[1]) - 1
        text = lines[number]
        nth = lines[: number + 1].count(text)
        there = [at for at, line in enumerate(script, 1) if line == text]
        where = f":{there[nth - 1]}" if len(there) >= nth else f", `{text.strip()}`"
        return f"{plain.source_of(task).shown()}{where}: "

    return re.sub("\n{2,}", "\n", PLACE.sub(name, message.removeprefix(START))).strip()
