"""What is looked at before a build, and before a task whose input has just been made."""

from typing import Any

from ploomber_core.exceptions import BaseException as PloomberError

from nbtasks.checks import notes, tables
from nbtasks.engine import plain
from nbtasks.errors import Refusal
from nbtasks.pipeline import early
from nbtasks.project import installed


class Refused(PloomberError, Refusal):
    """What would give a wrong result; Ploomber prints its sentence alone, without a traceback."""


def check() -> None:
    """Refuse an environment that is not the project's, and a pipeline that can't be built."""
    if problem := installed.problem():
        raise Refused(problem)
    try:
        early.check()
    except Refusal as error:
        raise Refused(str(error)) from None


def is_needless(task: Any) -> bool:
    """Tell whether a task of Ploomber's that waited for its input has found it to be as it was.

    One that has a reason of its own to run, or that was told to, is not looked at.
    """
    if task.name not in plain.WAITED:
        return False
    upstream = {name: plain.describe_one(up, {}, cells=False) for name, up in task.upstream.items()}
    known = plain.describe_one(task, upstream, cells=False)
    noted = notes.find_note([product.noted for product in known.products.values()])
    if noted is None or notes.compare(known, noted, task.on_finish.functions):
        return False
    return tables.find_reason(known) is None
