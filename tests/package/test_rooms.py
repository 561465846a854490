"""The rooms of the package: each uses only those below it, and one knows Ploomber."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import TEMPLATE

import nbtasks

PACKAGE = TEMPLATE / "src" / "nbtasks"
#: The rooms, lowest first, as the package lists them.
ROOMS = re.findall(r"(?m)^(\w+)  +\S", nbtasks.__doc__ or "")
MODULES = sorted(PACKAGE.rglob("*.py"))
#: What only the engine knows.
ENGINE = {"ploomber", "ploomber_core", "ploomber_engine", "soopervisor"}


def name_of(path: Path) -> str:
    """Return a module as it is called in the package."""
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    """Return the room that a module is in: its folder, or itself."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, at its top or in a function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_folder_is_a_room_that_is_listed() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders <= {*ROOMS}
    assert all((PACKAGE / room).exists() or (PACKAGE / f"{room}.py").exists() for room in ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_lead_down(path: Path) -> None:
    here = room_of(path)
    if here not in ROOMS:  # what is beside the rooms: the command, its manual, the errors
        return
    above = ROOMS[ROOMS.index(here) + 1 :]
    used = {name.split(".")[1] for name in imported(path) if name.startswith("nbtasks.")}
    assert not used & {*above}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_engine_knows_ploomber(path: Path) -> None:
    used = {name.partition(".")[0] for name in imported(path)}
    assert room_of(path) == "engine" or not used & ENGINE


@pytest.mark.parametrize("room", [path.parent.name for path in PACKAGE.glob("*/__init__.py")])
def test_a_room_says_what_it_uses(room: str) -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))) or ""
    assert re.search(r"\b[Ii]t uses\b", " ".join(text.split()))
