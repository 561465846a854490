"""What set-up shows: nothing of a command that went well, all of one that has failed."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nbtasks.project import root
from nbtasks.set_up import repository
from nbtasks.set_up.commands import SetupError, run, watch


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a project, that has workflows, inside a git repository."""
    project = tmp_path / "mine" / "deep"
    (project / ".github").mkdir(parents=True)
    (project / "pipeline.yaml").write_text("tasks: []\n")
    monkeypatch.chdir(project)
    root.cache_clear()
    yield project
    root.cache_clear()


@pytest.mark.parametrize("function", [run, watch])
def test_a_command_is_shown_when_it_fails(function: Callable[..., Any], capfd: Any) -> None:
    function(sys.executable, "-c", "pass")
    assert capfd.readouterr().out == ""
    with pytest.raises(SetupError, match=r"failed \(exit code 3\)"):
        function(sys.executable, "-c", "print('no room'); raise SystemExit(3)")
    shown = capfd.readouterr().out
    assert "  $ " in shown and "raise SystemExit(3)" in shown and "no room\n" in shown


def test_what_a_command_says_is_kept_back_while_all_goes_well(capfd: Any) -> None:
    assert watch(sys.executable, "-c", "print('Resolved 3 packages')") == ["Resolved 3 packages\n"]
    assert capfd.readouterr().out == ""


def test_where_workflows_have_to_go_is_said_inside_a_repository_only(
    project: Path, capfd: Any
) -> None:
    hook_up = functools.partial(repository.register_hooks, Path(sys.executable))
    hook_up()
    assert capfd.readouterr().out == "  No git hooks: this folder is not a git repository.\n"
    top = project.parent
    subprocess.run(["git", "init", "--quiet"], cwd=top, check=True)
    hook_up()
    shown = capfd.readouterr().out
    assert f"No git hooks: this project is inside the repository {top}" in shown
    assert f"GitHub reads .github/ at the top of a repository only: move it to {top}\n" in shown
    shutil.move(project / ".github", top)
    hook_up()
    assert "GitHub" not in capfd.readouterr().out
