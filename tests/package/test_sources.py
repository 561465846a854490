"""The sources of the package stay short and simple, and its first steps run on old Pythons."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TEMPLATE

PACKAGE = TEMPLATE / "src" / "nbtasks"
SOURCES = sorted(PACKAGE.rglob("*.py"))
#: What bootstrap.py runs before anything is installed, on a Python that may be too old.
FIRST = [PACKAGE / "__init__.py"]
FIRST += sorted([*PACKAGE.glob("project/[_h]*.py"), *PACKAGE.glob("set_up/*.py")])


def name_of(path: Path) -> str:
    """Return a file as it is called in the package."""
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 200


def test_functions_are_simple() -> None:
    rules = ["--select=C901", "--config=lint.mccabe.max-complexity=7"]
    check = [sys.executable, "-m", "ruff", "check", "--no-cache", *rules]
    done = subprocess.run([*check, PACKAGE, TEMPLATE / "vendoring.py"], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("path", FIRST, ids=name_of)
def test_the_first_steps_can_be_read_by_old_pythons(path: Path) -> None:
    ast.parse(path.read_text("utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("path", FIRST, ids=name_of)
def test_the_first_steps_import_pythons_own_modules_only(path: Path) -> None:
    """Those of all versions from 3.7 on; what is newer is imported where it is used."""
    known = sys.stdlib_module_names - {"tomllib", "graphlib", "zoneinfo"}
    for node in ast.parse(path.read_text("utf-8")).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            ours = name.startswith(("nbtasks.set_up", "nbtasks.project"))
            assert ours or name.partition(".")[0] in known, name
