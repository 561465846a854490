"""A project that has moved into a repository that exists runs there.

That it overwrites no file there is tested in tests/package/test_into.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project

OWN = {"README.md": "# Mine\n", "src/birds/__init__.py": "", ".gitignore": "/secret\n"}


@pytest.mark.slow
def test_the_project_runs_in_its_new_place(
    bake: Callable[..., Project], active: dict[str, str], tmp_path: Path
) -> None:
    """Set-up, the build on the sample, the hooks and a commit, beside what was there."""
    made = bake(example="empty")
    mine = Project(tmp_path / "mine", "birds", active)
    for name, text in OWN.items():
        mine.write(name, text)
    mine.git("init", "--quiet")
    mine.git("add", "--all")
    mine.git("commit", "--quiet", "--message", "Mine")
    made.run(sys.executable, "bootstrap.py", "--into", mine.path)
    own, theirs = (folder / ".gitignore" for folder in (mine.path, made.path))
    own.write_text(own.read_text("utf-8") + theirs.read_text("utf-8"), "utf-8")  # as advised
    setup = ("python", "bootstrap.py", "--environment", "current", "--first-run")
    assert "Ready" in mine.run(*setup).stdout
    assert list(mine.path.glob("products/**/get.parquet"))
    mine.git("add", "--all")
    mine.git("commit", "--message", "A pipeline", check=False)  # ruff may format what was there
    mine.git("add", "--all")
    mine.git("commit", "--message", "A pipeline", "--allow-empty")
    assert "tasks/get.py" in mine.git("ls-tree", "-r", "--name-only", "HEAD")
    assert mine.read("README.md") == OWN["README.md"]
