"""Homes that can't be written, branches without hooks, folders elsewhere, copies of a project."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BIN, Project, clean_environ
from desk import FIRST, NOTEBOOK, TASK, Desk

pytestmark = pytest.mark.slow

#: Nobody can write in there, root included.
NO_HOME = "/proc"


def test_in_a_home_that_cannot_be_written_all_works(
    bake: Callable[..., Project], locked_environment: Path, home: Path, uv: Path
) -> None:
    project = bake(example="empty")
    project.environ = clean_environ(
        home, locked_environment / BIN, uv.parent, VIRTUAL_ENV=str(locked_environment), HOME=NO_HOME
    )
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "UV_CACHE_DIR"):
        project.environ.pop(name, None)
    printed = project.run("python", "bootstrap.py", "--environment", "current", "--first-commit")
    assert "Ready" in printed.stdout, printed.stdout

    project.write("tasks/get.py", project.read("tasks/get.py") + "\n# %%\n1 + 1\n")
    project.git("add", "--all")
    project.write("README.md", project.read("README.md") + "\nNot staged\n")
    assert "Traceback" not in project.run("git", "commit", "--message", "Next").stdout
    assert project.git("status", "--short") == "M README.md"
    built = project.run("ploomber", "build").stdout
    assert "Done in" in built and "Traceback" not in built, built
    for words in (("status",), ("sync",), ("picture",)):
        assert "Traceback" not in project.run("nbtasks", *words).stdout
    project.run("python", "-m", "pytest", "-q", "tests")


@pytest.fixture(scope="module")
def lfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the program git-lfs: the machine's, or else Debian's."""
    if found := shutil.which("git-lfs"):
        return Path(found).parent
    folder = tmp_path_factory.mktemp("lfs")
    subprocess.run(["apt-get", "download", "-q", "git-lfs"], cwd=folder, check=True)
    subprocess.run(["dpkg", "-x", next(folder.glob("git-lfs*.deb")), folder], check=True)
    return folder / "usr" / "bin"


@pytest.fixture
def large(hooked: Desk, lfs: Path, tmp_path: Path) -> Project:
    """Return a project with git-lfs, two branches with a large file each, and a bare remote."""
    home = tmp_path / "home"
    shutil.copytree(Path(hooked.environ["GIT_CONFIG_GLOBAL"]).parent, home)
    hooked.environ |= {
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "HOME": str(home),
        "SKIP": "smoke",
        "PATH": f"{lfs}{os.pathsep}{hooked.environ['PATH']}",
    }
    hooked.git("lfs", "install", "--skip-repo")
    hooked.git("lfs", "track", "*.bin")
    for branch in ("one", "two"):
        hooked.git("switch", "--quiet", "--create", branch)
        (hooked.path / f"{branch}.bin").write_bytes(os.urandom(200_000))
        hooked.git("add", "--all")
        hooked.git("commit", "--no-verify", "--message", branch)
    hooked.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    return hooked


def sent(project: Project) -> int:
    """Return how many large files the remote has."""
    remote = project.path.parent / "remote.git" / "lfs" / "objects"
    return sum(path.stat().st_size == 200_000 for path in remote.rglob("*") if path.is_file())


@pytest.mark.parametrize(("branches", "count"), [(["one"], 1), (["one", "two"], 2)])
def test_large_files_are_pushed_with_the_branches(
    large: Desk, branches: list[str], count: int
) -> None:
    large.git("push", "--quiet", "origin", *branches)
    assert sent(large) == count


def test_large_files_are_pushed_by_hooks_that_pre_commit_has_registered(large: Desk) -> None:
    shutil.rmtree(large.path / ".git" / "hooks")
    large.run("python", "-m", "pre_commit", "install")
    large.git("push", "--quiet", "origin", "one")
    assert sent(large) == 1


def test_a_branch_without_hooks_can_be_committed_and_pushed(hooked: Desk, tmp_path: Path) -> None:
    hooked.git("switch", "--quiet", "--orphan", "pages")
    hooked.git("clean", "-fdxq")
    assert not (hooked.path / ".pre-commit-config.yaml").exists()
    hooked.write("index.html", "hello\n")
    hooked.git("add", "index.html")
    hooked.git("commit", "--message", "The pages")
    hooked.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    hooked.git("push", str(tmp_path / "remote.git"), "pages")
    assert hooked.git("--git-dir", str(tmp_path / "remote.git"), "show", "pages:index.html")


def test_folders_that_are_links_to_another_disk_are_not_staged(
    hooked: Desk, tmp_path: Path
) -> None:
    for name in ("products", "notebooks"):
        place, there = hooked.path / name, tmp_path / "disk" / name
        there.parent.mkdir(exist_ok=True)
        shutil.move(place, there) if place.exists() else there.mkdir()
        place.symlink_to(there)
    hooked.git("add", "--all")
    assert hooked.git("status", "--short") == ""
    hooked.edit_script(FIRST, "first = 11\nfirst")
    hooked.git("add", TASK)
    hooked.commit()
    hooked.sync()
    assert "first = 11" in hooked.code() and (tmp_path / "disk" / NOTEBOOK).is_file()


def test_data_files_of_the_package_are_in_what_is_built_and_compiled_files_are_not(
    hooked: Desk, uv: Path
) -> None:
    package = f"src/{hooked.package}"
    hooked.write(f"{package}/queries/birds.sql", "select 1\n")
    hooked.write(f"{package}/words.json", "[]\n")
    hooked.run("python", "-m", "compileall", "-q", package)
    assert [*(hooked.path / package).rglob("*.pyc")]
    hooked.git("add", "--all")
    python = f"{hooked.environ['VIRTUAL_ENV']}/{BIN}/python"
    for kind in ("--wheel", "--sdist"):
        hooked.run(uv, "build", "-q", kind, "--no-build-isolation", "--python", python, "-o", "out")
    wheel, sdist = next(hooked.path.glob("out/*.whl")), next(hooked.path.glob("out/*.tar.gz"))
    shutil.unpack_archive(sdist, hooked.path / "out" / "sdist")
    made = {
        "wheel": set(zipfile.ZipFile(wheel).namelist()),
        "sdist": {path.as_posix() for path in (hooked.path / "out" / "sdist").rglob("*")},
    }
    for kind, names in made.items():
        for file in ("get.py", "queries/birds.sql", "words.json"):
            assert any(name.endswith(f"{hooked.package}/{file}") for name in names), (kind, file)
        assert not [name for name in names if name.endswith(".pyc")], kind


#: What tells whose functions are used.
OWN = "return pd.read_csv(path)"
KERNEL = """
import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3", cwd=sys.argv[1])
client.execute_interactive("import %s.get; print(%s.get.__file__)", timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""
TEST = """
from {package} import get

def test_it():
    assert get.__file__.startswith({folder!r}), get.__file__
"""


def check_own(project: Project) -> None:
    """Check that whatever a project runs uses its own functions, in which a table has 3 rows."""
    file = f"src/{project.package}/get.py"
    text = project.read(file)
    assert OWN in text
    project.write(file, text.replace(OWN, f"{OWN}.head(3)"))
    project.run("ploomber", "build")
    made = "products/development/sample=False/get.parquet"
    code = f"import pandas; print(len(pandas.read_parquet({made!r})))"
    assert project.run("python", "-c", code).stdout.strip() == "3"
    project.write(file, text.replace(OWN, f"{OWN}.head(2)"))
    assert f"will run: {file}" in project.run("nbtasks", "status").stdout
    folder = str(project.path)
    project.write("tests/test_own.py", TEST.format(package=project.package, folder=folder))
    project.run("python", "-m", "pytest", "-q", "tests/test_own.py")
    project.run("pytest", "-q", "tests/test_own.py")
    for place in ("tasks", "notebooks"):
        (project.path / place).mkdir(exist_ok=True)
        code = KERNEL % (project.package, project.package)
        shown = project.run("python", "-c", code, str(project.path / place), cwd=Path("/")).stdout
        assert shown.strip().endswith(str(project.path / file)), shown


def test_a_project_that_is_copied_with_its_environment_uses_its_own_functions(
    bake: Callable[..., Project], environ: dict[str, str], tmp_path: Path
) -> None:
    project = bake(example="empty")
    project.environ = environ
    project.run("python", "bootstrap.py", "--environment", "venv", "--first-commit")
    shutil.copytree(project.path, tmp_path / "copy", symlinks=True)
    venv = tmp_path / "copy" / ".venv"
    path = f"{venv / BIN}{os.pathsep}{environ['PATH']}"
    check_own(Project(venv.parent, project.package, environ | {"PATH": path}))


def test_of_two_projects_in_one_environment_each_uses_its_own_functions(
    set_up: Callable[..., Project],
) -> None:
    first, second = set_up(example="empty"), set_up(example="empty")
    assert first.package == second.package
    check_own(first)
    check_own(second)


def test_what_ploomber_reads_first_is_refused_in_a_sentence(hooked: Desk) -> None:
    pipeline = hooked.read("pipeline.yaml")
    for text, says in {
        f"{pipeline}\n  - *none\n": "found undefined alias 'none'",
        pipeline.replace("tasks/get.py", f"{hooked.package}.get.gone"): "has no function gone",
        pipeline.replace("tasks/get.py", "tasks/got.py"): "Did you mean tasks/",
    }.items():
        hooked.write("pipeline.yaml", text)
        for command in ("build", "status", "plot"):
            done = hooked.run("ploomber", command, check=False)
            assert done.returncode == 1 and says in done.stdout, done.stdout
            assert done.stdout.splitlines()[1].startswith("Error: pipeline.yaml")
            assert len(done.stdout.splitlines()) == 2, done.stdout
    hooked.write("pipeline.yaml", pipeline)
    hooked.write("env.yaml", hooked.read("env.yaml") + "\tseed: 2\n")
    assert "\nError: env.yaml, line " in hooked.run("ploomber", "build", check=False).stdout
