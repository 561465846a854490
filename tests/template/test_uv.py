"""Who types `uv add` or `uv run` in a project gets what they expect, or is told in a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from conftest import BIN, Project


def test_uv_makes_no_second_list(bake: Callable[..., Project], uv: Path) -> None:
    """`uv add` is refused; `uv run` uses .venv as it is; neither writes anything."""
    project = bake(example="empty")
    project.run(uv, "venv", "--quiet", "--python", sys.executable, ".venv")
    packages = sorted(project.path.glob(".venv/lib/*/site-packages/*"))
    before = {name: project.read(name) for name in ("pyproject.toml", "requirements.txt")}
    for command in (["add", "polars"], ["sync"]):
        done = project.run(uv, *command, check=False)
        assert done.returncode
        # One sentence; uv breaks it before a long path.
        said = " ".join(done.stdout.split()).replace("`", "")
        assert said == f"error: The project is marked as unmanaged: {project.path}"
    printed = project.run(uv, "run", "python", "-c", "import sys; print(sys.executable)").stdout
    assert Path(printed.strip()) == project.path / ".venv" / BIN / Path(printed.strip()).name
    assert {name: project.read(name) for name in before} == before
    assert not (project.path / "uv.lock").exists()
    assert sorted(project.path.glob(".venv/lib/*/site-packages/*")) == packages
