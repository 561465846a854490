"""Show what has changed in the template between two versions of it."""

import json
import re
import subprocess
import tempfile
import tomllib

from nbtasks.project import root, settings

HEADING = re.compile(r"(?m)^## (\S+)")


def version_now() -> str:
    """Return the version of the template that the project has; nothing if that can't be read."""
    try:
        version: str = settings().get("version", "")
        return version
    except tomllib.TOMLDecodeError:  # a conflict
        return ""


def read_changelog() -> str:
    """Return the changelog of the template at the commit that the project was updated to.

    It is left out, silently, if it can't be had.
    """
    made = json.loads((root() / ".cruft.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        clone = ["clone", "--quiet", "--bare", "--filter=blob:none", made["template"], folder]
        show = ["-C", folder, "show", f"{made['commit']}:CHANGELOG.md"]
        for command in (clone, show):
            done = subprocess.run(["git", *command], capture_output=True)
            if done.returncode:
                return ""
    return done.stdout.decode("utf-8", "replace")


def between(text: str, old: str) -> str:
    """Return the part of a changelog, newest first, that is newer than a version."""
    headings = [*HEADING.finditer(text)]
    if old not in [heading[1] for heading in headings]:
        return ""
    end = next(heading.start() for heading in headings if heading[1] == old)
    return text[headings[0].start() : end].strip()


def show_changes(old: str) -> None:
    """Print what is new since a version."""
    if changes := between(read_changelog(), old):
        print(f"What has changed in the template since {old}:\n\n{changes}\n", flush=True)
