"""Add packages to requirements.txt, the lock and the environment, or take them out again."""

import argparse
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nbtasks.environment import declared, lock, missing, packages, requirements
from nbtasks.project import root


def read(word: str) -> Requirement:
    """Read a package as it was typed."""
    try:
        return Requirement(word)
    except InvalidRequirement:
        reason = f"{word!r} is no name of a package; type for example polars or 'polars>=1.2'"
        raise argparse.ArgumentTypeError(reason) from None


def lock_with(data: bytes) -> None:
    """Write requirements.txt and the lock; leave both as they were if that can't be done."""
    path = declared.requirements_file()
    before = path.read_bytes()
    done = False
    try:
        path.write_bytes(data)
        lock.write([])
        done = True
    finally:
        if not done:
            path.write_bytes(before)


def add_to_files(wanted: list[Requirement]) -> None:
    """Lock packages, and ask for them in requirements.txt."""
    path = declared.requirements_file()
    before = path.read_bytes()
    lock_with(requirements.with_lines(before, map(str, wanted)))
    lines = [with_floor(requirement) for requirement in wanted]
    path.write_bytes(requirements.with_lines(before, lines))
    print("requirements.txt:", *(f"  + {line}" for line in lines), sep="\n")


def with_floor(requirement: Requirement) -> str:
    """Return the line of a package: at least as new as the one that was locked."""
    if not requirement.specifier and not requirement.url:
        bound = f">={lock.oldest(requirement.name)}"
        requirement.specifier = type(requirement.specifier)(bound)
    return str(requirement)


def install() -> int:
    """Install what the lock names into the environment that this runs in."""
    own = Path(sys.prefix) == root() / ".venv"
    command = [sys.executable, "bootstrap.py", "--environment", "venv" if own else "current"]
    environ = os.environ | {"VIRTUAL_ENV": sys.prefix}
    return subprocess.run(command, cwd=root(), env=environ).returncode


def main(arguments: list[str]) -> int:
    """Add packages end to end; return 1, with nothing changed, if they can't be had."""
    parser = argparse.ArgumentParser(prog="nbtasks add", description=__doc__)
    parser.add_argument("packages", nargs="+", type=read, metavar="PACKAGE")
    wanted = parser.parse_args(arguments).packages
    known = declared.read(declared.requirements_file()).requirements
    there = [item.name for item in wanted if canonicalize_name(item.name) in known]
    if there:
        print(f"In requirements.txt already: {', '.join(there)}. To change what is asked for,")
        print("edit its line, then: nbtasks lock")
        return 1
    for name, likely in other_names(wanted):
        print(f"The package of the module {name} is probably called {likely}, not {name}:")
        print(f"see https://pypi.org/project/{likely}/")
    try:
        add_to_files(wanted)
    except lock.LockError as error:
        print(f"{error}\nrequirements.txt was not changed.")
        return 1
    return install() or say_what_lacks(wanted)


def other_names(wanted: list[Requirement]) -> list[tuple[str, str]]:
    """Return the names that are those of modules of other packages, and of these packages."""
    names = [item.name for item in wanted if not item.url]
    pairs = [(name, packages.guess(name)) for name in names]
    return [(name, likely) for name, likely in pairs if likely != canonicalize_name(name)]


def say_what_lacks(wanted: list[Requirement]) -> int:
    """Say which modules the new packages were to bring, and do not hold; return 1 if there are."""
    importlib.invalidate_caches()
    packages.forget()
    asked = declared.read(declared.requirements_file())
    ours = {canonicalize_name(item.name) for item in wanted}
    lacking = [
        (package, module, files)
        for module, files in sorted(requirements.read_foreign()[0].items())
        for package in sorted(ours & packages.likely(module))
        if not packages.providers(module) and not missing.is_used(package, asked, {module: files})
    ]
    for package, module, files in lacking:
        held = sorted(name for name, names in packages.installed().items() if package in names)
        print(f"{package} is installed, and does not hold the module {module}, which")
        print(f"{', '.join(sorted(files))} imports. It holds: {', '.join(held) or 'no module'}.")
    if lacking:
        name = lacking[0][0]
        print(f"It may be another package than you think. To undo: nbtasks remove {name}")
    return 1 if lacking else 0


def blocks(data: bytes) -> list[bytes]:
    """Return the lines of a file of requirements, each with those that continue it."""
    return re.findall(rb"(?:.*\\\r?\n)*.+\n?|\n", data)


def asks_for(block: bytes) -> set[str]:
    """Return the package that a line asks for, continued or not."""
    found = declared.Declared()
    text = re.sub(r"\\\r?\n", " ", block.decode("utf-8-sig"))
    declared.add_line(found, re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip(), "", root())
    return set(found.requirements)


def importers(package: str) -> str:
    """Return the files that import a package, with commas; empty if none does."""
    found = requirements.read_foreign()[0].items()
    return ", ".join(sorted({f for m, fs in found if packages.comes_from(m, package) for f in fs}))


def remove(arguments: list[str]) -> int:
    """Take packages out of requirements.txt, the lock and the environment."""
    parser = argparse.ArgumentParser(prog="nbtasks remove", description=remove.__doc__)
    parser.add_argument("packages", nargs="+", type=canonicalize_name, metavar="PACKAGE")
    names = set(parser.parse_args(arguments).packages)
    path = declared.requirements_file()
    found = [(block, asks_for(block)) for block in blocks(path.read_bytes())]
    if absent := sorted(names.difference(*(asked for _, asked in found))):
        print(f"Not in requirements.txt: {', '.join(absent)}. Nothing was changed.")
        return 1
    used = {name: importers(name) for name in sorted(names)}
    try:
        lock_with(b"".join(block for block, asked in found if not asked & names))
    except lock.LockError as error:
        print(f"{error}\nrequirements.txt was not changed.")
        return 1
    for name, files in used.items():
        print(f"requirements.txt: - {name}")
        if lock.oldest(name):
            print("  It stays in the lock, since others need it.")
        if files:
            print(f"  It is still imported by {files}. Back again: nbtasks add {name}")
    return install()
