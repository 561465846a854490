"""The package comes as a file that is verified, works offline, and can come from an index too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BIN, Project, clean_environ, found_pythons, match_of, path_without, staged

pytestmark = pytest.mark.slow


def wheel_of(project: Project) -> Path:
    """Return the wheel that a project has."""
    return next((project.path / "vendor").glob("nbtasks-*.whl"))


def tamper(wheel: Path) -> None:
    """Add a line to a module of a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    files["nbtasks/project/git.py"] += b"print('harm')\n"
    with zipfile.ZipFile(wheel, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)


def lock_only_ours(project: Project) -> None:
    """Let the lock name no other package."""
    text = project.read("requirements.lock")
    block = match_of(r"(?m)^nbtasks==.*\n(?: .*\n)*", text)[0]
    project.write("requirements.lock", f"--find-links vendor\n{block}")


def test_a_wheel_that_was_tampered_with_is_refused(
    bake: Callable[..., Project], environ: dict[str, str], uv: Path
) -> None:
    """By bootstrap.py in a sentence, by uv and by pip."""
    project = bake(example="empty")
    project.environ = environ
    lock_only_ours(project)
    project.run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, "venv")
    python = project.path / "venv" / BIN / "python"
    flags = ("--no-deps", "--require-hashes", "-r", "requirements.lock")
    with_uv = (uv, "pip", "install", "--python", python, *flags)
    with_pip = (python, "-m", "pip", "install", *flags)
    elsewhere = project.path.parent  # the lock's --find-links is relative to the lock
    for command in (with_uv, with_pip):
        typed = [*command[:-1], project.path / command[-1]] if command is with_uv else command
        project.run(*typed, cwd=elsewhere if command is with_uv else None)
        project.run(uv, "pip", "uninstall", "--quiet", "--python", python, "nbtasks")
    tamper(wheel_of(project))
    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert "is not the file that requirements.lock names" in done.stdout
    assert "Traceback" not in done.stdout and "harm" not in done.stdout
    assert not (project.path / ".venv").exists()
    done = project.run(*with_uv, "--no-cache", check=False)
    assert done.returncode and "ash mismatch" in done.stdout
    done = project.run(*with_pip, check=False)
    assert done.returncode and "DO NOT MATCH THE HASHES" in done.stdout
    assert not list(project.path.glob("venv/lib/*/site-packages/nbtasks"))


@pytest.fixture
def index(bake: Callable[..., Project], tmp_path: Path) -> tuple[Project, dict[str, str]]:
    """Return a project without vendor/, and the variables that name where its wheel is."""
    project = bake(example="empty")
    place = tmp_path / "index"
    shutil.move(project.path / "vendor", place)
    where = {"PIP_FIND_LINKS": str(place), "UV_FIND_LINKS": str(place)}
    return project, where


def test_who_has_an_index_needs_no_vendor_folder(
    index: tuple[Project, dict[str, str]], environ: dict[str, str], home: Path
) -> None:
    project, where = index
    project.environ = environ | where
    printed = project.run(sys.executable, "bootstrap.py", "--first-commit").stdout
    assert "Ready" in printed
    assert "vendor" not in project.git("ls-files")
    venv = project.path / ".venv" / BIN
    project.environ = clean_environ(home, venv, VIRTUAL_ENV=str(venv.parent))
    project.run("ploomber", "build", "--env--sample", "true")
    assert project.run("nbtasks", "lock", "--check").stdout == ""


def test_so_it_is_in_the_current_environment(
    index: tuple[Project, dict[str, str]], environ: dict[str, str], uv: Path, tmp_path: Path
) -> None:
    project, where = index
    venv = tmp_path / "active"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    path = f"{venv / BIN}{os.pathsep}{environ['PATH']}"
    project.environ = environ | where | {"VIRTUAL_ENV": str(venv), "PATH": path}
    printed = project.run("python", "bootstrap.py", "--environment", "current").stdout
    assert "Ready" in printed
    assert not (project.path / ".venv").exists()
    project.run("ploomber", "build", "--env--sample", "true")


def test_neither_vendor_nor_index(
    index: tuple[Project, dict[str, str]], environ: dict[str, str]
) -> None:
    project, _ = index
    project.environ = environ
    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "vendor/ has no nbtasks, and no index that pip knows has" in done.stdout


def test_an_old_python_is_refused_in_a_sentence(bake: Callable[..., Project], home: Path) -> None:
    """Even one that could not read the sources of the package."""
    supported = found_pythons()
    old = [python for python in found_pythons((3, 7)) if python not in supported]
    assert old, "this test needs a Python from 3.7 to 3.10"
    project = bake(example="empty")
    project.environ = clean_environ(home, PATH=path_without("uv"))
    for python in old:
        done = project.run(python, "bootstrap.py", check=False)
        assert done.returncode == 1 and "Traceback" not in done.stdout
        assert "and the project needs 3.11 or newer: run bootstrap.py" in done.stdout
        assert not (project.path / ".venv").exists()


def test_a_clone_elsewhere_is_set_up_offline(
    environ: dict[str, str], locked_environment: Path, tmp_path: Path, home: Path
) -> None:
    """In a folder with spaces, with the template gone: what the lock names was installed before."""
    assert locked_environment.exists()  # so uv has all in its cache
    template = tmp_path / "template"
    shutil.copytree(staged(), template)
    made = Project(tmp_path / "my-pipeline", "my_pipeline", environ)
    answers = ("--no-input", "environment=none", "example=empty")
    Project(tmp_path, "", environ).run(
        *(sys.executable, "-m", "cookiecutter", template), *answers, cwd=tmp_path
    )
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "Start")
    template.rename(tmp_path / "gone")
    clone = Project(tmp_path / "a folder with spaces" / "it's here", "my_pipeline", environ)
    made.git("clone", "--quiet", str(made.path), str(clone.path))
    shutil.rmtree(made.path)
    assert "Ready" in clone.run(sys.executable, "bootstrap.py", UV_OFFLINE="1").stdout
    clone.environ = clean_environ(home, clone.path / ".venv" / BIN)
    clone.run("ploomber", "build", "--env--sample", "true")
    clone.write("tasks/get.py", clone.read("tasks/get.py") + "\n# %%\nmine = 1\n")
    clone.git("commit", "--quiet", "--all", "--message", "Edit")
