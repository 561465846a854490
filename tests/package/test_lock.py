"""The lock is what requirements.txt and pyproject.toml ask for, and a package is one command."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Project, match_of
from desk import committed, copy_of
from test_requirements import ESCAPES, OFFLINE

from nbtasks.environment import add
from nbtasks.environment.lock import read_versions

pytestmark = pytest.mark.filterwarnings(*ESCAPES)

#: A package of few lines that the project does not need.
SMALL = "cowsay"
OTHER = "toposort"
#: uv knows neither what it has downloaded before nor what is on PyPI.
NOTHING = {**OFFLINE, "UV_OFFLINE": "1", "UV_NO_CACHE": "1"}


@pytest.fixture(scope="module")
def base(bake: Callable[..., Project]) -> Project:
    """Return a project that is committed; nothing of it is installed."""
    return committed(bake())


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    return copy_of(base, tmp_path)


def nbtasks(project: Project, *arguments: str, **environ: Any) -> tuple[int, str]:
    """Return the exit code of a command, and what it prints, uv's words too."""
    done = project.nbtasks(*arguments, check=False, **environ)
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def append(project: Project, name: str, line: str) -> None:
    """Add a line to a file."""
    project.write(name, project.read(name) + line + "\n")


@pytest.mark.parametrize("example", ["penguins", "empty"])
@pytest.mark.parametrize("cluster", ["none", "slurm"])
@pytest.mark.parametrize("oldest_python", ["3.11", "3.13"])
def test_a_new_project_has_a_lock_that_fits(
    bake: Callable[..., Project], example: str, cluster: str, oldest_python: str
) -> None:
    """It holds what these answers need, so that the first lock of a user changes nothing."""
    new = bake(example=example, cluster=cluster, oldest_python=oldest_python)
    assert nbtasks(new, "lock", "--check", **NOTHING) == (0, "")
    before = new.read("requirements.lock")
    printed = nbtasks(new, "lock")[1]
    assert "requirements.lock: 0 of " in printed, printed
    assert new.read("requirements.lock") == before
    # What the serializers of Ploomber's function tasks fall back to.
    assert "\njoblib==" in before and "\ncloudpickle==" in before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "# one\n\na>=1  # b\nb\n",
        "a==1 \\\n  --hash=sha256:0\r\nb",
        "a \\\n",
        "\n\n\ta\n",
    ],
)
def test_no_line_of_requirements_is_lost_on_the_way(text: str) -> None:
    assert b"".join(add.blocks(text.encode())) == text.encode()


@pytest.mark.parametrize("line", ["Cow_Say", "cow-say>=5  # why", "cow.say[x] \\\n    >=5"])
def test_remove_takes_out_the_line_of_a_package_and_no_other(line: str) -> None:
    rest = "# Said of the next\n# cow-say is fun\nsix\ncow-say-more\n-r other.txt\n"
    data = rest.replace("# cow", f"{line}\n# cow").encode()
    kept = [block for block in add.blocks(data) if add.asks_for(block) != {"cow-say"}]
    assert b"".join(kept) == rest.encode()


def test_what_is_not_there_cannot_be_removed(project: Project) -> None:
    before = project.files(), project.read("requirements.txt")
    says = "Not in requirements.txt: absent. Nothing was changed.\n"
    assert nbtasks(project, "remove", "pandas", "absent") == (1, says)
    assert (project.files(), project.read("requirements.txt")) == before


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
    project: Project, line: str, says: str | None
) -> None:
    append(project, "requirements.txt", line)
    code, printed = nbtasks(project, "lock", "--check", **NOTHING)
    assert code == (1 if says else 0)
    assert re.search(says or "^$", printed), printed
    assert not says or "Next: nbtasks lock, then python bootstrap.py" in printed


@pytest.mark.parametrize("line", ["-e ../library", "birds @ file:../library", "../library"])
def test_a_folder_is_locked_as_one(project: Project, line: str) -> None:
    project.write("../library/pyproject.toml", '[project]\nname = "birds"\nversion = "1"\n')
    append(project, "requirements.txt", line)
    assert "birds is not in it" in nbtasks(project, "lock", "--check", **NOTHING)[1]
    code, printed = nbtasks(project, "lock")
    assert code == 0, printed
    assert nbtasks(project, "lock", "--check", **NOTHING) == (0, "")


def test_what_a_group_asks_for_and_is_not_locked_is_said(project: Project) -> None:
    text = project.read("pyproject.toml").replace('"ruff>=', '"ruff>=99",\n  "ruff>=')
    project.write("pyproject.toml", text)
    assert "asked for is ruff>=99" in nbtasks(project, "lock", "--check", **NOTHING)[1]


def test_two_locks_conflict_and_one_command_makes_one_of_them(project: Project) -> None:
    """A merge of two locks is a conflict, whatever lines they differ in."""
    project.git("checkout", "--quiet", "-b", "theirs")
    append(project, "requirements.txt", f"{SMALL}>=5")
    code, printed = nbtasks(project, "lock")
    assert code == 0 and f"  + {SMALL} " in printed, printed
    project.git("commit", "--quiet", "--all", "--message", "Theirs")
    project.git("checkout", "--quiet", "main")
    lock = project.read("requirements.lock")  # any other has another seal
    project.write("requirements.lock", re.sub(r"(?m)^# What follows.*", "# What follows: 0", lock))
    project.git("commit", "--quiet", "--all", "--message", "Ours")
    merged = project.run("git", "merge", "theirs", check=False).stdout
    assert "CONFLICT (content): Merge conflict in requirements.lock" in merged
    assert "it has a merge conflict" in nbtasks(project, "lock", "--check")[1]
    code, printed = nbtasks(project, "lock")
    assert code == 0, printed
    assert "<<<<<<<" not in project.read("requirements.lock")
    assert f"\n{SMALL}==" in project.read("requirements.lock")
    assert nbtasks(project, "lock", "--check", **NOTHING) == (0, "")


def test_a_lock_that_agrees_line_by_line_and_is_wrong_is_noticed(project: Project) -> None:
    """What was written by hand, or by a merge, is resolved again."""
    lock = project.read("requirements.lock")
    block = match_of(r"(?m)^narwhals==\S+(?: \\\n {4}\S+)+\n", lock)[0]
    project.write("requirements.lock", lock.replace(block, ""))
    code, printed = nbtasks(project, "lock", "--check")
    assert code == 1
    assert re.search(r"narwhals [\d.]+ would fit, in it is none", printed), printed
    assert nbtasks(project, "lock", "--check", **NOTHING)[0] == 1  # who knows


def test_the_lock_says_in_few_lines_what_changed(project: Project) -> None:
    nbtasks(project, "lock")
    before = project.read("requirements.lock")
    code, printed = nbtasks(project, "lock")
    assert code == 0 and project.read("requirements.lock") == before
    assert re.match(r"requirements.lock: 0 of \d+ packages differ\n", printed)
    assert len(printed.splitlines()) == 2
    project.write(
        "requirements.lock",
        re.sub(r"(?m)^(narwhals|plotly)==\S+", lambda match: f"{match[1]}==0.0.1", before),
    )
    code, printed = nbtasks(project, "lock", "--upgrade", "narwhals", "plotly")
    assert code == 0
    assert re.search(r"(?m)^    narwhals 0\.0\.1 -> \d", printed), printed
    assert re.search(r"(?m)^    plotly 0\.0\.1 -> \d", printed), printed
    assert len(printed.splitlines()) < 10
    assert "--hash=sha256" in project.read("requirements.lock")


def test_another_version_of_nbtasks_changes_no_version_that_it_does_not_need(
    project: Project,
) -> None:
    """An update brings a wheel and asks for it; what stands beside it in the lock stays."""
    append(project, "requirements.txt", f"{SMALL}<6")
    assert nbtasks(project, "lock")[0] == 0
    project.write("requirements.txt", project.read("requirements.txt").replace(f"{SMALL}<6", SMALL))
    before = read_versions(project.read("requirements.lock"))
    assert before[SMALL][0].startswith("5.")  # 6 is out
    wheel = next((project.path / "vendor").glob("*.whl"))
    with_another_version(wheel, before["nbtasks"][0], "2099.1+0a1b2c3d", f"{OTHER}>=0.1")
    asked = project.read("pyproject.toml").replace(before["nbtasks"][0], "2099.1+0a1b2c3d")
    project.write("pyproject.toml", asked)
    assert "nbtasks 2027" in nbtasks(project, "lock", "--check")[1]
    code, printed = nbtasks(project, "lock")
    assert code == 0, printed
    after = read_versions(project.read("requirements.lock"))
    assert after[OTHER]
    assert after == before | {"nbtasks": ["2099.1+0a1b2c3d"], OTHER: after[OTHER]}


def with_another_version(wheel: Path, old: str, new: str, needs: str) -> None:
    """Replace a wheel by one of another version, that needs one package more."""
    target = wheel.with_name(wheel.name.replace(old, new))
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name.endswith("METADATA"):
                text = data.decode().replace(f"Version: {old}", f"Version: {new}")
                text = text.replace("Requires-Dist:", f"Requires-Dist: {needs}\nRequires-Dist:", 1)
                data = text.encode()
            after.writestr(name.replace(old, new), data)
    wheel.unlink()


@pytest.mark.parametrize(
    ("word", "environ", "says"),
    [
        ("no-such-package-at-all", {}, "stays as it was"),
        ("yaml", {}, "The package of the module yaml is probably called pyyaml"),
        ("jose", NOTHING, "of the module jose is probably called python-jose, not jose"),
        ("pandas<", {}, "'pandas<' is no name of a package"),
        ("pandas", {}, "In requirements.txt already: pandas"),
        (SMALL, NOTHING, "stays as it was"),
    ],
    ids=json.dumps,
)
def test_add_changes_nothing_when_it_fails(
    project: Project, word: str, environ: dict[str, str], says: str
) -> None:
    code, printed = nbtasks(project, "add", word, **environ)
    assert code != 0 and says in printed, printed
    assert project.git("status", "--porcelain") == ""


def test_what_ploomber_does_without_is_not_locked(project: Project) -> None:
    """All else may be the newest: a second front end, and a grammar that takes 2 s, are not in."""
    names = ["ipykernel", "jsonschema", "networkx", "notebook"]
    code, printed = nbtasks(project, "lock", "--upgrade", *names)
    assert code == 0, printed
    locked = read_versions(project.read("requirements.lock"))
    newest = {name: tuple(map(int, locked[name][0].split(".")[:2])) for name in names}
    assert newest["ipykernel"] >= (7, 3)
    assert newest["jsonschema"] >= (4, 25)
    assert newest["networkx"] >= (3, 6)
    assert newest["notebook"] == (6, 4)
    assert not {"rfc3987-syntax", "nbclassic"} & set(locked)
    append(project, "requirements.txt", "notebook>=7\njsonschema[format-nongpl]")
    code, printed = nbtasks(project, "lock")
    assert code == 0, printed
    locked = read_versions(project.read("requirements.lock"))
    assert locked["notebook"][0] >= "7" and "rfc3987-syntax" in locked
