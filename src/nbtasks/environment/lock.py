"""Write requirements.lock: what requirements.txt and pyproject.toml need, to the letter."""

import argparse
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nbtasks.environment import declared, kept
from nbtasks.errors import NbtasksError
from nbtasks.project import root
from nbtasks.set_up.left import CONFLICT
from nbtasks.set_up.packages import VENDOR

#: One lock for every system, and for every Python from the oldest supported on.
COMPILE = [
    "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-annotate",
    "--custom-compile-command=nbtasks lock",
]  # fmt: skip
#: The line of the lock by which any other writer is noticed, a merge for example.
SEAL = "# What follows, in short: "
#: What an update leaves that could not merge the lock.
REJECTED = "requirements.lock.rej"
ALL = "all packages"


class LockError(NbtasksError):
    """The lock can't be written; the message says why."""


def read_groups() -> list[str]:
    """Return what all dependency groups of pyproject.toml ask for."""
    groups = declared.read_pyproject().get("dependency-groups", {}).values()
    return [name for group in groups for name in group if isinstance(name, str)]


def asked() -> list[Requirement]:
    """Return what requirements.txt and all groups ask for."""
    lists = declared.read(declared.requirements_file()).requirements.values()
    return [*map(Requirement, read_groups()), *chain(*lists)]


def read_versions(text: str) -> dict[str, list[str]]:
    """Return the versions that a lock holds of each package, several where Pythons differ."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", text):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def sealed(text: str) -> str:
    """Return the text of a lock with a line that no other text has."""
    lines = [line for line in text.splitlines() if not line.startswith(SEAL)]
    content = "\n".join(line for line in lines if line[:1] != "#")
    seal = SEAL + hashlib.sha256(content.encode()).hexdigest()[:16]
    start = next((n for n, line in enumerate(lines) if line[:1] != "#"), len(lines))
    return "\n".join([*lines[:start], seal, *lines[start:]]) + "\n"


def resolve(upgrade: list[str]) -> str:
    """Return the text of a new lock; versions in the lock stay unless they have to change."""
    for path in (declared.requirements_file(), root() / "pyproject.toml"):
        if CONFLICT.search(declared.read_text(path)):
            raise LockError(f"{path.name} has a merge conflict: solve it, then nbtasks lock")
    if importlib.util.find_spec("uv") is None:  # an environment of an earlier version
        raise LockError("requirements.lock needs uv: python bootstrap.py, then nbtasks lock")
    options = [f"--upgrade-package={name}" for name in upgrade if name != ALL]
    options += ["--upgrade"] * (ALL in upgrade)
    if (root() / VENDOR).is_dir():  # relative to the lock, for whoever installs it
        options += [f"--find-links={VENDOR}", "--emit-find-links"]
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder, declared.lock_file().name)
        new.write_text(kept.preferences(), encoding="utf-8")
        instead = Path(folder, "instead.txt")
        instead.write_text("\n".join(kept.overrides(asked())), encoding="utf-8")
        place = [
            f"--output-file={new}",
            f"--python-version={declared.oldest_python()}",
            f"--override={instead}",
        ]
        files = [declared.requirements_file().name, "-"]
        done = subprocess.run(
            [sys.executable, "-m", "uv", *COMPILE, *place, *options, *files],
            input="\n".join(read_groups()),
            encoding="utf-8",
            cwd=root(),
            env=os.environ | {"VIRTUAL_ENV": sys.prefix},
        )
        if done.returncode:
            raise LockError("requirements.lock stays as it was.")
        return sealed(new.read_text(encoding="utf-8"))


def differences(before: str, after: str) -> list[str]:
    """Return what is different in a lock, a line for each package."""
    old, new = read_versions(before), read_versions(after)
    lines = []
    for name in sorted(old.keys() | new.keys()):
        was, now = (", ".join(sorted(set(side.get(name, [])))) for side in (old, new))
        if was != now:
            sign = "+" if not was else "-" if not now else " "
            lines.append(f"  {sign} {name} {' -> '.join(filter(None, [was, now]))}")
    return lines


def unmet(requirement: Requirement, versions: dict[str, list[str]]) -> Iterator[str]:
    """Yield why a lock does not hold what is asked for."""
    name = canonicalize_name(requirement.name)
    if requirement.url and name in declared.read(declared.lock_file()).requirements:
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


def check() -> list[str]:
    """Return why the lock is not one of requirements.txt and pyproject.toml."""
    text = declared.read_text(declared.lock_file())
    if CONFLICT.search(text):
        return ["it has a merge conflict"]
    if (root() / VENDOR).is_dir() and f"--find-links {VENDOR}\n" not in text:
        return [f"it does not name the folder {VENDOR}/"]
    versions = read_versions(text)
    problems = [problem for requirement in asked() for problem in unmet(requirement, versions)]
    if problems or sealed(text) == text:
        return problems
    fitting = read_versions(resolve([]))  # it was merged, or written by hand
    return [
        f"{name} {version} would fit, in it is {', '.join(versions.get(name, ['none']))}"
        for name in sorted(fitting)
        for version in fitting[name]
        if version not in versions.get(name, [])
    ]


def write(upgrade: list[str]) -> None:
    """Write a new lock, and tell what is different."""
    before = declared.read_text(declared.lock_file())
    after = resolve(upgrade)
    changed = differences(before, after)
    if before != after:
        declared.lock_file().write_text(after, encoding="utf-8", newline="\n")
    (root() / REJECTED).unlink(missing_ok=True)  # it was made anew
    print(f"requirements.lock: {len(changed)} of {len(read_versions(after))} packages differ")
    print(*changed, sep="\n", end="\n" if changed else "")


def main(arguments: list[str]) -> int:
    """Write the lock or check it; return 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="nbtasks lock", description=__doc__)
    parser.add_argument(
        "--upgrade", nargs="*", metavar="NAME", help="take the newest version, of all or of these"
    )
    parser.add_argument("--check", action="store_true", help="only tell whether the lock fits")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            write([] if options.upgrade is None else options.upgrade or [ALL])
            print("Next: python bootstrap.py")
            return 0
        problems = check()
    except LockError as error:
        problems = [str(error)]
        if not options.check:
            print(error)
            return 1
    if problems:
        print("requirements.lock is not what is asked for:", *problems, sep="\n  ")
        print("Next: nbtasks lock, then python bootstrap.py")
    return 1 if problems else 0
