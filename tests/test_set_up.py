"""From nothing to a pipeline that has run, and what happens when something fails."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BIN, TEMPLATE, WINDOWS, Project, clean_environ, publish

pytestmark = pytest.mark.slow

OLDEST, NEWEST = (3, 10), (3, 15)


def path_without(name: str) -> str:
    """Return the PATH, less the folders that hold a program of that name."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not shutil.which(name, path=folder))


def stub(folder: Path, name: str, code: str) -> Path:
    """Make a program of that name, first on the PATH, that runs some Python."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return program


def generate(
    folder: Path, environ: dict[str, str], **answers: str
) -> subprocess.CompletedProcess[str]:
    """Type the cookiecutter command, all hooks and set-up included."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input"),
            *("--output-dir", str(folder)),
            *(f"{name}={value}" for name, value in answers.items()),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        env=environ,
    )


def resume(printed: str) -> list[str]:
    """Return the command that the last lines name to go on."""
    command = shlex.split(printed.split("To go on from here:\n")[1].splitlines()[0])
    assert command[0] in {"python", "python3"}
    return [sys.executable, *command[1:]]


def found_pythons() -> list[Path]:
    """Return an interpreter of each supported version that this machine has."""
    from uv import find_uv_bin

    listed = subprocess.run(
        [find_uv_bin(), "python", "list", "--only-installed", "--output-format", "json"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    paths = [Path(sys.executable), *(Path(python["path"]) for python in json.loads(listed))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    paths += sorted(pyenv.glob("versions/*/bin/python"))
    pythons: dict[tuple[int, int], Path] = {}
    for path in paths:
        code = "import sys; print(*sys.version_info[:2])"
        done = subprocess.run([path, "-c", code], capture_output=True, encoding="utf-8")
        version = tuple(map(int, done.stdout.split())) if done.returncode == 0 else (0, 0)
        if OLDEST <= version <= NEWEST:
            pythons.setdefault(version, path)
    return [pythons[version] for version in sorted(pythons)]


PYTHONS = found_pythons()
print("Pythons found:", *PYTHONS, sep="\n  ")


@pytest.fixture
def environ(home: Path, uv: Path) -> dict[str, str]:
    """Return the environment of a person who has uv."""
    return clean_environ(home, uv.parent)


@pytest.fixture
def active(environ: dict[str, str], locked_environment: Path) -> dict[str, str]:
    """Return one of a person with an active environment, that holds the lock already."""
    path = f"{locked_environment / BIN}{os.pathsep}{environ['PATH']}"
    return environ | {"VIRTUAL_ENV": str(locked_environment), "PATH": path}


# --- it works ----------------------------------------------------------------------------


def test_from_nothing_with_uv(tmp_path: Path, environ: dict[str, str], home: Path) -> None:
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

    # The last lines name results that exist, and commands that work when typed as they are.
    results, commands = done.stdout.split("to open in a browser:\n")[1].split("What to type next:")
    reports = [Path(line.strip()) for line in results.splitlines()]
    assert {report.name for report in reports} == {"explore.html", "train.html"}
    assert all("sample=True" in str(r) and r.stat().st_size > 10_000 for r in reports)
    before = {report: report.read_bytes() for report in reports}
    typed = "\n".join(["set -e", *(line.strip() for line in commands.splitlines())])
    if not WINDOWS:
        subprocess.run(["bash", "-c", typed], env=environ, check=True, cwd=tmp_path)
        assert list(path.glob("products/**/*sample=False/train.html"))
    assert {report: report.read_bytes() for report in reports} == before

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
    """Without uv, Python's own venv and pip do the same, down to the first result."""
    environ = clean_environ(home, PATH=path_without("uv"))
    done = generate(tmp_path, environ, example="empty")
    assert done.returncode == 0
    assert "Ready, in" in done.stdout, done.stdout
    path = tmp_path / "my-pipeline"
    project = Project(path, "my_pipeline", environ)
    assert "uv = " not in project.read(".venv/pyvenv.cfg")
    results = done.stdout.split("The results of the first run:\n")[1].splitlines()
    assert Path(results[0].strip()) == next(path.glob("products/**/*sample=True/get.parquet"))
    python = path / ".venv" / BIN / "python"
    assert "No broken requirements" in project.run(python, "-m", "pip", "check").stdout


def test_with_the_current_environment(tmp_path: Path, environ: dict[str, str], uv: Path) -> None:
    """The environment that is active gets the packages; no other is made."""
    venv = tmp_path / "active"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    environ |= {"VIRTUAL_ENV": str(venv), "PATH": f"{venv / BIN}{os.pathsep}{environ['PATH']}"}
    done = generate(tmp_path, environ, environment="current", example="empty")
    assert done.returncode == 0
    assert "Ready, in" in done.stdout, done.stdout
    path = tmp_path / "my-pipeline"
    assert not (path / ".venv").exists()
    project = Project(path, "my_pipeline", environ)
    project.run("ploomber", "build")
    # A colleague's plain `python bootstrap.py` uses their active environment too.
    assert "Ready" in project.run("python", "bootstrap.py").stdout


def test_no_environment_is_active(tmp_path: Path, environ: dict[str, str]) -> None:
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
    project = bake(python="3.13")
    project.environ = clean_environ(home, PATH=path_without("uv"))
    done = project.run(old, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert "and the project needs 3.13 or newer" in done.stdout
    assert "with a newer Python" in done.stdout


def test_too_old_environment(
    bake: Callable[..., Project], environ: dict[str, str], uv: Path
) -> None:
    """An active environment that is too old is refused; a .venv that is too old is replaced."""
    assert PYTHONS[0] != PYTHONS[-1], "this test needs two Pythons"
    project = bake(python="3.13")
    project.environ = environ | {"VIRTUAL_ENV": str(project.path / ".venv")}
    project.write("requirements.lock", "")  # nothing to install: the environment is looked at only
    project.run(uv, "venv", "--quiet", "--python", PYTHONS[0], ".venv")
    done = project.run(PYTHONS[-1], "bootstrap.py", "--environment", "current", check=False)
    assert "is older than Python 3.13, the oldest supported" in done.stdout
    project.run(PYTHONS[-1], "bootstrap.py", check=False)
    python = project.path / ".venv" / BIN / "python"
    project.run(python, "-c", "import sys; sys.exit(sys.version_info < (3, 13))")


def test_broken_environment(
    bake: Callable[..., Project], environ: dict[str, str], uv: Path
) -> None:
    """A .venv whose Python was uninstalled, or that has no pip where there is no uv, is mended."""
    project = bake()
    project.write("requirements.lock", "")
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
    bake: Callable[..., Project], environ: dict[str, str]
) -> None:
    """Nothing is installed that is not, to the letter, what the lock names."""
    project = bake()
    project.environ = environ
    project.write("requirements.lock", "six==1.17.0\n")
    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert done.returncode == 1
    assert "pip install --python ...` failed" in done.stdout
    assert not list((project.path / ".venv").rglob("six.py"))


def test_clone(set_up: Callable[..., Project], tmp_path: Path, environ: dict[str, str]) -> None:
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
    shutil.rmtree(moved.path / ".venv")
    assert "Ready" in moved.run(sys.executable, "bootstrap.py").stdout
    moved.run(moved.path / ".venv" / BIN / "ploomber", "status")


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


@pytest.fixture(scope="module")
def built(set_up: Callable[..., Project]) -> Project:
    """Return a project whose pipeline has run in full."""
    project = set_up()
    project.run("ploomber", "build")
    return project


def test_full_and_sample_runs_are_apart(built: Project) -> None:
    """A sample run leaves what the full run made, and has fewer rows."""
    count = "import pandas, sys; print(*(len(pandas.read_parquet(p)) for p in sys.argv[1:]))"
    full = sorted(built.path.glob("products/**/*sample=False/*"))
    before = {path: path.read_bytes() for path in full}
    built.run("ploomber", "build", "--env--sample", "true")
    assert {path: path.read_bytes() for path in full} == before
    tables = [next(built.path.glob(f"products/**/*sample={s}/get.parquet")) for s in (True, False)]
    assert built.run("python", "-c", count, *tables).stdout.split() == ["60", "344"]


def test_nothing_to_do_is_seen(built: Project) -> None:
    """A second build runs no task."""
    printed = built.run("ploomber", "build").stdout
    assert "Nothing to run, 5 of 5 tasks are up to date" in printed


def test_parallel_build_gives_the_same(built: Project) -> None:
    """Independent tasks may run at the same time; the tables are the same."""
    tables = sorted(built.path.glob("products/**/*sample=False/*.parquet"))
    assert len(tables) == 3
    before = {path: path.read_bytes() for path in tables}
    built.run("ploomber", "build", "--env--executor", "parallel", "--force")
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
    done = built.run("ploomber", *command.split())
    assert re.search(printed, done.stdout, re.DOTALL), done.stdout
    if made:
        assert (built.path / made).stat().st_size > 1000
        (built.path / made).unlink()
    built.git("checkout", "tasks")


def test_ploomber_interact(built: Project) -> None:
    """An interactive session has the pipeline, and its tasks."""
    typed = "print(sorted(dag))\nprint(dag['clean'].exec_status)\n"
    printed = built.run("ploomber", "interact", typed=typed).stdout
    assert "['clean', 'explore', 'features', 'get', 'train']" in printed
    assert "TaskStatus.Skipped" in printed  # up to date


# --- something fails ---------------------------------------------------------------------


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
    (bins / "uv").symlink_to(shutil.which("uv", path=active["PATH"]))
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


def test_cruft(tmp_path: Path, home: Path) -> None:
    """Cruft brings later versions of the template, and never sets up its own copies."""
    template = publish(tmp_path / "template", home)
    log = tmp_path / "log"
    code = f"open({str(log)!r}, 'a').write('x'); sys.exit(1)"
    stub(tmp_path / "stubs", "uv", code)
    environ = clean_environ(home, tmp_path / "stubs", HOME=str(home), USERPROFILE=str(home))
    cruft = [sys.executable, "-m", "cruft"]
    outer = Project(tmp_path, "", environ)
    outer.run(*cruft, "create", "--no-input", template.path)
    assert log.read_text() == "x"  # created for real: set up, as far as the stub goes
    project = Project(tmp_path / "my-pipeline", "my_pipeline", environ)
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Keep .cruft.json")
    project.write("tasks/get.py", project.read("tasks/get.py") + "\n# %%\nmine = 1\n")
    project.git("commit", "--quiet", "--all", "--message", "Edit")

    source = "{{cookiecutter.project_slug}}/.editorconfig"
    template.write(source, template.read(source) + "\n[*.md]\nindent_size = 2\n")
    template.git("commit", "--quiet", "--all", "--message", "Two")
    assert project.run(*cruft, "check", check=False).returncode == 1
    printed = project.run(*cruft, "update", "--skip-apply-ask").stdout
    assert "Good work" in printed
    assert "[*.md]" in project.read(".editorconfig")
    assert "mine = 1" in project.read("tasks/get.py")
    assert project.run(*cruft, "check").returncode == 0
    assert log.read_text() == "x"
