"""A package from another index goes through add, lock and set-up, and out again by remove."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import BIN, Project, clean_environ, generate

pytestmark = pytest.mark.slow

#: PyPI has no such package; its version has the end of those of PyTorch's index.
OURS, VERSION = "nbtasks-try-torch", "2.1+cpu"
SOURCES = """
[[tool.uv.index]]
name = "wheels"
url = "{url}"
explicit = true

[tool.uv.sources]
nbtasks-try-torch = {{ index = "wheels" }}
"""


def put(folder: Path, name: str, version: str, needs: str = "") -> None:
    """Put a wheel into a folder that is served as an index (PEP 503)."""
    module, here = name.replace("-", "_"), folder / name
    here.mkdir(parents=True)
    about = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": f"version = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{about}/RECORD"])
    wheel = here / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for file, text in files.items():
            packed.writestr(file, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (here / "index.html").write_text(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>')


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve an index: a package, and an old one of what that needs, as PyTorch's has."""
    folder = tmp_path_factory.mktemp("index")
    put(folder, OURS, VERSION, "Requires-Dist: toposort\n")
    put(folder, "toposort", "0.1")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Project:
    """Return a project with an environment of its own."""
    folder = tmp_path_factory.mktemp("own")
    done = generate(folder, clean_environ(home), example="empty")
    assert "Ready, in" in done.stdout, done.stdout
    path = folder / "my-pipeline"
    return Project(path, "my_pipeline", clean_environ(home, path / ".venv" / BIN))


def imported(project: Project, module: str) -> str:
    """Return what Python says of the version of a module."""
    code = f"import {module} as m; print(getattr(m, 'version', m.__file__))"
    return project.run("python", "-c", code, check=False).stdout.strip()


def test_a_package_of_another_index_comes_and_goes(project: Project, index: str) -> None:
    before = {name: project.read(name) for name in ("requirements.txt", "requirements.lock")}
    project.write("pyproject.toml", project.read("pyproject.toml") + SOURCES.format(url=index))
    assert (
        f"--extra-index-url {index}"
        in project.run("nbtasks", "lock", "--check", check=False).stdout
    )
    printed = project.run("nbtasks", "add", OURS).stdout
    assert f"  + {OURS} {VERSION}\n  + toposort " in printed
    assert "requirements.lock: 2 of " in printed  # and no other
    assert project.read("requirements.txt") == before["requirements.txt"] + f"{OURS}>=2.1\n"
    lock = project.read("requirements.lock")
    assert f"\n--extra-index-url {index}\n" in lock and f"\n{OURS}=={VERSION} \\\n" in lock
    assert "toposort==0.1" not in lock  # PyPI has a newer one, and is asked for what is not named
    assert imported(project, "nbtasks_try_torch") == VERSION
    assert project.run("nbtasks", "lock", "--check").stdout == ""

    # Whoever clones it.
    project.run("uv", "pip", "uninstall", OURS, "toposort", VIRTUAL_ENV=str(project.path / ".venv"))
    project.run("python", "bootstrap.py")
    assert imported(project, "nbtasks_try_torch") == VERSION

    project.write("src/my_pipeline/new.py", "import nbtasks_try_torch\n")
    printed = project.run("nbtasks", "remove", OURS).stdout
    assert f"  Not in requirements.lock, so uninstalled: {OURS}, toposort\n" in printed
    assert "It is still imported by src/my_pipeline/new.py" in printed
    assert project.read("requirements.txt") == before["requirements.txt"]
    assert "ModuleNotFoundError" in imported(project, "nbtasks_try_torch")


def test_what_the_lock_never_named_leaves_the_own_environment_only(
    project: Project, home: Path, tmp_path: Path, uv: Path
) -> None:
    install: list[Any] = [uv, "pip", "install", "--quiet", "toposort", "--python"]
    project.run(*install, project.path / ".venv")
    printed = project.run("python", "bootstrap.py").stdout
    assert "  Not in requirements.lock, so uninstalled: toposort\n" in printed
    assert "uninstall" not in project.run("python", "bootstrap.py").stdout

    venv = tmp_path / "shared"
    project.run(uv, "venv", "--quiet", venv)
    project.run(*install, venv)
    shared = Project(project.path, "", clean_environ(home, venv / BIN, VIRTUAL_ENV=str(venv)))
    printed = shared.run("python", "bootstrap.py", "--environment", "current").stdout
    assert "and left alone, as this is no .venv of the project: toposort\n" in printed
    assert "toposort" in imported(shared, "toposort")
