"""What to call tasks on pages: by the headings of their scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from nbtasks.pipeline.tasks import Task
from nbtasks.results import about


def of(tasks: Mapping[str, Task]) -> dict[str, str]:
    """Return the title of each task: its heading, and how it differs from others of its script."""
    alike: dict[str, dict[str, Task]] = {}
    for name, task in tasks.items():
        alike.setdefault(task.source.shown(), {})[name] = task
    titles = {}
    for group in alike.values():
        several = {name for name, each in about.values(group).items() if len(each) > 1}
        for name, task in group.items():
            own = [f"{key} {task.params[key]}" for key in sorted(several) if key in task.params]
            title = heading(task)
            titles[name] = " · ".join([title, ", ".join(own)]) if own and title else title
    return titles


def heading(task: Task) -> str:
    """Return the first heading of the script of a task."""
    if task.source.path is None:
        return ""
    with suppress(OSError, UnicodeDecodeError):
        text = task.source.path.read_text(encoding="utf-8")
        if found := re.search(r"(?m)^(?:# |\s*\")# (.+?)(?:\\n\",?)?$", text):
            return found[1]
    return ""
