"""Refusals, said so that Ploomber prints their sentence alone, without a traceback."""

from ploomber_core.exceptions import BaseException as PloomberError

from nbtasks.errors import Refusal
from nbtasks.pipeline import early
from nbtasks.project import installed


class Refused(PloomberError, Refusal):
    """What would give a wrong result."""


def check() -> None:
    """Refuse an environment that is not the project's, and a pipeline that can't be built.

    Raises
    ------
    Refused
        If there is something to refuse.
    """
    if problem := installed.problem():
        raise Refused(problem)
    try:
        early.check()
    except Refusal as error:
        raise Refused(str(error)) from None
