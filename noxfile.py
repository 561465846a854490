"""Keep the template well: `nox` runs its tests, `nox --list` shows what else there is."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "tests"]

PROJECT = Path("{{cookiecutter.project_slug}}")
TEST_GROUP = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the template's own Python files."""
    session.install(*TEST_GROUP)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def tests(session: nox.Session) -> None:
    """Bake the template in every way and use what was baked; arguments go to pytest."""
    session.install(*TEST_GROUP)
    if not any(map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])):
        session.run("playwright", "install", "chromium")
    arguments = session.posargs or ["--numprocesses", "2", "--dist", "loadfile"]
    session.run("pytest", *arguments)


@nox.session
def pins(session: nox.Session) -> None:
    """Lift each upper bound of a project; what fails names those that are no longer needed."""
    session.install(*TEST_GROUP)
    session.run("pytest", "tests/test_pins.py", *session.posargs, env={"PINS": "newest"})


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure how fast the template is, side by side with what else one could use."""
    session.install(*TEST_GROUP)
    for script in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", script, *session.posargs)


@nox.session
def pictures(session: nox.Session) -> None:
    """Make the pictures of the README anew; an argument names a folder, such as /home/ada."""
    session.install(*TEST_GROUP)
    session.run("python", "docs/pictures.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Update requirements.lock of the generated project; arguments go to `python tools lock`."""
    session.install("cookiecutter", "packaging", "tomli", "uv")
    command = "import sys, tools.lock; sys.exit(tools.lock.main(sys.argv[1:]))"
    answers = ["--no-input", "environment=none", "--output-dir", session.create_tmp()]
    session.run("cookiecutter", ".", "--overwrite-if-exists", *answers)
    made = Path(session.create_tmp()) / "my-pipeline"
    with session.chdir(made):
        session.run("python", "-c", command, *session.posargs)  # needs no environment
    shutil.copy(made / "requirements.lock", PROJECT)
    session.log("Now take the names that tests/test_names.py asks for into the post hook")
