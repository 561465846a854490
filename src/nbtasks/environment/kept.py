"""Tell which versions a new lock is to keep, and what it is to leave out."""

import re
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nbtasks.environment import declared
from nbtasks.set_up import left

#: A package of a lock, with its hashes.
BLOCK = re.compile(r"(?m)^([\w.-]+)==.*\n(?: .*\n)*")

#: What is asked for by a package that does as well without -> instead; who else may ask for it.
#: Ploomber asks for an old front end, whose later versions bring a second one. An extra of
#: jsonschema builds a grammar at each start of Ploomber, which takes 2 s, for formats of
#: addresses that nobody here checks.
INSTEAD = {
    "notebook": ("notebook<6.5", {"notebook"}),
    "rfc3987-syntax": ("rfc3987-syntax; python_version < '0'", {"rfc3987-syntax", "jsonschema"}),
}


def overrides(asked: list[Requirement]) -> Iterator[str]:
    """Yield what to take instead of what packages ask for; what the project asks for is first."""
    for name, (line, askers) in INSTEAD.items():
        own = [one for one in asked if canonicalize_name(one.name) in askers]
        yield from [str(one) for one in own if canonicalize_name(one.name) == name]
        if not own:
            yield line


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
