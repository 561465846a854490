"""Raw data that is too large for git is listed, checked by hash and downloaded."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from conftest import Project
from desk import without_set_up

WHOLE = "data/raw/sample=False/measurements.csv"
LIST = "data/raw/large-files.yaml"


@pytest.fixture(scope="module")
def made(bake: Callable[..., Project], home: Path) -> Project:
    """Return a project in git that all tests share."""
    return without_set_up(bake(example="empty"), home)


@pytest.fixture
def project(made: Project) -> Iterator[Project]:
    """Return the project with a large file; as it was, after the test."""
    made.write(WHOLE, "value\n" + "1\n" * 1000)
    yield made
    made.git("reset", "--quiet", "--hard")
    made.git("clean", "--quiet", "--force", "-d", "-x", "data", "products")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Return the address of a folder that is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Print nothing."""

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def data(project: Project, *arguments: str, code: int = 0) -> str:
    """Type the command; return what it prints."""
    done = project.nbtasks("data", *arguments, check=False)
    assert done.returncode == code, done.stdout
    return done.stdout


def test_a_large_file_is_listed_and_left_out_of_git(project: Project) -> None:
    """Git has the list with its hash, and never the file, were it staged already."""
    project.git("add", WHOLE)
    assert "out of git" in data(project, "add", WHOLE)
    data(project, "add", WHOLE)
    project.git("add", "--all")
    committed = project.git("ls-files").splitlines()
    assert LIST in committed and WHOLE not in committed
    assert set(yaml.safe_load(project.read(LIST))) == {WHOLE}
    assert data(project) == f"{WHOLE}: here\n"


def test_a_missing_file_is_downloaded_and_checked(
    project: Project, address: str, tmp_path: Path
) -> None:
    """What arrives must be the file of the list; another one is not kept."""
    whole = project.path / WHOLE
    content = whole.read_bytes()
    (tmp_path / "served.csv").write_bytes(content)
    data(project, "add", WHOLE, "--url", f"{address}/served.csv")
    whole.unlink()
    place = '"data/raw/sample={{sample}}/measurements.csv"'
    pipeline = project.read("pipeline.yaml").replace("data/raw/example.csv", place)
    project.write("pipeline.yaml", pipeline)
    done = project.nbtasks("status", check=False)
    said = f"The task 'get' reads {WHOLE}, which is missing\nIt is too large for git. To get it:"
    assert done.returncode == 1 and f"{said} nbtasks data\n" in done.stdout
    assert "Traceback" not in done.stdout
    assert f"{WHOLE}: here" in data(project)
    assert whole.read_bytes() == content

    whole.unlink()
    (tmp_path / "served.csv").write_bytes(b"moved")
    assert "another file" in data(project, code=1)
    assert list(whole.parent.iterdir()) == []
    (tmp_path / "served.csv").unlink()
    assert "can't be read" in data(project, code=1)


def test_a_changed_or_absent_file_is_told(project: Project) -> None:
    """A file that is not the one of the list fails the check, and is left alone."""
    data(project, "add", WHOLE)
    project.write(WHOLE, "value\n2\n")
    assert "another file than the list says" in data(project, code=1)
    assert project.read(WHOLE) == "value\n2\n"
    (project.path / WHOLE).unlink()
    assert "ask who put it there" in data(project, code=1)


def test_only_raw_data_is_listed(project: Project) -> None:
    """A file elsewhere, or none, is refused in a sentence."""
    for name in ("README.md", "data/raw/absent.csv"):
        assert "no file in data/raw" in data(project, "add", name, code=1)
