"""Pages of the manual that begin anew are followed here, from the first line to the last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TEMPLATE, Project
from test_readme import published
from typed import Reader, shows

DOCS = TEMPLATE / "docs"


def test_a_screen_is_compared_line_by_line() -> None:
    """Numbers and spaces may differ, words may not; dots stand for other lines."""
    shown = "Loading\n1/4  clean   1.2 s  never run\nDone in 12 s\n"
    assert shows(shown, "Loading\n1/4  clean  0.9 s  never run\nDone in 3.4 s\n")
    assert shows(shown, "...\nDone in 1 s\n")
    assert not shows(shown, "...\nDone\n")
    assert not shows(shown, "Loading\nDone in 12 s\n")


@pytest.mark.slow
def test_the_tutorial(tmp_path: Path, home: Path, uv: Path) -> None:
    """A messy notebook becomes a pipeline; SCREENS=write takes what the screens show now."""
    page = DOCS / "tutorial/bikes.md"
    environ = published(tmp_path, home)
    environ["PATH"] = f"{uv.parent}{os.pathsep}{environ['PATH']}"
    here = tmp_path / "here"
    shutil.copytree(DOCS / "tutorial", here / "bikes", ignore=shutil.ignore_patterns("*.md"))
    reader = Reader(page, here, environ)
    reader.follow()
    made = reader.folder / "products/development/sample=False"
    assert "plotly" in (made / "model.html").read_text("utf-8")
    assert not reader.run("git status --porcelain")
    assert {"nbtasks import", "ploomber build", "nbtasks dashboard", "python -m"} <= {
        " ".join(line.split()[:2]) for line in reader.typed
    }
