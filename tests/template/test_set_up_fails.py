"""Whatever fails during set-up, the project stays whole and one command goes on from there."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import (
    TEMPLATE,
    WINDOWS,
    Project,
    clean_environ,
    generate,
    path_without,
    resume,
    stub,
)

pytestmark = pytest.mark.slow


def test_uv_fails(tmp_path: Path, home: Path, environ: dict[str, str]) -> None:
    """The project stays, what failed is named, and one command goes on from there."""
    stub(tmp_path / "stubs", "uv", "sys.exit('error: disk quota exceeded')")
    broken = clean_environ(home, tmp_path / "stubs")
    done = generate(tmp_path, broken, example="empty")
    assert done.returncode == 0
    assert re.search(r"(?m)^  The environment: `.*uv venv .* failed \(exit code 1\)$", done.stdout)
    project = Project(tmp_path / "my-pipeline", "my_pipeline", environ)
    assert project.git("status", "--porcelain") == ""
    assert "Ready" in project.run(*resume(done.stdout), cwd=tmp_path).stdout
    assert list(project.path.glob("products/**/*sample=True/get.parquet"))


def test_no_network(tmp_path: Path, home: Path, uv: Path) -> None:
    """Without a network the packages are missing and the project is whole."""
    environ = clean_environ(
        *(home, uv.parent),
        UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
        UV_CACHE_DIR=str(tmp_path / "cache"),
        UV_HTTP_RETRIES="0",
    )
    done = generate(tmp_path, environ)
    assert done.returncode == 0
    assert "uv pip install --python ...` failed" in done.stdout
    assert "To go on from here" in done.stdout
    assert (tmp_path / "my-pipeline" / "tasks" / "train.py").exists()


def test_pip_fails(tmp_path: Path, home: Path) -> None:
    """The same with pip, which finds no packages at the index it is told to use."""
    environ = clean_environ(
        home, PATH=path_without("uv"), PIP_CONFIG_FILE=os.devnull, PIP_RETRIES="0",
        PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_NO_CACHE_DIR="1", PIP_FIND_LINKS="",
    )  # fmt: skip
    done = generate(tmp_path, environ)
    assert done.returncode == 0
    assert "-m pip install ...` failed" in done.stdout
    assert "bootstrap.py --environment venv --first-commit --first-run" in done.stdout
    assert (tmp_path / "my-pipeline" / "tasks" / "train.py").exists()


def test_venv_is_missing(tmp_path: Path, bake: Callable[..., Project], home: Path) -> None:
    """A Python without ensurepip, as on Debian, is answered with what to install."""
    project = bake()
    project.environ = clean_environ(home, PATH=path_without("uv"))
    project.write("lib/venv.py", "raise SystemExit('ensurepip is not available')\n")
    done = project.run(
        sys.executable, "bootstrap.py", check=False, PYTHONPATH=str(project.path / "lib")
    )
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stdout
    assert "Ready" not in done.stdout


def test_git_is_missing(tmp_path: Path, active: dict[str, str]) -> None:
    """Without git the rest is done, and the lack of it is said."""
    bins = tmp_path / "bin"
    bins.mkdir()
    (bins / "uv").symlink_to(shutil.which("uv", path=active["PATH"]) or "")
    environ = active | {"PATH": str(bins)}
    done = generate(tmp_path, environ, environment="current", example="empty")
    assert done.returncode == 0
    assert "The git repository: git is not installed, so nothing will be committed" in done.stdout
    assert "No git hooks: git is not installed" in done.stdout
    path = tmp_path / "my-pipeline"
    assert not (path / ".git").exists()
    assert list(path.glob("products/**/*sample=True/get.parquet"))


def test_no_git_identity(tmp_path: Path, active: dict[str, str], home: Path) -> None:
    """Nothing is committed under a made-up name; how to give one's own is said."""
    nobody = active | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    answers = {"environment": "current"}
    done = generate(tmp_path, nobody, **answers)
    assert done.returncode == 0
    assert 'git config --global user.name "Your Name"' in done.stdout
    project = Project(tmp_path / "my-pipeline", "my_pipeline", active)
    assert project.run("git", "log", check=False).returncode != 0
    assert (project.path / ".git" / "hooks" / "pre-commit").exists()
    project.run(*resume(done.stdout))
    assert project.git("rev-list", "--count", "HEAD") == "1"


def test_inside_a_repository(tmp_path: Path, active: dict[str, str]) -> None:
    """A project made inside a repository leaves that repository alone."""
    outer = Project(tmp_path, "", active)
    outer.git("init", "--quiet")
    done = generate(tmp_path, active, environment="current")
    assert done.returncode == 0
    assert f"this project is inside the repository {tmp_path}" in done.stdout
    assert "Ready" in done.stdout
    assert not (tmp_path / "my-pipeline" / ".git").exists()
    assert outer.git("status", "--porcelain") == "?? my-pipeline/"
    assert not (tmp_path / ".git" / "hooks" / "pre-commit").exists()


def test_run_by_a_hook_of_another_repository(
    tmp_path: Path, bake: Callable[..., Project], active: dict[str, str]
) -> None:
    """Git names its repository to the hooks that it runs: set-up minds its own all the same."""
    other = Project(tmp_path, "", active)
    other.git("init", "--quiet")
    project = bake(example="empty")
    project.environ = active
    command = ("python", "bootstrap.py", "--environment", "current", "--first-commit")
    project.run(*command, GIT_DIR=str(tmp_path / ".git"), GIT_INDEX_FILE="index")
    assert project.git("rev-list", "--count", "HEAD") == "1"
    assert (project.path / ".git/hooks/pre-commit").exists()
    assert not (tmp_path / ".git/hooks/pre-commit").exists()
    assert other.run("git", "log", check=False).returncode


def test_hooks_path_is_set(tmp_path: Path, active: dict[str, str]) -> None:
    """Where git's hooks are kept elsewhere, pre-commit refuses, and that is said."""
    config = tmp_path / "gitconfig"
    text = Path(active["GIT_CONFIG_GLOBAL"]).read_text()
    config.write_text(f"{text}[core]\n\thooksPath = {(tmp_path / 'hooks').as_posix()}\n")
    environ = active | {"GIT_CONFIG_GLOBAL": str(config)}
    done = generate(tmp_path, environ, environment="current")
    assert done.returncode == 0
    assert "core.hooksPath" in done.stdout
    assert re.search(r"(?m)^  The git hooks: .* failed", done.stdout)


def test_first_run_fails(tmp_path: Path, active: dict[str, str]) -> None:
    """A first run that fails costs nothing but the results."""
    environ = active | {"PLOOMBER_ENV_FILENAME": "env.missing.yaml"}
    done = generate(tmp_path, environ, environment="current", example="empty")
    assert done.returncode == 0
    assert "env.missing.yaml" in done.stdout
    assert re.search(r"(?m)^  The first run, .* failed", done.stdout)
    project = Project(tmp_path / "my-pipeline", "my_pipeline", active)
    assert "Ready" in project.run(*resume(done.stdout)).stdout


@pytest.mark.skipif(WINDOWS, reason="kills a process group")
def test_killed_while_packages_are_copied(
    bake: Callable[..., Project], environ: dict[str, str]
) -> None:
    """Half an environment is made anew: it is not taken for one that is ready."""
    project = bake(example="empty")
    project.environ = environ | {"UV_LINK_MODE": "copy"}
    command = [sys.executable, "bootstrap.py"]
    for moment in (1, 20, 150):  # files and folders in site-packages
        shutil.rmtree(project.path / ".venv", ignore_errors=True)
        process = subprocess.Popen(
            command,
            cwd=project.path,
            env=project.environ,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        while len(list(project.path.glob(".venv/lib/*/site-packages/*"))) < moment:
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert len((project.path / ".venv" / "bootstrap.txt").read_text("utf-8").splitlines()) < 2
    printed = project.run(*command).stdout
    assert "Half of .venv is there: it is made anew" in printed
    assert "Ready" in printed
    assert not missing_files(project)

    # An environment of the user's is not removed; all packages are installed once more.
    note = project.read(".venv/bootstrap.txt").splitlines()[0]
    project.write(".venv/bootstrap.txt", note + "\n")
    next(project.path.glob(".venv/lib/*/site-packages/pandas/__init__.py")).unlink()
    venv = str(project.path / ".venv")
    project.run(*command, "--environment", "current", VIRTUAL_ENV=venv)
    assert not missing_files(project)


def missing_files(project: Project) -> list[str]:
    """Return the files of packages that are not there, though their packages look installed."""
    missing = []
    for package in project.path.glob(".venv/lib/*/site-packages/*.dist-info"):
        record = package / "RECORD"
        lines = record.read_text("utf-8").splitlines() if record.exists() else ["no RECORD"]
        files = (package.parent / next(csv.reader([line]))[0] for line in lines)
        missing += [str(file) for file in files if not file.exists()]
    return missing


@pytest.mark.parametrize("name", ["a:b", "a\nb"])
@pytest.mark.skipif(WINDOWS, reason="Windows has no such names")
def test_folders_that_no_environment_works_in(
    tmp_path: Path, environ: dict[str, str], bake: Callable[..., Project], name: str
) -> None:
    """A path that PATH can't hold, or that ends a line, is refused; nothing is left."""
    folder = tmp_path / name
    folder.mkdir()
    done = generate(folder, environ)
    assert done.returncode
    assert "No project was made" in done.stdout
    assert "choose a folder" in done.stdout
    assert not list(folder.iterdir())
    # So it is where a project was moved to, or cloned.
    shutil.copytree(bake().path, folder / "moved")
    moved = Project(folder / "moved", "", environ)
    done = moved.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert "move the project out of" in done.stdout
    assert not (moved.path / ".venv").exists()


@pytest.mark.skipif(WINDOWS, reason="sends the signal of Ctrl-C to a process group")
def test_ctrl_c(tmp_path: Path, home: Path) -> None:
    """Ctrl-C in the middle leaves the whole project and says how to go on."""
    stub(
        tmp_path / "stubs",
        "uv",
        f"import time; open({str(tmp_path / 'started')!r}, 'w').close(); time.sleep(60)",
    )
    environ = clean_environ(home, tmp_path / "stubs")
    process = subprocess.Popen(
        [sys.executable, "-m", "cookiecutter", TEMPLATE, "--no-input", "-o", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=environ,
        start_new_session=True,
    )
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    printed = process.communicate(timeout=30)[0]
    assert "stopped by Ctrl-C" in printed
    assert "bootstrap.py --environment venv --first-commit --first-run" in printed
    assert (tmp_path / "my-pipeline" / "tasks" / "train.py").exists()
