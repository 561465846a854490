"""The project that one stands in: its folder, its package, its settings.

It is found upward from the current folder, once in a process.
"""

from __future__ import annotations

import atexit
import functools
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

#: The table of pyproject.toml by which a project is known, and that holds its settings.
TABLE = "tool.nbtasks"


def find(here: Path | None = None) -> Path | None:
    """Return the folder of the project that a folder lies in, the current one; None if in none.

    A folder whose pyproject.toml has a table ``[tool.nbtasks]`` comes first; then the nearest
    one with a pipeline.yaml, for pipelines that were not made from the template.
    """
    here = here or Path.cwd()
    folders = [here, *here.parents]
    return next(
        (folder for known in (has_table, has_pipeline) for folder in folders if known(folder)), None
    )


def has_table(folder: Path) -> bool:
    """Tell whether a folder has a pyproject.toml with our table."""
    path = folder / "pyproject.toml"
    return path.is_file() and f"[{TABLE}" in path.read_text(encoding="utf-8", errors="replace")


def has_pipeline(folder: Path) -> bool:
    """Tell whether a folder has a pipeline."""
    return (folder / "pipeline.yaml").is_file()


@functools.lru_cache(maxsize=None)  # noqa: UP033 - bootstrap.py runs on older Pythons
def root() -> Path:
    """Return the folder of the project; the current folder if that is in no project."""
    return find() or Path.cwd()


def package() -> Path:
    """Return the folder of the project's package in ``src``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    found = sorted((root() / "src").glob("*/__init__.py"))
    if not found:
        raise FileNotFoundError(f"there is no package in {root() / 'src'}: no */__init__.py")
    return found[0].parent


def use_own_modules() -> None:
    """Have this process, and those that it starts, import the modules of this project's `src`.

    The environment may belong to another folder, as in a copy of a project, or hold a second
    project whose package has the same name.
    """
    src = str(root() / "src")
    if not os.path.isdir(src):
        return
    sys.path[:] = [src, *(path for path in sys.path if path != src)]
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path != src]
    os.environ["PYTHONPATH"] = os.pathsep.join([src, *filter(None, others)])


def can_write(folder: str) -> bool:
    """Tell whether files can be written to a folder, which is made if need be."""
    try:
        os.makedirs(os.path.expanduser(folder), exist_ok=True)
        return os.access(os.path.expanduser(folder), os.W_OK)
    except OSError:
        return False


def spare_the_home() -> None:
    """Have uv keep nothing in a home folder that can't be written, where it would fail."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    if os.name != "nt" and not can_write(os.environ.get("UV_CACHE_DIR") or f"{cache}/uv"):
        os.environ["UV_NO_CACHE"] = "1"


def spare_the_home_of_builds() -> None:
    """Have kernels keep their files in a temporary folder if the home can't be written."""
    if can_write(os.environ.get("IPYTHONDIR") or "~/.ipython"):
        return
    folder = tempfile.mkdtemp(prefix="jupyter-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        os.environ.setdefault(name, folder)


def encode(stream: TextIO, encoding: str | None = None, errors: str | None = None) -> None:
    """Have what is printed encoded in another way, if the stream can be told so.

    Parameters
    ----------
    stream
        Such as ``sys.stdout``.
    encoding, errors
        As for `open`; None: as before.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding=encoding, errors=errors)


def check_modules() -> None:
    """Refuse modules of another folder that were imported before ours could be.

    Raises
    ------
    ValueError
        If there is one.
    """
    for found in (root() / "src").glob("*/__init__.py"):
        name = found.parent.name
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and os.path.realpath(file) != os.path.realpath(found):
            raise ValueError(
                f"{name} was imported from {os.path.dirname(file)}, not from the src/ of this "
                "project: its environment belongs to another folder. Next: python bootstrap.py"
            )


def settings() -> dict[str, Any]:
    """Return the table ``[tool.nbtasks]`` of pyproject.toml, empty if there is none."""
    import tomllib

    path = root() / "pyproject.toml"
    if not path.is_file():
        return {}
    tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    found: dict[str, Any] = tools.get("nbtasks", {})
    return found
