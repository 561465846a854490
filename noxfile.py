"""Keep template and package well: `nox` runs their tests, `nox --list` shows what else there is.

The tests that `nox` runs need Python and git alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "unit", "builds", "template"]

PROJECT = Path("{{cookiecutter.project_slug}}")
TEST_GROUP = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
#: What the tasks of the examples import.
TASKS_NEED = ["dash", "joblib", "pandas[parquet]", "pandera[pandas]", "plotly", "scikit-learn"]
#: What depends on the version of Python, or of what Ploomber uses, in tests/package.
CASES = ["compatibility", "pipelines", "kernel_end", "import", "lock", "sync_jupyter", "adopt"]
#: Two test files at a time; what one file has set up, no other one needs.
IN_PARALLEL = ["--numprocesses", "2", "--dist", "loadfile"]


def install(session: nox.Session) -> None:
    """Install what the tests need, what a project locks, and the package as it is here."""
    session.install(*TEST_GROUP)
    lock = str(PROJECT / "requirements.lock")
    session.install("--no-deps", "--require-hashes", "--requirement", lock)
    session.install("--no-deps", "--editable", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the Python files of this repository, and their types against those of the packages."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def unit(session: nox.Session) -> None:
    """Test the package, and show what the tests cover; arguments go to pytest."""
    install(session)
    coverage = ["--cov", "--cov-report=term:skip-covered", "-m", "not slow"]
    session.run("pytest", *coverage, *(session.posargs or ["tests/package", *IN_PARALLEL]))


@nox.session
def builds(session: nox.Session) -> None:
    """Build pipelines with the package, each as a user would; arguments go to pytest."""
    install(session)
    session.run("pytest", "-m", "slow", *(session.posargs or ["tests/package", *IN_PARALLEL]))


@nox.session
def template(session: nox.Session) -> None:
    """Bake the template in every way and use what was baked; arguments go to pytest."""
    install(session)
    others = ["-m", "not browser and not cluster"]
    session.run("pytest", *others, *(session.posargs or ["tests/template", *IN_PARALLEL]))


@nox.session
def browser(session: nox.Session) -> None:
    """Look at pages, reports, dashboard and JupyterLab by Chromium; arguments go to pytest."""
    if not any(map(shutil.which, ["chromium", "chromium-browser"])):
        session.error("These tests need Chromium on the PATH: apt-get install chromium")
    install(session)
    session.run("pytest", "-m", "browser", *(session.posargs or IN_PARALLEL))


@nox.session
def cluster(session: nox.Session) -> None:
    """Hand tasks over to SLURM and let them fail in every way; arguments go to pytest."""
    if not shutil.which("sbatch"):
        session.error("These tests need SLURM, and root: apt-get install slurm-wlm munge")
    install(session)
    session.run("pytest", "-m", "cluster", *session.posargs)


@nox.session
def cases(session: nox.Session) -> None:
    """Test what depends on Python by the one that runs nox; arguments go to pytest."""
    install(session)
    session.run("pytest", *IN_PARALLEL, *session.posargs, *case_files())


@nox.session(venv_backend="none")
def newest(session: nox.Session) -> None:
    """Test so by the newest Python that Debian's unstable has; arguments go to pytest."""
    if not shutil.which("debootstrap"):
        session.error("This needs root, and debootstrap: apt-get install debootstrap")
    command = ["python", "-m", "nox", "--session", "cases", "--", *session.posargs]
    session.run("tests/newest_python.sh", *command, external=True)


@nox.session
def unlocked(session: nox.Session) -> None:
    """Test so with the newest version of everything; arguments go to pytest."""
    session.install(*TEST_GROUP, ".[dashboard,cluster]", *TASKS_NEED)
    session.run("pytest", *IN_PARALLEL, *session.posargs, *case_files())


def case_files() -> list[str]:
    """Return the files of tests that depend on Python."""
    return [f"tests/package/test_{name}.py" for name in CASES]


@nox.session
def pins(session: nox.Session) -> None:
    """Lift each upper bound of a project; what fails names those that are no longer needed."""
    install(session)
    tests = "tests/template/test_pins.py"
    session.run("pytest", tests, *session.posargs, env={"PINS": "newest"})


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel of the sources into the template; with `-- --compare FILE`, compare one."""
    session.install("packaging", "uv")
    session.run("python", "vendoring.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Update requirements.lock of new projects; arguments go to `nbtasks lock`."""
    session.install("cookiecutter", "packaging", "uv")
    session.run("python", "vendoring.py")
    command = ["python", "-m", "nbtasks", "lock", *session.posargs]
    environ = {"PYTHONPATH": str(Path("src").resolve())}
    with tempfile.TemporaryDirectory() as folder:
        made = bake(session, folder, "cluster=slurm")  # so that all extras are locked
        with session.chdir(made):
            session.run(*command, env=environ)
        shutil.copy(made / "requirements.lock", PROJECT)
    session.run("python", "vendoring.py")
    session.log("Now take the names that test_names.py asks for into hooks/post_gen_project.py")


@nox.session
def project(session: nox.Session) -> None:
    """Make a project that has the sources as they are here: nox -s project -- FOLDER [NAME=ANSWER].

    An edit in src/nbtasks/ is in it at once.
    """
    if not session.posargs:
        session.error("Which folder? nox -s project -- FOLDER")
    session.install("cookiecutter", "uv")
    made = bake(session, *session.posargs)
    python = made / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    session.run("python", made / "bootstrap.py", "--first-commit")
    editable = ["--no-deps", "--quiet", "--editable", "."]
    session.run("python", "-m", "uv", "pip", "install", "--python", python, *editable)
    session.log(f"The project is {made}")


def bake(session: nox.Session, folder: str, *answers: str) -> Path:
    """Make a project in a folder, not yet set up, and return its path."""
    before = set(Path(folder).glob("*"))
    options = ["--no-input", "--output-dir", folder, "environment=none"]
    session.run("cookiecutter", ".", *options, *answers)
    (made,) = set(Path(folder).glob("*")) - before
    return made.resolve()


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
