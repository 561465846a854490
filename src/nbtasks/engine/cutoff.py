"""Stop a chain of tasks where its input has come out as it was."""

from __future__ import annotations

from typing import Any

from nbtasks.checks import notes, tables
from nbtasks.engine import plain


def is_needless(task: Any) -> bool:
    """Tell whether a task that waited for its input has found it to be as it was.

    Parameters
    ----------
    task
        Ploomber's, whose upstream has just been made. One that has a reason of its own to run,
        or that was told to, is not looked at.
    """
    if task.name not in plain.WAITED:
        return False
    upstream = {name: plain.describe_one(up, {}, cells=False) for name, up in task.upstream.items()}
    known = plain.describe_one(task, upstream, cells=False)
    noted = notes.find_note([product.noted for product in known.products.values()])
    if noted is None or notes.compare(known, noted, task.on_finish.functions):
        return False
    return tables.find_reason(known) is None
