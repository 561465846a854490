"""Every command of the READMEs and of the manual is typed here, in order, as a newcomer would."""

from __future__ import annotations

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
from conftest import BIN, OPTIONS, TEMPLATE, Project, clean_environ, match_of, publish, read_ours

pytestmark = pytest.mark.slow

README = read_ours("README.md")


def commands(text: str) -> list[str]:
    """Return the lines of all blocks that are to be typed."""
    blocks = re.findall(r"(?ms)^```bash\n(.*?)^```", text)
    return [line for block in blocks for line in block.splitlines() if line]


def published(folder: Path, home: Path) -> dict[str, str]:
    """Publish the template as it is now, where `gh:org/template` finds it; return the environ."""
    repository = publish(folder / "published", home)
    config = folder / ".gitconfig"
    config.write_text(
        (home / ".gitconfig").read_text()
        + f'[url "{repository.path.as_uri()}"]\n\tinsteadOf = https://github.com/org/template.git\n'
    )
    return clean_environ(
        home, HOME=str(folder), USERPROFILE=str(folder), GIT_CONFIG_GLOBAL=str(config)
    )


def type_in(line: str, folder: Path, environ: dict[str, str], answers: str = "") -> str:
    """Type a line into a shell and answer what is asked; return what was printed."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environ,
        input=answers,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}"
    return done.stdout


def test_generate(tmp_path: Path, home: Path, uv: Path) -> None:
    """The one command, with Enter for every question, on a machine with Python and git.

    It has uv too, for the sake of time; test_set_up.py does without.
    """
    (line,) = [line for line in commands(README) if "gh:org/template" in line]
    environ = published(tmp_path, home)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    path = os.pathsep.join([str(venv / BIN), str(uv.parent), environ["PATH"]])
    here = tmp_path / "here"
    here.mkdir()
    printed = type_in(line, here, environ | {"PATH": path}, "\n" * len(OPTIONS))
    expected = match_of(r"(?s)```text\n(Ready, in.*?)```", README)[1]
    shown = printed[printed.index("Ready, in") :]
    for ours in (shown, expected):
        assert re.sub(r"\d+ seconds", "N seconds", ours).replace(str(here), "/home/ada") == (
            re.sub(r"\d+ seconds", "N seconds", expected)
        )
    # Each question has a text for people.
    assert "Name of the project" in printed
    assert "A complete pipeline on real data" in printed
    # The project needs nothing of the environment of cookiecutter.
    shutil.rmtree(here / "ENV")
    status = f"{here / 'my-pipeline' / '.venv' / BIN / 'nbtasks'} status --env--sample true"
    assert type_in(status, here / "my-pipeline", environ).count("up to date") == 5


def test_generate_with_uvx(tmp_path: Path, home: Path, uv: Path) -> None:
    """The other command does the same."""
    lines = re.findall(r"`(uvx cookiecutter\s+gh:org/template[^`]*)`", README)
    asking, answered = (" ".join(line.split()) for line in lines)
    assert answered.startswith(asking + " --no-input")
    environ = published(tmp_path, home)
    path = os.pathsep.join([str(uv.parent), environ["PATH"]])
    printed = type_in(answered, tmp_path, environ | {"PATH": path})
    assert "Ready, in" in printed
    assert (tmp_path / "bird-counts" / "tasks" / "get.py").exists()


def test_generate_with_pipx(tmp_path: Path, home: Path, uv: Path) -> None:
    """So does the third one, which is only asked to generate: set-up is that of the others."""
    (line,) = re.findall(r"`(pipx run cookiecutter gh:org/template)`", README)
    environ = published(tmp_path, home)
    tools = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    install: list[str | Path] = [
        uv,
        "tool",
        "install",
        "--quiet",
        "--python",
        sys.executable,
        "pipx",
    ]
    subprocess.run(install, env=environ | tools, check=True)
    path = os.pathsep.join([tools["UV_TOOL_BIN_DIR"], environ["PATH"]])
    environ |= {"PATH": path, "PIPX_HOME": str(tmp_path / "pipx")}
    printed = type_in(f"{line} --no-input environment=none", tmp_path, environ)
    assert "To set it up, type there: python bootstrap.py" in printed
    assert (tmp_path / "my-pipeline" / "tasks" / "get.py").exists()


def test_ci_types_the_test_command() -> None:
    """The line that runs the tests is the one that .ci/run and the workflow type."""
    line = next(line for line in commands(README) if "nox" in line)
    assert line in (TEMPLATE / ".ci" / "run").read_text("utf-8").splitlines()
    assert f"run: {line}\n" in (TEMPLATE / ".github/workflows/ci.yml").read_text("utf-8")


def test_layout() -> None:
    """Everything that the layout names is in a project."""
    layout = match_of(r"(?s)```text\nmy-pipeline/\n(.*?)```", README)[1]
    folder = TEMPLATE / "{{cookiecutter.project_slug}}"
    names = re.findall(r"(?m)^[├└]── (\S+)", layout) + re.findall(
        r"\S+\.(?:yaml|lock|py)\b", layout
    )
    assert len(names) > 10
    for name in names:
        name = name.replace("my_pipeline", "{{cookiecutter.package_name}}")
        assert (folder / name).exists(), name


def test_pictures() -> None:
    """Each picture is made by the script that makes them all, and shown."""
    script = (TEMPLATE / "docs" / "pictures.py").read_text("utf-8")
    made = re.findall(r'DOCS / "(\w+)\.png"|take\(page, "(\w+)"', script)
    shown = re.findall(r"docs/(\w+)\.png", README)
    assert sorted(map("".join, made)) == sorted(shown)
    assert sorted(path.stem for path in (TEMPLATE / "docs").glob("*.png")) == sorted(shown)


def test_questions() -> None:
    """The table of questions has every answer of cookiecutter.json."""
    table = README[README.index("| Question") :]
    for name, value in OPTIONS.items():
        for answer in value if isinstance(value, list) else []:
            assert answer in table, f"{name}: {answer}"


@pytest.fixture(scope="module")
def cloned(set_up: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a clone of a project, with a remote that can be pushed to."""
    project = set_up()
    folder = tmp_path_factory.mktemp("readme")
    remote = folder / "remote.git"
    project.git("init", "--quiet", "--bare", str(remote))
    for line in re.findall(r"`(git (?:remote|push) [^`]*origin [^`]*)`", project.read("README.md")):
        type_in(line.replace("URL", str(remote)), project.path, project.environ)
    project.git("clone", "--quiet", str(remote), str(folder / "clone"))
    return Project(folder / "clone", project.package, project.environ)


def jupyter_answers(project: Project, line: str, environ: dict[str, str]) -> None:
    """Type the line that starts Jupyter, see it answer and say little else, and stop it."""
    # Only what a test has to: no browser, and the superuser may be who runs it.
    config = project.path.parent / "jupyter" / "jupyter_server_config.py"
    config.parent.mkdir(exist_ok=True)
    config.write_text("c.ServerApp.open_browser = False\nc.ServerApp.allow_root = True\n")
    log = config.with_name("log")
    with log.open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=project.path,
            env=environ | {"JUPYTER_CONFIG_DIR": str(config.parent)},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while not re.search(r"http://localhost:\d+/lab\?token=", log.read_text()):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        shown = log.read_text()
        assert "Warning" not in shown and not re.search(r"(?m)^\[[DIWE] ", shown)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


#: Pages whose commands are typed here: the README of a project first, then the manual.
PAGES = [
    "README",
    "AGENTS",
    "docs/tasks",
    "docs/parameters",
    "docs/editors",
    "docs/notebooks-and-git",
    "docs/dependencies",
    "docs/reports",
]


def test_every_page_is_typed(cloned: Project) -> None:
    """A page with commands is typed here, or by the test of what it is about."""
    tests = "".join(path.read_text("utf-8") for path in TEMPLATE.glob("tests/**/test_*.py"))
    ours = {path.relative_to(TEMPLATE): path for path in (TEMPLATE / "docs").glob("*.md")}
    pages = ours | {path.relative_to(cloned.path): path for path in cloned.path.glob("**/*.md")}
    assert len(ours) > 10 and len(pages) > len(ours) + 3
    for name, page in pages.items():
        if commands(page.read_text("utf-8")) and name.with_suffix("").as_posix() not in PAGES:
            assert f'"{name.as_posix()}"' in tests, name


def test_commands_of_a_project(cloned: Project) -> None:
    """The README of a project and the manual, from the first command to the last."""
    manual = [page for page in PAGES if page.startswith("docs/")]
    texts = {page: (read_ours if page in manual else cloned.read)(f"{page}.md") for page in PAGES}
    pages = {page: commands(text) for page, text in texts.items()}
    assert all(pages.values())
    typed = []
    for line in dict.fromkeys(line for lines in pages.values() for line in lines):
        environ = cloned.environ
        if line == "python bootstrap.py":
            line += " --environment current"  # the shared one, which holds the lock already
        if line.startswith("source "):
            continue  # test_set_up.py types this one
        if line == "nbtasks audit":
            continue  # test_audit.py does; what there is to find in the real lock changes daily
        if line.startswith("git add"):
            cloned.write("src/my_pipeline/new.py", '"""New."""\n')
        if line.endswith("jupyter lab"):
            jupyter_answers(cloned, line, environ)
        else:
            type_in(line, cloned.path, environ)
        typed.append(line)
    assert len(typed) >= 15
    # Git has no empty folders: the place to try things out is made by set-up.
    assert (cloned.path / "exploration").is_dir()
    # What was committed has been pushed.
    assert cloned.git("status", "--porcelain", "--branch").startswith(
        "## main...origin/main\n"
    ) or (cloned.git("rev-list", "--count", "origin/main..main") == "0")
    for line in commands(README):
        name = line.split()[0]
        assert "pip install" in line or name in {"jupyter", "ploomber", "python", "git"}
