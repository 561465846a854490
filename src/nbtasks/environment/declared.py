"""Read requirements.txt: which packages it asks for, and what its comments say of them."""

import re
import tomllib
from dataclasses import dataclass, field
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


def read(path: Path) -> Declared:
    """Read a file of requirements, and the files that it names by `-r`."""
    text = read_text(path).replace("\\\n", " ")
    declared = Declared()
    for names in OPTIONAL.findall(text):
        declared.optional.update(map(canonicalize_name, re.findall(r"[\w.-]+", names)))
    for line in text.splitlines():
        words, comment = ([*re.split(r"(?:^|\s)#", line, maxsplit=1), ""])[:2]
        if other := re.match(r"\s*(?:-r|--requirement)[\s=]*(\S+)", words):
            merge(declared, read(path.parent / other[1]))
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


def merge(declared: Declared, more: Declared) -> None:
    """Add what another file says."""
    for name, requirements in more.requirements.items():
        declared.requirements.setdefault(name, []).extend(requirements)
    declared.used |= more.used
    declared.optional |= more.optional
    declared.unknown += more.unknown
    for name, modules in more.modules.items():
        declared.modules.setdefault(name, set()).update(modules)


def read_pyproject() -> dict[str, Any]:
    """Return what pyproject.toml holds."""
    return tomllib.loads(read_text(root() / "pyproject.toml"))


def oldest_python() -> str:
    """Return the oldest version of Python that the project is for."""
    oldest, *_ = re.findall(r"[\d.]+", read_pyproject()["project"]["requires-python"])
    return str(oldest)
