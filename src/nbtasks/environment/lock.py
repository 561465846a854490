"""Write requirements.lock: what requirements.txt and pyproject.toml need, to the letter."""

import argparse
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from nbtasks.environment import declared
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


def oldest(package: str) -> str | None:
    """Return the oldest version of a package that the lock has, without what +cpu adds to it.

    That of this machine may need a newer Python than the oldest that the project is for.
    """
    versions = read_versions(declared.read_text(declared.lock_file()))
    found = versions.get(canonicalize_name(package))
    return min(map(Version, found)).public if found else None


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
        new.write_text(declared.preferences(), encoding="utf-8")
        instead = Path(folder, "instead.txt")
        instead.write_text("\n".join(declared.overrides(asked())), encoding="utf-8")
        place = [
            f"--output-file={new}",
            f"--python-version={declared.oldest_python()}",
            f"--override={instead}",
            *declared.from_indexes(asked(), folder),
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
        text = new.read_text(encoding="utf-8")
        return sealed(re.sub(r"(?m)^(?!#)", declared.indexes(), text, count=1))


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


def check() -> list[str]:
    """Return why the lock is not one of requirements.txt and pyproject.toml."""
    text = declared.read_text(declared.lock_file())
    if CONFLICT.search(text):
        return ["it has a merge conflict"]
    named = f"--find-links {VENDOR}\n" * (root() / VENDOR).is_dir() + declared.indexes()
    if lacks := [line for line in named.splitlines() if line not in text.splitlines()]:
        return [f"it lacks the line {line}" for line in lacks]
    versions = read_versions(text)
    problems = [
        problem for requirement in asked() for problem in declared.unmet(requirement, versions)
    ]
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
