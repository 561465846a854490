"""Look for known vulnerabilities in all that requirements.lock names, with pip-audit.

Every version is looked up, also those of other systems and Pythons. A package that could not be
looked up is reported as one with a vulnerability is: nobody knows whether it has any. The
package nbtasks is not looked up: no index has it. Should one have another package of that name,
that is said.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbtasks.environment import declared, lock, packages
from nbtasks.errors import NbtasksError
from nbtasks.project import root
from nbtasks.set_up.packages import VENDOR

AUDIT = [sys.executable, "-m", "uv", "tool", "run", "pip-audit"]
#: The package that a project has as a file.
OWN = "nbtasks"
OPTIONS = ["--disable-pip", "--no-deps", "--format=json", "--progress-spinner=off"]


class AuditError(NbtasksError):
    """pip-audit has not done its work; the message is what it said."""


def split(versions: dict[str, list[str]]) -> Iterator[str]:
    """Yield texts of requirements with each package once: pip-audit refuses two versions."""
    for turn in range(max(map(len, versions.values()), default=0)):
        found = [(name, each[turn]) for name, each in versions.items() if turn < len(each)]
        found = [(name, version.partition("+")[0]) for name, version in found]  # not: 2.9+cpu
        yield "".join(f"{name}=={version}\n" for name, version in found)


def look_up(requirements: str) -> list[dict[str, Any]]:
    """Return what pip-audit finds out about each package."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text(requirements, encoding="utf-8")
        command = [*AUDIT, *OPTIONS, "--requirement", str(file)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
        return found
    except ValueError:
        said = re.sub(r"(?s)Traceback.*\n(?=\S)", "", done.stderr.strip())  # its last line tells
        raise AuditError(said) from None


def findings(package: dict[str, Any]) -> Iterator[str]:
    """Yield what is to be said of a package, a line each."""
    if reason := package.get("skip_reason"):
        yield f"{package['name']} could not be looked up: {reason}"
    for found in package.get("vulns", ()):
        mended = ", ".join(found["fix_versions"]) or "no version yet"
        yield f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"


def say_if_taken(name: str) -> None:
    """Say so if PyPI has a package of a name that is not to come from there."""
    if packages.newest(name):
        print(f"PyPI has a package {name} now, which is not that of this project: vendor/ has it.")
        print(
            "requirements.lock asks for that one by its hash; never install it by its name alone."
        )


def main(arguments: list[str]) -> int:
    """Report what was found; return 1 if anything was, or if it could not be looked for."""
    parser = argparse.ArgumentParser(prog="nbtasks audit", description=__doc__)
    parser.parse_args(arguments)
    versions = lock.read_versions(declared.read_text(declared.lock_file()))
    if any((root() / VENDOR).glob(f"{OWN}-*.whl")):
        versions.pop(OWN, None)
        say_if_taken(OWN)
    try:
        found = [package for part in split(versions) for package in look_up(part)]
    except AuditError as error:
        print(f"pip-audit could not do its work, so nothing is known:\n{error}")
        return 1
    lines = [line for package in found for line in findings(package)]
    print(f"requirements.lock: {len(found)} packages audited, {len(lines)} findings")
    print(*(f"  {line}" for line in lines), sep="\n", end="\n" if lines else "")
    if any(package.get("vulns") for package in found):
        print("Next: nbtasks lock --upgrade NAME, then python bootstrap.py")
    return 1 if lines else 0
