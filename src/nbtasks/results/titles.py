"""What to call tasks on pages: by the headings of their scripts."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbtasks.results import about


def of(tasks: dict[str, Any]) -> dict[str, str]:
    """Return the title of each task: its heading, and how it differs from others of its script."""
    alike: dict[str, dict[str, Any]] = {}
    for name, task in tasks.items():
        alike.setdefault(str(about.source(task)), {})[name] = task
    titles = {}
    for group in alike.values():
        several = {name for name, each in about.values(group).items() if len(each) > 1}
        for name, task in group.items():
            own = [f"{key} {task.params[key]}" for key in sorted(several) if key in task.params]
            title = heading(task)
            titles[name] = " · ".join([title, ", ".join(own)]) if own and title else title
    return titles


def heading(task: Any) -> str:
    """Return the first heading of the script of a task."""
    with suppress(OSError, TypeError, AttributeError):
        text = Path(task.source.loc).read_text(encoding="utf-8")
        if found := re.search(r"(?m)^(?:# |\s*\")# (.+?)(?:\\n\",?)?$", text):
            return found[1]
    return ""
