"""Tell when the environment holds another version of this package than the project locks.

An installed package does not follow a branch, and two projects may share an environment.
"""

import functools
import importlib.metadata
import json
import re

from nbtasks.project import root

LOCKED = re.compile(r"(?m)^nbtasks==([^\s;\\]+)")


@functools.cache
def problem() -> str | None:
    """Return, in a sentence, how this package differs from what the project locks; None if not.

    One that is installed as a folder of sources, to be worked on, goes with every project.
    """
    lock = root() / "requirements.lock"
    text = lock.read_text(encoding="utf-8", errors="replace") if lock.is_file() else ""
    found = LOCKED.search(text)
    if found is None or found[1] == version() or is_editable():
        return None
    return (
        f"This environment has nbtasks {version()}, and requirements.lock asks for {found[1]}. "
        "Next: python bootstrap.py"
    )


def version() -> str:
    """Return the version of this package."""
    try:
        return importlib.metadata.version("nbtasks")
    except importlib.metadata.PackageNotFoundError:
        return "of no known version"


def is_editable() -> bool:
    """Tell whether this package is installed as a folder of sources."""
    try:
        origin = importlib.metadata.distribution("nbtasks").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return False
    return bool(json.loads(origin or "{}").get("dir_info", {}).get("editable"))
