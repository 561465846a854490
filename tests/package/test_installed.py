"""An environment with another version of the package than the project locks is not used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import TEMPLATE, Project, forget
from traitlets.config.loader import PyFileConfigLoader

from nbtasks.__main__ import BEFORE_SETUP, COMMANDS
from nbtasks.engine import executor
from nbtasks.errors import Refusal

LOCKED, OTHER = "2027.1+aaaaaaaa", "2027.1+bbbbbbbb"
SENTENCE = (
    f"This environment has nbtasks {OTHER}, and requirements.lock asks for {LOCKED}. "
    "Next: python bootstrap.py"
)
Install = Callable[..., None]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project that locks a version."""
    project = Project(tmp_path / "project", "birds", {"PATH": ""})
    project.write("pipeline.yaml", "tasks: []\n")
    project.write("pyproject.toml", "[tool.nbtasks]\n")
    lock = f"numpy==2.0 \\\n    --hash=sha256:1\nnbtasks=={LOCKED} \\\n    --hash=sha256:2\n"
    project.write("requirements.lock", lock)
    return project


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that puts what is known of an installed version first on the path."""
    place = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(place)

    def install(version: str, editable: bool = False) -> None:
        shutil.rmtree(place, ignore_errors=True)
        about = place / f"nbtasks-{version}.dist-info"
        about.mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: nbtasks\nVersion: {version}\n"
        (about / "METADATA").write_text(text, "utf-8")
        if editable:
            origin = {"url": "file:///sources", "dir_info": {"editable": True}}
            (about / "direct_url.json").write_text(json.dumps(origin), "utf-8")
        forget()

    yield install
    forget()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_in_a_sentence_what_to_type(
    project: Project, install: Install, name: str
) -> None:
    """Not one that makes environment and lock agree again."""
    install(OTHER)
    done = project.nbtasks(name, "--help", check=False)
    if name in BEFORE_SETUP:
        assert done.returncode == 0 and SENTENCE not in done.stdout
    else:
        assert (done.returncode, done.stdout) == (1, SENTENCE + "\n")


def test_a_build_is_refused_before_it_begins(
    project: Project, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.path)
    install(OTHER)
    with pytest.raises(Refusal) as refused:
        executor.Executor()
    assert str(refused.value) == SENTENCE


def test_jupyterlab_is_refused_as_it_starts(
    project: Project, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the file that set-up copies to the environment, read as Jupyter reads it."""
    settings = PyFileConfigLoader(
        "jupyter_server_config.py", path=str(TEMPLATE / "src" / "nbtasks" / "editors")
    )
    monkeypatch.chdir(project.path)
    install(OTHER)
    with pytest.raises(SystemExit) as refused:
        settings.load_config()
    assert refused.value.code == SENTENCE
    install(LOCKED)
    manager = settings.load_config().ServerApp.contents_manager_class
    assert manager == "nbtasks.engine.contents.ContentsManager"


@pytest.mark.parametrize("installed", [(LOCKED, False), (OTHER, True)], ids=["locked", "editable"])
def test_the_locked_version_and_a_folder_of_sources_are_used(
    project: Project, install: Install, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, bool]
) -> None:
    install(*installed)
    assert project.nbtasks("sync").stdout == ""
    monkeypatch.chdir(project.path)
    forget()
    assert executor.Executor().workers == 1


@pytest.mark.parametrize("lock", [None, "numpy==2.0\n"], ids=["no lock", "not in the lock"])
def test_without_a_locked_version_any_is_used(
    project: Project, install: Install, lock: str | None
) -> None:
    (project.path / "requirements.lock").unlink()
    if lock:
        project.write("requirements.lock", lock)
    install(OTHER)
    assert project.nbtasks("sync").stdout == ""
