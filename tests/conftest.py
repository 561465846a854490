"""Bake the template, and set up what was baked."""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cookiecutter.main import cookiecutter
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

import vendoring

TEMPLATE = Path(__file__).resolve().parent.parent
CONTEXT: dict[str, Any] = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))
#: What can be asked for: the keys of cookiecutter.json that are prompts.
OPTIONS = {name: value for name, value in CONTEXT.items() if not name.startswith("_")}
#: Those with a fixed list of answers.
CHOICES = {name: value for name, value in OPTIONS.items() if isinstance(value, list)}

#: What git and a copy of the template leave out.
NOT_OURS = shutil.ignore_patterns(
    *(
        [
            ".git",
            ".nox",
            ".venv",
            "__pycache__",
            "artifacts",
            ".coverage*",
            ".mypy_cache",
            ".pytest_cache",
            ".ruff_cache",
            "dist",
        ]
    )
)
SCREENSHOTS = TEMPLATE / "artifacts"
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
QUIET = "--disable-background-networking --disable-component-update"

WINDOWS = os.name == "nt"
BIN = "Scripts" if WINDOWS else "bin"


@functools.cache
def staged() -> Path:
    """Return a copy of the template that has the wheel of the sources as they are now."""
    folder = Path(tempfile.mkdtemp(prefix="template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("hooks", vendoring.PROJECT):
        shutil.copytree(TEMPLATE / name, folder / name, ignore=NOT_OURS)
    shutil.copy(TEMPLATE / "cookiecutter.json", folder)
    vendoring.put_into(folder)
    return folder


def forget() -> None:
    """Forget what our package and a project's have learned, as a new process would."""
    for name, module in sys.modules.copy().items():
        if name == "nbtasks" or name.startswith("nbtasks."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    learned = sys.modules.get("nbtasks.checks.fingerprints")
    if learned:
        learned.LEARNED.clear()


def clean_environ(home: Path, *folders: Path, **extra: str) -> dict[str, str]:
    """Return an environment like that of a person: a git identity, no test tools.

    `folders` come first on the PATH; `home` is where git looks for its configuration.
    """
    leaks = {
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "UV",
        "UV_PYTHON",
        "PYTHONDONTWRITEBYTECODE",
        "PYTEST_CURRENT_TEST",
    }
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in leaks and not name.startswith(("GIT_", "PLOOMBER_", "COV_", "PRE_COMMIT"))
    }
    config = home / ".gitconfig"
    if not config.exists():
        home.mkdir(parents=True, exist_ok=True)
        config.write_text(
            '[user]\n\tname = "Ada"\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n'
        )
    path = os.pathsep.join([*map(str, folders), environ["PATH"]])
    return environ | {"GIT_CONFIG_GLOBAL": str(config), "PATH": path} | extra


def read_ours(name: str) -> str:
    """Return the text of a file of this repository, a page of docs/ for example."""
    return (TEMPLATE / name).read_text("utf-8")


#: The Pythons that the package supports.
OLDEST, NEWEST = (3, 11), (3, 15)


@functools.cache
def found_pythons(oldest: tuple[int, int] = OLDEST) -> list[Path]:
    """Return an interpreter of each version that this machine has, of the supported ones."""
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
        major, minor = map(int, done.stdout.split()) if done.returncode == 0 else (0, 0)
        version = (major, minor)
        if oldest <= version <= NEWEST:
            pythons.setdefault(version, path)
    return [pythons[version] for version in sorted(pythons)]


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
            *(sys.executable, "-m", "cookiecutter", str(staged()), "--no-input"),
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


def match_of(pattern: str, text: str) -> re.Match[str]:
    """Return where a pattern is first found in a text, or fail."""
    match = re.search(pattern, text)
    assert match, text
    return match


@dataclass
class Project:
    """A project made from the template, and how to type commands in it."""

    path: Path
    package: str
    environ: dict[str, str] = field(repr=False)

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        cwd: Path | None = None,
        typed: str = "",
        **environ: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project, or fail the test with all that it printed.

        `typed` is what it reads from the keyboard.
        """
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd or self.path,
            env=self.environ | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            input=typed,
            encoding="utf-8",
        )
        if check and done.returncode:
            pytest.fail(f"{command} exited with {done.returncode}:\n{done.stdout}", pytrace=False)
        return done

    def nbtasks(
        self, *words: str | Path, check: bool = True, cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of our commands as `run` does, but in this process, which takes no start."""
        from nbtasks.__main__ import main

        typed = [str(word) for word in words]
        return self.call(main, typed, check=check, cwd=cwd, **environ)

    def call(
        self,
        function: Callable[..., int | None],
        *arguments: object,
        check: bool = True,
        cwd: Path | None = None,
        **environ: str,
    ) -> subprocess.CompletedProcess[str]:
        """Call a function in the project, in this process, as a command whose code it returns."""
        known = {**self.environ, **environ}.get("PYTHONIOENCODING", "utf-8")
        screen = io.TextIOWrapper(io.BytesIO(), encoding=known, write_through=True)
        before = dict(os.environ), sys.path[:], sys.argv[:], set(sys.modules)
        sys.path[:0] = filter(None, self.environ.get("PYTHONPATH", "").split(os.pathsep))
        forget()
        os.environ.clear()
        os.environ.update(self.environ | environ)
        try:
            with chdir(cwd or self.path), redirect_stdout(screen), redirect_stderr(screen):
                code = function(*arguments) or 0
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1
        finally:
            os.environ.clear()
            os.environ.update(before[0])
            sys.path[:], sys.argv[:] = before[1:3]
            for name in set(sys.modules) - before[3]:
                if name.partition(".")[0] == self.package:
                    del sys.modules[name]
            forget()
        screen.flush()
        shown = screen.buffer.getvalue().decode("utf-8").replace("\r\n", "\n")
        if check and code:
            pytest.fail(f"{arguments} exited with {code}:\n{shown}", pytrace=False)
        return subprocess.CompletedProcess(["nbtasks", *map(str, arguments)], code, shown)

    def quickly(
        self,
        *command: str | Path,
        check: bool = True,
        cwd: Path | None = None,
        typed: str = "",
        **environ: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run `ploomber` or `nbtasks` as `run` does, but in a copy of this process."""
        if sys.platform != "linux":
            return self.run(*command, check=check, cwd=cwd, typed=typed, **environ)
        from preloaded import run

        words = [str(part) for part in command]
        code, shown = run(words, cwd or self.path, self.environ | environ, typed)
        if check and code:
            pytest.fail(f"{command} exited with {code}:\n{shown}", pytrace=False)
        return subprocess.CompletedProcess(words, code, shown)

    def ploomber(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command of Ploomber, quickly; the schema takes what it takes."""
        done = self.quickly("ploomber", *words, **options)
        if done.returncode == 0 and words[0] == "build":
            from nbtasks.pipeline import schema

            for name in ("pipeline.yaml", "env.yaml"):
                found = schema.check(self.path / name) if (self.path / name).exists() else []
                assert found == [], "Ploomber takes it, and the schema does not"
        return done

    def run_in_terminal(self, *command: str, typed: str = "", **environ: str) -> tuple[int, bytes]:
        """Run a command in a terminal (not on Windows); return its exit code and the screen."""
        master, terminal = os.openpty()
        subprocess.run(["stty", "columns", "100", "rows", "30"], stdin=terminal, check=True)
        os.write(master, typed.encode())
        with subprocess.Popen(
            command,
            cwd=self.path,
            env=self.environ | environ,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        ) as process:
            os.close(terminal)
            shown = b""
            with suppress(OSError):  # how Linux tells that nobody writes any more
                while part := os.read(master, 1024):
                    shown += part
        os.close(master)
        return process.returncode, shown

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git and return what it printed."""
        return self.run("git", *arguments, check=check).stdout.strip()

    def read(self, name: str) -> str:
        """Return the text of a file of the project."""
        return (self.path / name).read_bytes().decode("utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file of the project, as it is given."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))

    def files(self) -> set[str]:
        """Return the path of every file, git's own left out."""
        return {
            path.relative_to(self.path).as_posix()
            for path in self.path.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(self.path).parts
        }


def ran(output: str) -> list[str]:
    """Return the tasks that a build has run and that did not fail, as its lines say."""
    return sorted(re.findall(r"(?m)^ *\d+/\d+  (\S+) +[\d.]+ (?:s|min|h)\b(?!.*FAILED)", output))


def publish(folder: Path, home: Path) -> Project:
    """Make a git repository of the template as it is now, not yet committed parts too."""
    repository = Project(folder, "", clean_environ(home))
    shutil.copytree(TEMPLATE, folder, ignore=NOT_OURS)
    vendoring.put_into(folder)
    repository.git("init", "--quiet")
    repository.git("add", "--all", "--force")  # git may ignore what the project ignores
    repository.git("commit", "--quiet", "--message", "The template")
    return repository


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need more than Python and git, by what they use."""
    for item in items:
        for fixture, mark in {"browser": "browser", "slurm": "cluster"}.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder for git, with an identity."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def bake(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Callable[..., Project]:
    """Return a function that bakes the template; set up nothing unless asked to."""
    config = home / "cookiecutter.yaml"
    replay = tmp_path_factory.mktemp("replay").as_posix()
    config.write_text(f'cookiecutters_dir: "{replay}"\nreplay_dir: "{replay}"\n')

    def bake(*, into: Path | None = None, **options: str) -> Project:
        unknown = set(options) - set(OPTIONS)
        assert not unknown, f"cookiecutter.json has no {sorted(unknown)}"
        for name, value in options.items():
            assert name not in CHOICES or value in CHOICES[name], f"{name} can't be {value!r}"
        made = cookiecutter(
            str(staged()),
            no_input=True,
            extra_context={"environment": "none"} | options,
            output_dir=str(into or tmp_path_factory.mktemp("bake")),
            config_file=str(config),
        )
        path = Path(made)
        package = next(p.parent.name for p in (path / "src").glob("*/__init__.py"))
        return Project(path, package, clean_environ(home))

    return bake


@pytest.fixture(scope="session")
def uv() -> Path:
    """Return the uv that the tests were installed with."""
    from uv import find_uv_bin

    return Path(find_uv_bin())


@pytest.fixture(scope="session")
def locked_environment(
    tmp_path_factory: pytest.TempPathFactory, bake: Callable[..., Project], uv: Path
) -> Path:
    """Return a virtual environment with all that the lock names, made once a session."""
    project = bake()
    venv = tmp_path_factory.mktemp("environment") / "venv"
    python = venv / BIN / "python"
    project.run(uv, "venv", "--quiet", "--python", sys.executable, venv)
    project.run(
        *(uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--require-hashes"),
        *("-r", "requirements.lock"),
    )
    return venv


@pytest.fixture(scope="session")
def set_up(
    bake: Callable[..., Project], locked_environment: Path, home: Path, uv: Path
) -> Callable[..., Project]:
    """Return a function that bakes a project and sets it up in the shared environment.

    It is committed and has its git hooks; `project.run` sees the environment as active.
    The environment holds one project at a time: the one set up last.
    """

    def set_up(**options: str) -> Project:
        project = bake(**options)
        project.environ = clean_environ(
            home,
            locked_environment / BIN,
            uv.parent,
            VIRTUAL_ENV=str(locked_environment),
        )
        project.run("python", "bootstrap.py", "--environment", "current", "--first-commit")
        return project

    return set_up


def copied(project: Project, path: Path) -> Project:
    """Return a project that is run by this Python, as it is in another folder, copied there."""
    if path != project.path:
        shutil.copytree(project.path, path, symlinks=True)
    paths = os.pathsep.join([str(path / "src"), str(TEMPLATE / "src")])
    return Project(path, project.package, project.environ | {"PYTHONPATH": paths})


@pytest.fixture(scope="session")
def at_hand(bake: Callable[..., Project], home: Path) -> Callable[..., Project]:
    """Return a function that bakes and commits a project, to be run by this Python.

    The environment of the tests has all that the lock names, and finds the project by PYTHONPATH.
    """

    def at_hand(**options: str) -> Project:
        project = bake(**options)
        project.environ = clean_environ(home, Path(sys.executable).parent)
        project.git("init", "--quiet")
        project.git("add", "--all")
        project.git("commit", "--quiet", "--message", "Start")
        return copied(project, project.path)

    return at_hand


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium; a test without it fails."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "no browser: apt-get install chromium, or put another Chromium on the PATH"
    SCREENSHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=f"{FLAGS} {QUIET}".split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return an empty page; how it looks at the end of the test is kept in artifacts/."""
    page = browser.new_page(viewport={"width": 1200, "height": 2400}, color_scheme="light")
    page.set_default_timeout(40_000)
    expect.set_options(timeout=40_000)
    yield page
    page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
    page.close()


def see_figures(place: Locator, count: int) -> None:
    """Expect as many figures, each of some size and with data drawn in it."""
    figures = place.locator(".js-plotly-plot:has(svg.main-svg)")
    expect(figures).to_have_count(count)
    for figure in figures.all():
        drawn = ".point, path.box, .heatmaplayer image, canvas"
        expect(figure.locator(drawn).first).to_be_attached()
        box = figure.bounding_box()
        assert box and box["width"] > 300 and box["height"] > 300


@pytest.fixture(scope="session")
def base(bake: Callable[..., Project], home: Path) -> Project:
    """Return a project whose task is desk.SCRIPT, committed, in sync and run; not set up."""
    from desk import prepare, without_set_up

    return prepare(without_set_up(bake(example="empty"), home))


@pytest.fixture
def desk(base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project, a QuickDesk: the tests run what the hooks of ours run."""
    from desk import copy_of

    return copy_of(base, tmp_path)


@pytest.fixture(scope="session")
def stripped_base(bake: Callable[..., Project], home: Path) -> Project:
    """Return such a project that keeps its notebooks in git."""
    from desk import prepare, without_set_up

    return prepare(without_set_up(bake(example="empty", notebooks_in_git="stripped"), home))


@pytest.fixture
def stripped(stripped_base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    from desk import copy_of

    return copy_of(stripped_base, tmp_path)


@pytest.fixture(scope="session")
def hooked_base(set_up: Callable[..., Project]) -> Project:
    """Return a project with such a task that is set up, with the git hooks of pre-commit."""
    from desk import Desk, prepare

    project = set_up(example="empty")
    return prepare(Desk(project.path, project.package, project.environ))


@pytest.fixture
def hooked(hooked_base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project, a Desk with a cache of pre-commit of its own."""
    from desk import copy_of

    return copy_of(hooked_base, tmp_path)


@pytest.fixture(scope="session")
def tracked_base(set_up: Callable[..., Project]) -> Project:
    """Return such a project that keeps its notebooks in git."""
    from desk import Desk, prepare

    project = set_up(example="empty", notebooks_in_git="stripped")
    return prepare(Desk(project.path, project.package, project.environ))


@pytest.fixture
def tracked(tracked_base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    from desk import copy_of

    return copy_of(tracked_base, tmp_path)


@pytest.fixture
def environ(home: Path, uv: Path) -> dict[str, str]:
    """Return the environment of a person who has uv."""
    return clean_environ(home, uv.parent)


@pytest.fixture
def active(environ: dict[str, str], locked_environment: Path) -> dict[str, str]:
    """Return one of a person with an active environment, that holds the lock already."""
    path = f"{locked_environment / BIN}{os.pathsep}{environ['PATH']}"
    return environ | {"VIRTUAL_ENV": str(locked_environment), "PATH": path}
