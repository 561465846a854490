"""What each notebook and its script held when they last agreed: notebooks/.sync.json."""

import json
from pathlib import Path
from typing import NamedTuple

from nbtasks import notebooks

PATH = Path("notebooks/.sync.json")


class Agreement(NamedTuple):
    """Fingerprints of a notebook and its script, and git's names of scripts."""

    notebook: str
    script: str | None  # None: the notebook is to stay without a script
    stored: str = ""  # the script as it was, by its name in git
    head: str = ""  # the script in the last commit then
    told: str = ""  # what was said: the script from which edits were taken out, or that it is gone


def load() -> dict[str, Agreement]:
    """Return the agreements by task; none if the file is missing, empty or cut short."""
    try:
        found = json.loads(PATH.read_text(encoding="utf-8"))
        return {name: Agreement(*values) for name, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save(agreements: dict[str, Agreement]) -> None:
    """Write the agreements to their file."""
    notebooks.replace(PATH, json.dumps(agreements, indent=1))
