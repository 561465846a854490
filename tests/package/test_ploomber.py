"""A project does what Ploomber's documentation says, with every command of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas
import pytest
from conftest import Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(at_hand: Callable[..., Project]) -> Project:
    """Return a project whose pipeline has run in full."""
    project = at_hand()
    project.ploomber("build")
    return project


def test_full_and_sample_runs_are_apart(built: Project) -> None:
    """A sample run leaves what the full run made, and has fewer rows."""
    found = built.path.glob("products/**/*sample=False/**/*")
    full = [path for path in found if path.is_file() and path.name != "index.html"]  # it links
    before = {path: path.read_bytes() for path in full}
    built.ploomber("build", "--env--sample", "true")
    assert {path: path.read_bytes() for path in full} == before
    tables = [next(built.path.glob(f"products/**/*sample={s}/get.parquet")) for s in (True, False)]
    assert [len(pandas.read_parquet(path)) for path in tables] == [60, 344]


def test_nothing_to_do_is_seen(built: Project) -> None:
    """A second build runs no task."""
    printed = built.ploomber("build").stdout
    assert "Nothing to run, 5 of 5 tasks are up to date" in printed


def test_parallel_build_gives_the_same(built: Project) -> None:
    """Independent tasks may run at the same time; the tables are the same."""
    tables = sorted(built.path.glob("products/**/*sample=False/*.parquet"))
    assert len(tables) == 5
    before = {path: path.read_bytes() for path in tables}
    built.ploomber("build", "--env--executor", "parallel", "--force")
    assert {path: path.read_bytes() for path in tables} == before


@pytest.mark.parametrize(
    ("command", "printed", "made"),
    [
        ("status", "explore", None),
        ("plot --backend d3 --output plot.html", "", "plot.html"),
        ("report --backend d3 --output report.html", "", "report.html"),
        ("task clean --force", "clean", None),
        ("task clean --status", "clean", None),
        ("nb --inject", "Finished cell injection", None),
        ("nb --remove", "Removed injected cell.*clean.py", None),
    ],
)
def test_ploomber_commands(built: Project, command: str, printed: str, made: str | None) -> None:
    """Every command of Ploomber that a project is used with runs."""
    done = built.ploomber(*command.split())
    assert re.search(printed, done.stdout, re.DOTALL), done.stdout
    if made:
        assert (built.path / made).stat().st_size > 1000
        (built.path / made).unlink()
    built.git("checkout", "tasks")


def test_ploomber_interact(built: Project) -> None:
    """An interactive session has the pipeline, and its tasks."""
    typed = "print(sorted(dag))\nprint(dag['clean'].exec_status)\n"
    printed = built.ploomber("interact", typed=typed).stdout
    assert "['clean', 'explore', 'features', 'get', 'train']" in printed
    assert "TaskStatus.Skipped" in printed  # up to date
