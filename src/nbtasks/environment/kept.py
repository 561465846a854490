"""Tell what a new lock goes by: versions to keep, what to leave out, other indexes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nbtasks.environment import declared
from nbtasks.project import root
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
    return re.sub(r"(?m)^--.*\n?", "", text)


def first_sides(text: str) -> str:
    """Return a text with the first side of each merge conflict in it."""
    text = re.sub(r"(?ms)^(?:\|{7}|={7}).*?(?=^>{7})", "", text)
    return re.sub(r"(?m)^[<>]{7}(?: .*)?\n?", "", text)


def indexes() -> str:
    """Return the lines of a lock that name the indexes of pyproject.toml, for who installs it."""
    return "".join(
        f"--{'' if index.get('default') else 'extra-'}index-url {index['url']}\n"
        for index in declared.read_uv().get("index", ())
    )


def from_indexes(asked: list[Requirement], folder: str) -> list[str]:
    """Return the options by which uv takes packages from the index that pyproject.toml names.

    uv reads ``[tool.uv.sources]`` for the groups of a pyproject.toml only, and not of one with
    ``managed = false``: a copy, written to a folder, has a group of all packages.
    """
    text = re.sub(r"(?m)^managed *=.*", "", declared.read_text(root() / "pyproject.toml"))
    names = json.dumps([str(one) for one in asked if not one.url])
    path = Path(folder, "pyproject.toml")
    group = f"[dependency-groups]\nfrom-indexes = {names}\n"
    path.write_text(re.sub(r"(?m)^\[dependency-groups\].*\n", group, text), encoding="utf-8")
    return ["--group", f"{path}:from-indexes"] if declared.read_uv().get("sources") else []
