"""Tell which versions a new lock is to keep."""

import re

from nbtasks.environment import declared
from nbtasks.set_up import left

#: A package of a lock, with its hashes.
BLOCK = re.compile(r"(?m)^([\w.-]+)==.*\n(?: .*\n)*")


def preferences() -> str:
    """Return the lock that holds the versions to keep; uv reads it in another folder.

    In the middle of an update from before 2027.1 the lock is the template's: the project's own,
    that was last committed, comes first.
    """
    text = first_sides(declared.read_text(declared.lock_file()))
    before = left.committed_lock()
    if before and not left.NAMES_US.search(before):
        names = {block[1] for block in BLOCK.finditer(before)}
        more = [block[0] for block in BLOCK.finditer(text) if block[1] not in names]
        text = "\n".join([before, *more])
    return re.sub(r"(?m)^--find-links.*\n?", "", text)


def first_sides(text: str) -> str:
    """Return a text with the first side of each merge conflict in it."""
    text = re.sub(r"(?ms)^(?:\|{7}|={7}).*?(?=^>{7})", "", text)
    return re.sub(r"(?m)^[<>]{7}(?: .*)?\n?", "", text)
