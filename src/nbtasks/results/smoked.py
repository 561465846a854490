"""Read what a smoke run has left in its folder: of each pipeline a log, and facts on its tasks."""

import json
import re
from pathlib import Path
from typing import Any

#: What Ploomber puts around the sentence of a check, and around others.
OF_PLOOMBER = re.compile(
    r'^Exception when running on_render for DAG "[^"]*": '
    r"|\n?(?:Need help\?|If you need help solving this issue, send us a message:) http\S+"
)
PROGRESS = re.compile(r"[^\n]*\d+%\|[^\n]*\n")


def read_facts(folder: Path, pipeline: str) -> dict[str, Any]:
    """Read what is known of the tasks of a pipeline; nothing if it could not be loaded."""
    path = folder / f"{pipeline}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def read_error(log: Path) -> str:
    """Return what a build that failed has printed, without its progress."""
    printed = PROGRESS.sub("", log.read_text(encoding="utf-8", errors="replace"))
    found = re.search(r"(?m)^The tasks? '|^=====", printed)
    printed = OF_PLOOMBER.sub("", printed[found.start() if found else 0 :])
    return re.sub(r"(?m)^When that is mended, .*\n?", "", printed).strip()
