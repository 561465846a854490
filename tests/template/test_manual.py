"""Pages of the manual that begin anew are followed here, from the first line to the last."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import TEMPLATE, Project
from test_readme import published
from typed import Reader, shows


def test_a_screen_is_compared_line_by_line() -> None:
    """Numbers and spaces may differ, words may not; dots stand for other lines."""
    shown = "Loading\n1/4  clean   1.2 s  never run\nDone in 12 s\n"
    assert shows(shown, "Loading\n1/4  clean  0.9 s  never run\nDone in 3.4 s\n")
    assert shows(shown, "...\nDone in 1 s\n")
    assert shows(shown.replace("Done", "     clean  has started, last time 17 s\nDone"), shown)
    assert not shows(shown, "...\nDone\n")
    assert not shows(shown, "Loading\nDone in 12 s\n")


@pytest.mark.slow
def test_the_tutorial(tmp_path: Path, home: Path, uv: Path) -> None:
    """A messy notebook becomes a pipeline; SCREENS=write takes what the screens show now."""
    page = TEMPLATE / "docs/tutorial/bikes.md"
    environ = published(tmp_path, home)
    environ["PATH"] = f"{uv.parent}{os.pathsep}{environ['PATH']}"
    here = tmp_path / "here"
    shutil.copytree(page.parent, here / "bikes", ignore=shutil.ignore_patterns("*.md"))
    reader = Reader(page, here, environ)
    reader.follow()
    made = reader.folder / "products/development/sample=False"
    assert "plotly" in (made / "model.html").read_text("utf-8")
    assert not reader.run("git status --porcelain")
    assert {"nbtasks import", "ploomber build", "nbtasks dashboard", "python -m"} <= {
        " ".join(line.split()[:2]) for line in reader.typed
    }


@pytest.mark.slow
def test_a_table_from_a_database(set_up: Callable[..., Project]) -> None:
    """A task reads it with a password that is nowhere in git, its sample without one."""
    project = set_up()
    with sqlite3.connect(project.path / "shop.db") as database:
        database.execute("CREATE TABLE orders (id, day, price)")
        rows = [(1, "2025-12-31", 2.5), (2, "2026-01-01", 4.0), (3, "2026-02-01", 8.0)]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    database.close()
    reader = Reader(TEMPLATE / "docs/how-to/database.md", project.path, dict(project.environ))
    reader.follow()
    assert "ploomber task orders --force" in reader.typed
    made = project.path / "products/development"
    assert [*pd.read_parquet(made / "sample=False/orders.parquet")["id"]] == [2, 3]
    assert [*pd.read_parquet(made / "sample=True/orders.parquet")["id"]] == [1, 2]
    reader.run("python -m pytest tests/test_orders.py")
    assert "DATABASE_URL=" not in reader.run("git add --all; git diff --cached")


@pytest.mark.slow
def test_leaving_for_plain_ploomber(at_hand: Callable[..., Project], tmp_path: Path) -> None:
    """After the first step the pipeline is built by Ploomber alone, figures as the page says."""
    project = at_hand()
    # Its entry point is installed beside the tests: papermill looks at it, and finds nothing.
    (tmp_path / "nbtasks/engine").mkdir(parents=True)
    for name in ("__init__.py", "engine/__init__.py", "engine/first.py"):
        (tmp_path / "nbtasks" / name).touch()
    paths = os.pathsep.join([str(tmp_path), str(project.path / "src")])
    environ = project.environ | {"PYTHONPATH": paths, "PLOTLY_RENDERER": "notebook"}
    reader = Reader(TEMPLATE / "docs/how-to/leave.md", project.path, environ)
    reader.follow()
    assert "nbtasks" not in project.read("pipeline.yaml").replace("(nbtasks docs tasks)", "")
    reader.run("ploomber build")
    made = project.path / "products/development/sample=False"
    assert {"model.joblib", "train.html", "clean.parquet"} <= {path.name for path in made.iterdir()}
    assert "Plotly.newPlot" in (made / "train.html").read_text("utf-8")
    assert not (made / "index.html").exists()
