"""In a project that is set up: the hooks look at dependencies, and adding one installs it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
from conftest import Project, match_of

pytestmark = pytest.mark.slow

#: A package of few lines that the project does not need.
SMALL = "cowsay"


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project that is set up, with all that the lock names."""
    return set_up()


@pytest.fixture
def clean(project: Project) -> Iterator[Project]:
    """Return the project, and put it back afterwards as it was."""
    start = project.git("rev-parse", "HEAD")
    yield project
    project.git("-c", "core.hooksPath=.no-hooks", "reset", "--quiet", "--hard", start)


def test_a_commit_with_an_undeclared_import_is_refused(clean: Project) -> None:
    clean.write("src/my_pipeline/new.py", '"""New."""\n\nimport polars\n\nx = polars\n')
    clean.git("add", "--all")
    done = clean.run("git", "commit", "--message", "New", check=False)
    assert done.returncode == 1
    assert "requirements.txt lacks what the code imports:\n  polars " in done.stdout, done.stdout
    assert "nbtasks add polars" in done.stdout and "Warning" not in done.stdout


def test_a_commit_with_a_lock_written_by_hand_is_refused(clean: Project) -> None:
    lock = clean.read("requirements.lock")
    block = match_of(r"(?m)^narwhals==\S+(?: \\\n {4}\S+)+\n", lock)[0]
    clean.write("requirements.lock", lock.replace(block, ""))
    done = clean.run("git", "commit", "--all", "--message", "By hand", check=False)
    assert done.returncode == 1
    assert re.search(r"narwhals [\d.]+ would fit, in it is none", done.stdout), done.stdout
    assert "Next: nbtasks lock, then python bootstrap.py" in done.stdout


def test_add_changes_requirements_lock_and_environment(clean: Project) -> None:
    before = clean.read("requirements.txt")
    printed = clean.run("nbtasks", "add", SMALL).stdout
    version = clean.run("python", "-c", f"import {SMALL}; print({SMALL}.__version__)").stdout
    assert clean.read("requirements.txt") == before + f"{SMALL}>={version.strip()}\n"
    assert f"  + {SMALL} {version.strip()}" in printed
    assert f"\n{SMALL}=={version.strip()} \\\n" in clean.read("requirements.lock")
    assert clean.run("nbtasks", "lock", "--check", UV_OFFLINE="1", UV_NO_CACHE="1").stdout == ""
    unused = clean.run("nbtasks", "requirements", check=False).stdout
    assert f"  {SMALL}\n" in unused  # nothing imports it yet
    assert clean.run("nbtasks", "add", SMALL, check=False).returncode == 1
    assert clean.read("requirements.txt").count(SMALL) == 1


def test_add_says_what_the_package_does_not_hold(clean: Project) -> None:
    """Its name is like that of the module, and yet it brings another one."""
    clean.write("src/my_pipeline/new.py", "import python_slugify\n")
    printed = clean.run("nbtasks", "requirements", check=False).stdout
    assert "python_slugify: probably a package of the same name; see https://pypi.org" in printed
    done = clean.run("nbtasks", "add", "python-slugify", check=False)
    assert done.returncode == 1
    assert (
        "python-slugify is installed, and does not hold the module python_slugify, which\n"
        "src/my_pipeline/new.py imports. It holds: slugify." in done.stdout
    )
    (clean.path / "src" / "my_pipeline" / "new.py").unlink()


def test_a_folder_beside_the_project_is_installed(clean: Project) -> None:
    """Requirements that are no names go into the environment, and into no wheel."""
    clean.write("../birds/pyproject.toml", '[project]\nname = "birds"\nversion = "1"\n')
    clean.write("../birds/birdsong.py", "song = 'peep'\n")
    clean.write("src/my_pipeline/new.py", "import birdsong\n")
    clean.write("requirements.txt", clean.read("requirements.txt") + "-e ../birds\n")
    clean.run("nbtasks", "lock")
    clean.run("python", "bootstrap.py", "--environment", "current")
    assert clean.run("nbtasks", "requirements").stdout == ""
    code = "from my_pipeline.new import birdsong; print(birdsong.song)"
    assert clean.run("python", "-c", code).stdout == "peep\n"
    clean.run("uv", "build", "--quiet", "--out-dir", "dist", ".")
    wheel = next((clean.path / "dist").glob("*.whl"))
    with zipfile.ZipFile(wheel) as built:
        name = next(name for name in built.namelist() if name.endswith("METADATA"))
        needs = re.findall(r"(?m)^Requires-Dist: ([\w-]+)", built.read(name).decode())
    assert "pandas" in needs and "birds" not in needs
    (clean.path / "src" / "my_pipeline" / "new.py").unlink()
