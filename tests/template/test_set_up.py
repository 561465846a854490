"""One command leads from nothing to a pipeline that has run, on every Python, quietly."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    BIN,
    WINDOWS,
    Project,
    clean_environ,
    found_pythons,
    generate,
    match_of,
    path_without,
)

pytestmark = pytest.mark.slow

PYTHONS = found_pythons()
print("Pythons found:", *PYTHONS, sep="\n  ")


def ours(project: Project) -> str:
    """Return the part of the lock that names our package."""
    lock = project.read("requirements.lock")
    return match_of(r"(?m)^nbtasks==.*\n(?: .*\n)*", lock)[0]


# --- it works ----------------------------------------------------------------------------


def test_from_nothing_with_uv(tmp_path: Path, environ: dict[str, Any], home: Path) -> None:
    """One command leaves a committed project with an environment, hooks and results."""
    done = generate(tmp_path, environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stdout
    path = tmp_path / "my-pipeline"
    project = Project(path, "my_pipeline", clean_environ(home, path / ".venv" / BIN))

    # Compiled once, whatever is set: else every task would take three times as long.
    assert list(path.glob(".venv/**/pandas/__pycache__/*.pyc"))
    assert "uv = " in project.read(".venv/pyvenv.cfg")
    assert project.git("log", "--format=%an %s") == "Ada Start the project from its template"
    assert project.git("status", "--porcelain") == ""
    assert {"pre-commit", "pre-push", "post-checkout", "post-merge"} <= {
        hook.name for hook in (path / ".git" / "hooks").iterdir()
    }

    # The screen, which is a log here, shows nothing that is not for its reader.
    assert len(done.stdout.splitlines()) <= 25, done.stdout
    screen = done.stdout.split("\nReady")[0].splitlines()
    assert not [line for line in screen if "$ " in line or "uv " in line], screen
    assert re.search(r"(?m)^  \d+ packages installed, \d+ seconds$", done.stdout)
    assert not re.search("(?i)warn|resolved|^ [+]|it/s", "\n".join(screen))

    # The last lines name results that exist, and commands that work when typed as they are.
    results, commands = done.stdout.split("to open in a browser:\n")[1].split("What to type next:")
    reports = [Path(line.strip()) for line in results.splitlines()]
    assert {report.name for report in reports} == {"index.html"}
    assert all("sample=True" in str(r) and r.stat().st_size > 10_000 for r in reports)
    typed = "\n".join(["set -e", *(line.strip() for line in commands.splitlines())])
    if not WINDOWS:
        subprocess.run(["bash", "-c", typed], env=environ, check=True, cwd=tmp_path)
        assert list(path.glob("products/**/*sample=False/train.html"))
        # The page of the sample leads to that of all data now.
        assert all(b'href="../sample=False/index.html"' in one.read_bytes() for one in reports)

    # The package can be imported from any folder.
    where = "import my_pipeline; print(my_pipeline.__file__)"
    for folder in [path, path / "tasks", tmp_path, Path.home()]:
        printed = project.run("python", "-c", where, cwd=folder).stdout.strip()
        assert Path(printed) == path / "src" / "my_pipeline" / "__init__.py"

    # Doing it again changes nothing.
    again = project.run(sys.executable, "bootstrap.py", "--first-commit", **environ)
    assert ".venv is there already" in again.stdout
    assert "The first commit is there already" in again.stdout
    assert project.git("rev-list", "--count", "HEAD") == "1"
    assert project.git("status", "--porcelain") == ""


def test_with_plain_venv(tmp_path: Path, home: Path) -> None:
    """Without uv, Python's own venv and pip bring the very uv that the lock names."""
    environ = clean_environ(home, PATH=path_without("uv"))
    done = generate(tmp_path, environ, example="empty")
    assert done.returncode == 0
    assert "Ready, in" in done.stdout, done.stdout
    path = tmp_path / "my-pipeline"
    project = Project(path, "my_pipeline", environ)
    assert "uv = " not in project.read(".venv/pyvenv.cfg")
    locked = match_of(r"(?m)^uv==(\S+)", project.read("requirements.lock"))[1]
    assert project.run(path / ".venv" / BIN / "uv", "--version").stdout.split()[1] == locked
    # It is there already the next time.
    inside = path / ".venv" / BIN / "uv"
    before = inside.stat().st_mtime_ns
    project.run(sys.executable, "bootstrap.py")
    assert inside.stat().st_mtime_ns == before
    results = done.stdout.split("to open in a browser:\n")[1].splitlines()
    assert Path(results[0].strip()) == next(path.glob("products/**/*sample=True/index.html"))
    assert list(path.glob("products/**/*sample=True/get.parquet"))
    python = path / ".venv" / BIN / "python"
    assert "No broken requirements" in project.run(python, "-m", "pip", "check").stdout


def test_with_the_current_environment(tmp_path: Path, environ: dict[str, Any], uv: Path) -> None:
    """The environment that is active gets the packages; no other is made.

    It may lie elsewhere, so that the project can lie in a folder in which .venv could not.
    """
    folder = tmp_path / ("a" if WINDOWS else "a:b")
    folder.mkdir()
    venv = tmp_path / "active"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    environ |= {"VIRTUAL_ENV": str(venv), "PATH": f"{venv / BIN}{os.pathsep}{environ['PATH']}"}
    done = generate(folder, environ, environment="current", example="empty")
    assert done.returncode == 0
    assert "Ready, in" in done.stdout, done.stdout
    path = folder / "my-pipeline"
    assert not (path / ".venv").exists()
    project = Project(path, "my_pipeline", environ)
    project.run("ploomber", "build")
    # A colleague's plain `python bootstrap.py` uses their active environment too.
    assert "Ready" in project.run("python", "bootstrap.py").stdout


def test_no_environment_is_active(tmp_path: Path, environ: dict[str, Any]) -> None:
    """Asking for the active environment when there is none is answered in a sentence."""
    # Python itself runs in one here, that of cookiecutter, which is to be left alone.
    assert sys.prefix != sys.base_prefix
    done = generate(tmp_path, environ, environment="current")
    assert done.returncode == 0
    assert "no environment is active: activate yours" in done.stdout
    assert "To go on from here" in done.stdout
    assert (tmp_path / "my-pipeline" / "pipeline.yaml").exists()


def test_the_current_environment_is_one_of_conda(
    bake: Callable[..., Project], active: dict[str, str]
) -> None:
    """Conda names the environment that is active in a variable of its own."""
    project = bake(example="empty")
    project.environ = active | {"VIRTUAL_ENV": "", "CONDA_PREFIX": active["VIRTUAL_ENV"]}
    assert "Ready" in project.run("python", "bootstrap.py", "--environment", "current").stdout


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.parent.parent.name)
def test_python_versions(bake: Callable[..., Project], uv: Path, python: Path) -> None:
    """On each Python: set-up, the pipeline on the sample, and the project's own tests."""
    project = bake()
    project.environ = clean_environ(project.path.parent / "home", uv.parent)
    done = project.run(python, "bootstrap.py", "--first-commit")
    assert "Ready" in done.stdout
    project.environ = clean_environ(
        project.path.parent / "home", project.path / ".venv" / BIN, uv.parent
    )
    project.run("python", "-W", "error", "-c", f"import {project.package}")
    printed = project.run("python", "-m", "pytest").stdout
    assert re.search(r"\d+ passed", printed)
    assert not re.search("failed|skipped|warning", printed)


def test_too_old_python(bake: Callable[..., Project], home: Path) -> None:
    """A Python that is too old is told so, with what to do."""
    old = PYTHONS[0]
    if old == PYTHONS[-1]:
        pytest.fail(f"this test needs two Pythons, found only {old}")
    project = bake(oldest_python="3.13")
    project.environ = clean_environ(home, PATH=path_without("uv"))
    done = project.run(old, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert "and the project needs 3.13 or newer" in done.stdout
    assert "with a newer Python" in done.stdout


def test_too_old_environment(
    bake: Callable[..., Project], environ: dict[str, Any], uv: Path
) -> None:
    """An active environment that is too old is refused; a .venv that is too old is replaced."""
    assert PYTHONS[0] != PYTHONS[-1], "this test needs two Pythons"
    project = bake(oldest_python="3.13")
    project.environ = environ | {"VIRTUAL_ENV": str(project.path / ".venv")}
    project.write("requirements.lock", ours(project))  # the environment is looked at only
    project.run(uv, "venv", "--quiet", "--python", PYTHONS[0], ".venv")
    done = project.run(PYTHONS[-1], "bootstrap.py", "--environment", "current", check=False)
    assert "is older than Python 3.13, the oldest supported" in done.stdout
    project.run(PYTHONS[-1], "bootstrap.py", check=False)
    python = project.path / ".venv" / BIN / "python"
    project.run(python, "-c", "import sys; sys.exit(sys.version_info < (3, 13))")


def test_broken_environment(
    bake: Callable[..., Project], environ: dict[str, Any], uv: Path
) -> None:
    """A .venv whose Python was uninstalled, or that has neither uv nor pip, is made anew."""
    project = bake()
    project.write("requirements.lock", ours(project))
    python = project.path / ".venv" / BIN / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(project.path / "gone")
    project.environ = environ
    project.run(sys.executable, "bootstrap.py", check=False)
    project.run(python, "-c", "")
    assert project.run(python, "-m", "pip", "--version", check=False).returncode  # made by uv
    project.run(sys.executable, "bootstrap.py", check=False, PATH=path_without("uv"))
    project.run(python, "-m", "pip", "--version")


def test_a_lock_without_hashes_is_refused(
    bake: Callable[..., Project], environ: dict[str, Any]
) -> None:
    """Nothing is installed that is not, to the letter, what the lock names."""
    project = bake()
    project.environ = environ
    project.write("requirements.lock", "six==1.17.0\n" + ours(project))
    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert "pip install --python ...` failed" in done.stdout
    assert not list((project.path / ".venv").rglob("six.py"))


def test_clone(set_up: Callable[..., Project], tmp_path: Path, environ: dict[str, Any]) -> None:
    """A colleague clones the project, types one command, and has all of it."""
    original = set_up()
    clone = Project(tmp_path / "clone", original.package, environ)
    original.git("clone", "--quiet", str(original.path), str(clone.path))
    done = clone.run(sys.executable, "bootstrap.py")
    assert "Ready" in done.stdout
    clone.environ = clean_environ(tmp_path / "home", clone.path / ".venv" / BIN)
    clone.run("ploomber", "build", "--env--sample", "true")
    clone.write(
        "tasks/clean.py", clone.read("tasks/clean.py").replace("import pandas", "import  pandas")
    )
    # The hooks are there: they mend the two spaces and stop the commit.
    done = clone.run("git", "commit", "--all", "--message", "Edit", check=False)
    assert done.returncode == 1
    assert "git add, commit again" in done.stdout
    assert "import pandas" in clone.read("tasks/clean.py")
    assert clone.git("status", "--porcelain") == ""

    # A pull that brings another lock says what to do.
    original.write("requirements.lock", original.read("requirements.lock") + "\n# A change\n")
    original.git("commit", "--quiet", "--all", "--message", "Another lock")
    asks = "requirements.lock is not what is installed. Next: python bootstrap.py"
    assert asks in clone.git("pull", "--quiet", "--rebase")
    assert "Ready" in clone.run(sys.executable, "bootstrap.py", **environ).stdout
    assert asks not in clone.git("switch", "--create", "other")

    # An environment does not work in another place, and is not deleted for that.
    moved = Project(clone.path.rename(tmp_path / "moved"), clone.package, environ)
    done = moved.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert f"{moved.path / '.venv'} was made in another folder" in done.stdout


def test_without_a_repository(bake: Callable[..., Project], active: dict[str, str]) -> None:
    """A project that git does not know yet is set up, and told how to make git know it."""
    project = bake(environment="none")
    project.environ = active
    command = ("python", "bootstrap.py", "--environment", "current")
    printed = project.run(*command).stdout
    typed = printed.split("no git hooks. To make it one:\n")[1].splitlines()[0]
    printed = project.run(*shlex.split(typed)).stdout
    assert "no git repository yet" not in printed
    assert (project.path / ".git" / "hooks" / "pre-commit").exists()
