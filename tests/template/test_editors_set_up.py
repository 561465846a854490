"""Editors in a project that is set up: the kernel of its environment, settings, the commit hook."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project
from kernel import cells_of, started

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return the complete example, set up, whose first task has run."""
    project = set_up()
    project.run("ploomber", "build", "--partially", "get")
    return project


def python_of(project: Project) -> str:
    """Return the interpreter of the environment."""
    found = shutil.which("python", path=project.environ["PATH"])
    assert found and Path(found).is_relative_to(project.environ["VIRTUAL_ENV"])
    return found


def test_a_task_runs_in_vs_code(project: Project, tmp_path: Path) -> None:
    """All its cells, in a kernel that was started in the folder of the file."""
    said = []
    with started(project, python=python_of(project), IPYTHONDIR=str(tmp_path)) as kernel:
        kernel.tell_file(project.path / "tasks" / "clean.py")
        for cell in cells_of(project, "tasks/clean.py"):
            said.append(kernel.send(cell))
    assert said[1] == "clean: parameters of development, all data (PLOOMBER_ENV_FILENAME chooses)\n"
    assert not any("Error" in text for text in said), said
    made = project.path / "products/development/sample=False/clean.parquet"
    assert made.exists()
    assert project.git("status", "--porcelain") == ""
    shown = project.run("nbtasks", "status").stdout
    assert "clean     will run" in shown


def test_the_terminal_of_the_environment(project: Project, tmp_path: Path) -> None:
    typed = "%task clean\nprint(product['data'])\nexit\n"
    command = ["ipython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    shown = project.run(*command, typed=typed, IPYTHONDIR=str(tmp_path)).stdout
    assert "clean: parameters of development, all data (PLOOMBER_ENV_FILENAME chooses)" in shown
    assert str(project.path / "products/development/sample=False/clean.parquet") in shown


def test_the_settings_of_vs_code(project: Project) -> None:
    """What they name is there; nobody's own taste is in them."""
    settings = json.loads(project.read(".vscode/settings.json"))
    for schema, patterns in settings["yaml.schemas"].items():
        json.loads(project.read(schema))
        assert all(list(project.path.glob(pattern.lstrip("/"))) for pattern in patterns[:1])
    assert all((project.path / name[:-3]).is_dir() for name in settings["search.exclude"])
    assert set(settings) == {
        "python.testing.pytestEnabled",
        "python.defaultInterpreterPath",
        "jupyter.notebookFileRoot",
        "[python]",
        "search.exclude",
        "yaml.schemas",
    }
    names = json.loads(project.read(".vscode/extensions.json"))["recommendations"]
    assert settings["[python]"]["editor.defaultFormatter"] in names
    assert project.git("status", "--porcelain") == ""  # the schemas are ignored


def test_a_misspelt_key_stops_a_commit(project: Project) -> None:
    before = project.read("pipeline.yaml")
    project.write("pipeline.yaml", before.replace("    params:\n", "    parms:\n", 1))
    project.git("add", "--all")
    line = before.splitlines().index("    params:") + 1
    done = project.run("git", "commit", "-m", "Typo", check=False)
    project.git("checkout", "HEAD", "pipeline.yaml")
    assert done.returncode
    assert (
        f"pipeline.yaml:{line}: there is no key parms here; did you mean params?\n" in done.stdout
    )
