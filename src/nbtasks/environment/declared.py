"""Read requirements.txt: which packages it asks for, and which of them a lock lacks."""

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

#: A comment that says why a package stays which nothing imports.
USED = re.compile(r"\bused by\b")
#: A line that names packages which the code imports and can do without.
OPTIONAL = re.compile(r"^\s*#\s*optional:(.*)$", re.M)


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
        marker = needed.marker
        if marker is None or marker.evaluate({"extra": ""}):
            continue
        if any(marker.evaluate({"extra": extra}) for extra in requirement.extras):
            yield needed.name
