"""The lock is what requirements.txt and pyproject.toml ask for, and a package is one command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from conftest import Project
from test_requirements import OFFLINE

pytestmark = pytest.mark.slow

#: A package of few lines that the project does not need.
SMALL = "cowsay"
#: uv knows neither what it has downloaded before nor what is on PyPI.
NOTHING = {**OFFLINE, "UV_OFFLINE": "1", "UV_NO_CACHE": "1"}


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project that is set up, with all that the lock names."""
    return set_up()


@pytest.fixture
def clean(project: Project) -> Iterator[Project]:
    """Return the project, and put it back afterwards as it was."""
    start = project.git("rev-parse", "HEAD")
    yield project
    hooks = ("-c", "core.hooksPath=.no-hooks")
    project.git(*hooks, "checkout", "--quiet", "--force", "main")
    project.git(*hooks, "reset", "--quiet", "--hard", start)


def tools(project: Project, *arguments: str, **environ: str) -> tuple[int, str]:
    """Return the exit code of a command, and what it prints."""
    done = project.run("nbtasks", *arguments, check=False, **environ)
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def append(project: Project, name: str, line: str) -> None:
    """Add a line to a file."""
    project.write(name, project.read(name) + line + "\n")


@pytest.mark.parametrize("example", ["penguins", "empty"])
def test_a_new_project_has_a_lock_that_fits(
    bake: Callable[..., Project], project: Project, example: str
) -> None:
    new = bake(example=example)
    new.environ = project.environ
    assert tools(new, "lock", "--check", **NOTHING) == (0, "")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("pandas<2", r"pandas [\d., ]+ is in it, asked for is pandas<2"),
        (SMALL, f"{SMALL} is not in it"),
        ("pandas[mysql]", r"pymysql is not in it, asked for is pandas\[mysql\]"),
        ("PyYAML>=5 ; python_version > '3'", None),
        ("scikit.learn", None),
    ],
)
def test_what_is_asked_for_and_not_locked_is_said(
    clean: Project, line: str, says: str | None
) -> None:
    append(clean, "requirements.txt", line)
    code, printed = tools(clean, "lock", "--check", **NOTHING)
    assert code == (1 if says else 0)
    assert re.search(says or "^$", printed), printed
    assert not says or "Next: nbtasks lock, then python bootstrap.py" in printed


def test_what_a_group_asks_for_and_is_not_locked_is_said(clean: Project) -> None:
    text = clean.read("pyproject.toml").replace('"ruff>=', '"ruff>=99",\n  "ruff>=')
    clean.write("pyproject.toml", text)
    assert "asked for is ruff>=99" in tools(clean, "lock", "--check", **NOTHING)[1]


def test_two_locks_conflict_and_one_command_makes_one_of_them(clean: Project) -> None:
    """A merge of two locks is a conflict, whatever lines they differ in."""
    git = ("-c", "core.hooksPath=.no-hooks")  # they take their time
    clean.git(*git, "checkout", "--quiet", "-b", "theirs")
    append(clean, "requirements.txt", f"{SMALL}>=5")
    code, printed = tools(clean, "lock")
    assert code == 0 and f"  + {SMALL} " in printed, printed
    clean.git(*git, "commit", "--quiet", "--all", "--message", "Theirs")
    clean.git(*git, "checkout", "--quiet", "main")
    lock = clean.read("requirements.lock")  # any other has another seal
    clean.write("requirements.lock", re.sub(r"(?m)^# What follows.*", "# What follows: 0", lock))
    clean.git(*git, "commit", "--quiet", "--all", "--message", "Ours")
    merged = clean.run("git", *git, "merge", "theirs", check=False).stdout
    assert "CONFLICT (content): Merge conflict in requirements.lock" in merged
    assert "it has a merge conflict" in tools(clean, "lock", "--check")[1]
    code, printed = tools(clean, "lock")
    assert code == 0, printed
    assert "<<<<<<<" not in clean.read("requirements.lock")
    assert f"\n{SMALL}==" in clean.read("requirements.lock")
    assert tools(clean, "lock", "--check", **NOTHING) == (0, "")


def test_a_lock_that_agrees_line_by_line_and_is_wrong_is_noticed(clean: Project) -> None:
    """What was written by hand, or by a merge, is resolved again."""
    lock = clean.read("requirements.lock")
    block = re.search(r"(?m)^narwhals==\S+(?: \\\n {4}\S+)+\n", lock)[0]
    clean.write("requirements.lock", lock.replace(block, ""))
    code, printed = tools(clean, "lock", "--check")
    assert code == 1
    assert re.search(r"narwhals [\d.]+ would fit, in it is none", printed), printed
    assert tools(clean, "lock", "--check", **NOTHING)[0] == 1  # who knows
    clean.git("commit", "--quiet", "--all", "--no-verify", "--message", "By hand")
    done = clean.run("git", "commit", "--amend", "--no-edit", check=False)
    assert "would fit, in it is none" in done.stdout, done.stdout


def test_the_lock_says_in_few_lines_what_changed(clean: Project) -> None:
    tools(clean, "lock")
    before = clean.read("requirements.lock")
    code, printed = tools(clean, "lock")
    assert code == 0 and clean.read("requirements.lock") == before
    assert re.match(r"requirements.lock: 0 of \d+ packages differ\n", printed)
    assert len(printed.splitlines()) == 2
    clean.write(
        "requirements.lock",
        re.sub(r"(?m)^(narwhals|plotly)==\S+", lambda match: f"{match[1]}==0.0.1", before),
    )
    code, printed = tools(clean, "lock", "--upgrade", "narwhals", "plotly")
    assert code == 0
    assert re.search(r"(?m)^    narwhals 0\.0\.1 -> \d", printed), printed
    assert re.search(r"(?m)^    plotly 0\.0\.1 -> \d", printed), printed
    assert len(printed.splitlines()) < 10
    assert "--hash=sha256" in clean.read("requirements.lock")


def test_add_changes_requirements_lock_and_environment(clean: Project) -> None:
    before = clean.read("requirements.txt")
    code, printed = tools(clean, "add", SMALL)
    assert code == 0, printed
    version = clean.run("python", "-c", f"import {SMALL}; print({SMALL}.__version__)").stdout
    assert clean.read("requirements.txt") == before + f"{SMALL}>={version.strip()}\n"
    assert f"  + {SMALL} {version.strip()}" in printed
    assert f"\n{SMALL}=={version.strip()} \\\n" in clean.read("requirements.lock")
    assert tools(clean, "lock", "--check", **NOTHING) == (0, "")
    assert f"  {SMALL}\n" in tools(clean, "requirements")[1]  # nothing imports it yet
    assert tools(clean, "add", SMALL)[0] == 1
    assert clean.read("requirements.txt").count(SMALL) == 1


@pytest.mark.parametrize(
    ("word", "environ", "says"),
    [
        ("no-such-package-at-all", {}, "stays as it was"),
        ("yaml", {}, "The package of the module yaml is probably called pyyaml"),
        ("pandas<", {}, "'pandas<' is no name of a package"),
        ("pandas", {}, "In requirements.txt already: pandas"),
        (SMALL, NOTHING, "stays as it was"),
    ],
    ids=json.dumps,
)
def test_add_changes_nothing_when_it_fails(
    clean: Project, word: str, environ: dict[str, str], says: str
) -> None:
    code, printed = tools(clean, "add", word, **environ)
    assert code != 0 and says in printed, printed
    assert clean.git("status", "--porcelain") == ""
