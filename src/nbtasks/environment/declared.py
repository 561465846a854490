"""Read what is asked for: which packages a lock lacks, and what a new one goes by."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nbtasks.environment import sources
from nbtasks.project import root
from nbtasks.set_up import left

#: A comment that says why a package stays which nothing imports.
USED = re.compile(r"\bused by\b")
#: A line that names packages which the code imports and can do without.
OPTIONAL = re.compile(r"^\s*#\s*optional:(.*)$", re.M)
#: A package of a lock, with its hashes.
BLOCK = re.compile(r"(?m)^([\w.-]+)==.*\n(?: .*\n)*")

#: What is asked for by a package that does as well without -> instead; who else may ask for it.
#: Ploomber asks for an old front end, whose later versions bring a second one. An extra of
#: jsonschema builds a grammar, 2 s at each start, for addresses that nobody here checks.
INSTEAD = {
    "notebook": ("notebook<6.5", {"notebook"}),
    "rfc3987-syntax": ("rfc3987-syntax; python_version < '0'", {"rfc3987-syntax", "jsonschema"}),
}


@dataclass
class Declared:
    """What requirements.txt says."""

    #: Normal name of a package -> what is asked of it, once for each line
    requirements: dict[str, list[Requirement]] = field(default_factory=dict)
    #: Packages that stay although nothing imports them
    used: set[str] = field(default_factory=set)
    #: Packages that the code imports and can do without
    optional: set[str] = field(default_factory=set)
    #: Modules of the packages that are asked for by a path or an address
    modules: dict[str, set[str]] = field(default_factory=dict)
    #: Paths and addresses of which nobody knows yet which modules they bring
    unknown: list[str] = field(default_factory=list)


def requirements_file() -> Path:
    """Return the file that names what the project imports."""
    return root() / "requirements.txt"


def lock_file() -> Path:
    """Return the file that names all that is installed, to the letter."""
    return root() / "requirements.lock"


def read_text(path: Path) -> str:
    """Return the text of a file with the line ends of Python, empty if there is none."""
    return path.read_text(encoding="utf-8-sig") if path.exists() else ""


def parse(line: str) -> Requirement | None:
    """Return what a line asks for by its name, None if it names no package."""
    try:
        return Requirement(line)
    except InvalidRequirement:  # an option
        return None


def read(path: Path, known: Declared | None = None) -> Declared:
    """Read a file of requirements, and those that it names by `-r`; add to what is known."""
    text = read_text(path).replace("\\\n", " ")
    declared = known or Declared()
    for names in OPTIONAL.findall(text):
        declared.optional.update(map(canonicalize_name, re.findall(r"[\w.-]+", names)))
    for line in text.splitlines():
        words, comment = ([*re.split(r"(?:^|\s)#", line, maxsplit=1), ""])[:2]
        if other := re.match(r"\s*(?:-r|--requirement)[\s=]*(\S+)", words):
            read(path.parent / other[1], declared)
        else:
            add_line(declared, words, comment, path.parent)
    return declared


def add_line(declared: Declared, words: str, comment: str, folder: Path) -> None:
    """Add what a line of a file in a folder asks for, and what its comment says."""
    line = re.split(r"\s--(?:hash|config|global-option)", words)[0].strip()
    requirement, modules = sources.parse(line, folder)
    if requirement and requirement.url and modules is None:
        declared.unknown.append(requirement.url)
    requirement = requirement or parse(line)
    if requirement is None:
        return
    name = canonicalize_name(requirement.name)
    declared.requirements.setdefault(name, []).append(requirement)
    declared.modules.setdefault(name, set()).update(modules or ())
    if USED.search(comment):
        declared.used.add(name)


def read_pyproject() -> dict[str, Any]:
    """Return what pyproject.toml holds."""
    return tomllib.loads(read_text(root() / "pyproject.toml"))


def read_uv() -> dict[str, Any]:
    """Return the table ``[tool.uv]`` of pyproject.toml."""
    found: dict[str, Any] = read_pyproject().get("tool", {}).get("uv", {})
    return found


def oldest_python() -> str:
    """Return the oldest version of Python that the project is for."""
    oldest, *_ = re.findall(r"[\d.]+", read_pyproject()["project"]["requires-python"])
    return str(oldest)


def unmet(requirement: Requirement, versions: dict[str, list[str]]) -> Iterator[str]:
    """Yield why a lock does not hold what is asked for."""
    name = canonicalize_name(requirement.name)
    if requirement.url and name in read(lock_file()).requirements:
        return  # a folder, a file or a repository, which has no version there
    locked = versions.get(name, [])
    fits = [requirement.specifier.contains(version, prereleases=True) for version in locked]
    if not locked:
        yield f"{requirement.name} is not in it"
    elif not (any(fits) if requirement.marker else all(fits)):
        yield f"{requirement.name} {', '.join(locked)} is in it, asked for is {requirement}"
    for needed in needed_by_extras(requirement):
        if canonicalize_name(needed) not in versions:
            yield f"{needed} is not in it, asked for is {requirement}"


def needed_by_extras(requirement: Requirement) -> Iterator[str]:
    """Yield what the extras of a requirement need here, if its package is installed."""
    try:
        found = map(Requirement, metadata.requires(requirement.name) or [])
    except metadata.PackageNotFoundError:
        return
    for needed in found if requirement.extras else ():
        if not (marker := needed.marker) or marker.evaluate({"extra": ""}):
            continue
        if any(marker.evaluate({"extra": extra}) for extra in requirement.extras):
            yield needed.name


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
    text = first_sides(read_text(lock_file()))
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
        for index in read_uv().get("index", ())
    )


def from_indexes(asked: list[Requirement], folder: str) -> list[str]:
    """Return the options by which uv takes packages from the index that pyproject.toml names.

    uv reads ``[tool.uv.sources]`` for the groups of a pyproject.toml only, and not of one with
    ``managed = false``: a copy, written to a folder, has a group of all packages.
    """
    text = re.sub(r"(?m)^managed *=.*", "", read_text(root() / "pyproject.toml"))
    names = json.dumps([str(one) for one in asked if not one.url])
    path = Path(folder, "pyproject.toml")
    group = f"[dependency-groups]\nfrom-indexes = {names}\n"
    path.write_text(re.sub(r"(?m)^\[dependency-groups\].*\n", group, text), encoding="utf-8")
    return ["--group", f"{path}:from-indexes"] if read_uv().get("sources") else []
