"""Remove packages: from requirements.txt, from requirements.lock and from the environment."""

import argparse
import re

from packaging.utils import canonicalize_name

from nbtasks.environment import add, declared, lock, packages, requirements
from nbtasks.project import root


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


def main(arguments: list[str]) -> int:
    """Remove packages end to end; return 1, with nothing changed, if that can't be done."""
    parser = argparse.ArgumentParser(prog="nbtasks remove", description=__doc__)
    parser.add_argument("packages", nargs="+", type=canonicalize_name, metavar="PACKAGE")
    names = set(parser.parse_args(arguments).packages)
    path = declared.requirements_file()
    found = [(block, asks_for(block)) for block in blocks(path.read_bytes())]
    if absent := sorted(names.difference(*(asked for _, asked in found))):
        print(f"Not in requirements.txt: {', '.join(absent)}. Nothing was changed.")
        return 1
    used = {name: importers(name) for name in sorted(names)}
    try:
        add.lock_with(b"".join(block for block, asked in found if not asked & names))
    except lock.LockError as error:
        print(f"requirements.txt and {error}")
        return 1
    for name, files in used.items():
        print(f"requirements.txt: - {name}")
        if lock.oldest(name):
            print("  It stays in the lock, since others need it.")
        if files:
            print(f"  It is still imported by {files}. Back again: nbtasks add {name}")
    return add.install()
