"""Each step of an import does what it says, on small pieces of notebooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import Project
from nbformat.v4 import new_markdown_cell


@pytest.fixture(scope="module")
def step(bake: Callable[..., Project]) -> Iterator[Callable[[str], Any]]:
    """Return a function that finds the steps, `module.name`, of a project that was baked."""
    project = bake()
    sys.path.insert(0, str(project.path))
    yield lambda name: getattr(
        import_module(f"tools.importer.{name.partition('.')[0]}"), name.partition(".")[2]
    )
    sys.path.remove(str(project.path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "tools"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import helpers\n", "from pkg import helpers\n"),
        ("import helpers as h  # ours\n", "import pkg.helpers as h  # ours\n"),
        ("import os, helpers\n", "import os; from pkg import helpers\n"),
        ("import helpers.sub\n", "from pkg import helpers; import pkg.helpers.sub\n"),
        (
            "if 1:\n    from helpers import (\n        a,\n        b,\n    )\n",
            "if 1:\n    from pkg.helpers import a, b\n",
        ),
        ('"""\nimport helpers\n"""\nimport helper\n', '"""\nimport helpers\n"""\nimport helper\n'),
    ],
)
def test_imports_of_modules_beside_the_notebook(step: Any, code: str, expected: str) -> None:
    """They are imported from the package; what only looks like an import stays."""
    assert step("local.use_modules")(code, ["helpers"], "pkg") == expected


def test_modules_are_found_with_what_they_import(step: Any, tmp_path: Path) -> None:
    """Files and packages beside the notebook, but nothing else of that folder."""
    import ast

    (tmp_path / "a.py").write_text("import b.c")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.py").write_text("import os")
    (tmp_path / "other.py").write_text("")
    (tmp_path / "data").mkdir()
    found = step("local.find_modules")([ast.parse("import a, os, data")], tmp_path)
    assert found == {"a": tmp_path / "a.py", "b": tmp_path / "b"}


def test_pictures_move_attached_or_not(step: Any, tmp_path: Path) -> None:
    """Those attached and those of the folder; addresses on the web stay."""
    (tmp_path / "my bird.png").write_bytes(b"bird")
    text = "![a](attachment:fly.png) <img src='my%20bird.png'> ![c](https://x.org/z.png)"
    cell = new_markdown_cell(text, attachments={"fly.png": {"image/png": "Zmx5"}})
    assert step("local.take_pictures")([cell], tmp_path, "fit") == {
        "fit_fly.png": b"fly",
        "fit_my_bird.png": b"bird",
    }
    assert cell.source == (
        "![a](../tasks/images/fit_fly.png) <img src='../tasks/images/fit_my_bird.png'> "
        "![c](https://x.org/z.png)"
    )
    assert "attachments" not in cell
