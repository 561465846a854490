"""Build the environment: the packages of requirements.lock, the project, the settings."""

from __future__ import annotations

import os
import pkgutil
import re
import shutil
import sys
from pathlib import Path

from nbtasks.project import root
from nbtasks.set_up.commands import WINDOWS, SetupError, ask, watch, works
from nbtasks.set_up.packages import find_uv, fingerprint_of_lock, install

# A file in the environment that says where it was made and, once all is installed, from what.
NOTE = "bootstrap.txt"

# Files of our folder editors/ -> where in the environment JupyterLab and IPython look for them.
SETTINGS = {
    "ipython_config.py": "etc/ipython/ipython_config.py",
    "ipython_kernel_config.py": "etc/ipython/ipython_kernel_config.py",
    "jupyter_server_config.py": "etc/jupyter/jupyter_server_config.py",
    "overrides.json5": "share/jupyter/lab/settings/overrides.d/nbtasks.json5",
    "page_config.json": "etc/jupyter/labconfig/page_config.d/nbtasks.json",
    "package.json": "share/jupyter/labextensions/tasks-as-notebooks/package.json",
    "tasks_as_notebooks.js": "share/jupyter/labextensions/tasks-as-notebooks/static/open.js",
}

# Our files -> where .vscode/settings.json of a project says that they are.
SCHEMAS = {
    "pipeline/schemas/pipeline.json": ".vscode/pipeline.schema.json",
    "pipeline/schemas/env.json": ".vscode/env.schema.json",
}


def oldest_python() -> tuple[int, int]:
    """Return the oldest Python that the project supports, as pyproject.toml says: (3, 11)."""
    text = (root() / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'(?m)^requires-python *= *">=(\d+)\.(\d+)', text)
    if not found:
        raise SetupError('pyproject.toml lacks the line: requires-python = ">=3.11"')
    return int(found.group(1)), int(found.group(2))


def oldest() -> str:
    """Return the oldest Python that the project supports, as people write it."""
    return ".".join(map(str, oldest_python()))


def python_of(prefix: Path) -> Path | None:
    """Return the interpreter of an environment, a venv or a conda one."""
    places = ["Scripts/python.exe", "python.exe"] if WINDOWS else ["bin/python"]
    return next((prefix / place for place in places if (prefix / place).exists()), None)


def is_new_enough(python: Path) -> bool:
    """Tell whether an interpreter works and is not older than the oldest supported."""
    return works(python, "-c", f"import sys; sys.exit(sys.version_info < {oldest_python()})")


def find_current() -> Path:
    """Return the interpreter of the environment that is active."""
    # Not the one that runs this file: that may be the environment of cookiecutter.
    prefix = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    python = python_of(Path(prefix)) if prefix else None
    if python is None:
        raise SetupError("no environment is active: activate yours (conda activate NAME) first")
    if not is_new_enough(python):
        raise SetupError(f"{python} is older than Python {oldest()}, the oldest supported")
    return python


def read_note(prefix: Path) -> list[str]:
    """Return where an environment was made and, if all was installed, the lock's fingerprint."""
    note = prefix / NOTE
    return note.read_text(encoding="utf-8").splitlines() if note.exists() else []


def find_venv(venv: Path) -> Path | None:
    """Return the interpreter of .venv if it is whole; refuse one that was moved."""
    python, note = python_of(venv), read_note(venv)
    if python and note and note[0] != str(venv):
        raise SetupError(f"{venv} was made in another folder and can't move: delete it, try again")
    if python is None or len(note) != 2 or not is_new_enough(python):
        return None
    return python if find_uv(python) or works(python, "-m", "pip", "--version") else None


def make_venv() -> Path:
    """Make .venv, unless it is there and whole, and return its interpreter."""
    venv = root() / ".venv"
    python = find_venv(venv)
    if python:
        print("  .venv is there already")
        return python
    if os.pathsep in str(venv) or len(str(venv).splitlines()) > 1:
        raise SetupError(
            f".venv can't be in a folder with {os.pathsep!r} or a line end in its path: move the "
            f"project out of {str(root())!r}, or activate an environment: --environment current"
        )
    if venv.exists():
        print("  Half of .venv is there: it is made anew")
        shutil.rmtree(venv)
    # Not an interpreter of .venv, nor of the environment of cookiecutter.
    base = getattr(sys, "_base_executable", sys.executable)
    new_enough = sys.version_info >= oldest_python()
    uv = find_uv()
    if uv:
        wanted = base if new_enough else f">={oldest()}"
        watch(uv, "venv", "--quiet", "--python", wanted, venv)
    elif new_enough:
        try:
            watch(base, "-m", "venv", venv)
        except SetupError as error:
            hint = "on Debian or Ubuntu: sudo apt install python3-venv"
            raise SetupError(f"{error}; {hint}") from None
    else:
        found = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(
            f"this is Python {found} and the project needs {oldest()} or newer: run bootstrap.py "
            "with a newer Python, or install uv, which brings one along"
        )
    return made_in(venv)


def made_in(venv: Path) -> Path:
    """Return the interpreter of an environment that was made just now."""
    python = python_of(venv)
    if python is None:
        raise SetupError(f"{venv} was made, and holds no Python")
    return python


def check_lock() -> int:
    """Say so if the lock has changed since the environment was made; git hooks call this."""
    if fingerprint_of_lock() in read_note(Path(sys.prefix)):
        return 0
    print("requirements.lock is not what is installed. Next: python bootstrap.py")
    return 1


def copy_settings(prefix: Path) -> None:
    """Copy our settings to the environment, where JupyterLab and IPython look for them."""
    for name, place in SETTINGS.items():
        target = prefix / place
        ours = pkgutil.get_data("nbtasks", f"editors/{name}")  # from a wheel, too
        if ours is None:
            raise SetupError(f"nbtasks lacks its file editors/{name}")
        if target.exists() and b"bootstrap.py" not in target.read_bytes():
            raise SetupError(
                f"{target} is yours: move it away, or add these lines to it:\n{ours.decode()}"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(ours)


def copy_schemas() -> None:
    """Copy the schemas of pipeline.yaml and env.yaml to the project, where VS Code looks."""
    for name, place in SCHEMAS.items():
        target, schema = root() / place, pkgutil.get_data("nbtasks", name)
        if target.parent.is_dir() and schema:
            target.write_bytes(schema)


def build_environment(kind: str) -> Path:
    """Make or find the environment, install into it and return its interpreter.

    Its note has one line until all is installed: what was stopped half-way is done anew.
    """
    python = find_current() if kind == "current" else make_venv()
    prefix = Path(ask(python, "-c", "import sys; print(sys.prefix)"))
    note, was_stopped = prefix / NOTE, len(read_note(prefix)) == 1
    note.write_text(f"{prefix}\n", encoding="utf-8")
    # A package of which half is missing looks installed.
    install(python, ["--reinstall"] if was_stopped else [])
    copy_settings(prefix)
    copy_schemas()
    note.write_text(f"{prefix}\n{fingerprint_of_lock()}\n", encoding="utf-8")
    return python
