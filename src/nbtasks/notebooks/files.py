"""The one reader and the one writer of scripts and notebooks."""

import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtasks.errors import NbtasksError
from nbtasks.notebooks.cells import Notebook, is_python, prepare, read_cell, tags_of
from nbtasks.project import root

if TYPE_CHECKING:
    from nbformat import NotebookNode


#: How jupytext writes what a task may be written as, by the end of its name.
FORMATS = {
    ".py": {"extension": ".py", "format_name": "percent"},
    ".md": {"extension": ".md", "format_name": "markdown"},
}
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
#: What `ploomber nb --inject` adds to a script: a cell, and a header that --remove leaves.
INJECTED_CELL = re.compile(r'^# %%[^\n]*"injected-parameters".*?(?=^# %%|\Z)', re.M | re.S)
INJECTED_HEADER = re.compile(r"\A# ---\n(?:#[^\n]*\n)*?#   ploomber:(?:#?[^\n]*\n)*?# ---\n\s*")


class Unreadable(NbtasksError, ValueError):
    """A file can't be read; the message says which, why and what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.as_posix()} {reason}")
        self.path = path


def command(*words: object) -> str:
    """Return a command as it is typed, names with spaces quoted."""
    quote = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return quote([word.as_posix() if isinstance(word, Path) else str(word) for word in words])


def read_text(path: Path) -> str | None:
    """Return the text of a file without a byte order mark, None if there is no file."""
    if not path.is_file():
        return None
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reason = f"is not UTF-8: byte 0x{data[error.start]:02x} in line {line}."
        convert = command("nbtasks", "sync", "--to-utf8", path)
        raise Unreadable(path, f"{reason}\n  To convert it:  {convert}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_script(path: Path) -> str | None:
    """Return a script without what Ploomber injected, None if there is none."""
    text = read_text(path)
    return None if text is None else without_injected(text)


def without_injected(text: str) -> str:
    """Return a script without the cell and the header that `ploomber nb --inject` adds."""
    return INJECTED_HEADER.sub("", INJECTED_CELL.sub("", text))


def read_notebook(path: Path) -> Notebook | None:
    """Return a notebook, each source one text, None if there is none or an empty file."""
    text = read_text(path) or ""
    if path.suffix == ".md":
        return dict(to_notebook(text, ".md"))
    if not text.strip():
        return None
    try:
        notebook = {"nbformat_minor": 5, **json.loads(text)}
        if notebook["nbformat"] < 4:
            import nbformat

            notebook = json.loads(nbformat.writes(nbformat.reads(text, as_version=4)))
            for number, cell in enumerate(notebook["cells"]):
                cell["id"] = str(number)  # the next time it is read, nbformat draws others
        if notebook["nbformat"] != 4 or not isinstance(notebook["nbformat_minor"], int):
            raise ValueError(f"notebook format {notebook['nbformat']}")
        cells = [read_cell(cell) for cell in notebook["cells"]]
        notebook["metadata"] = notebook.get("metadata") or {}
        is_python(notebook)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(path, f"can't be read as a notebook: {error}") from None
    cells = [cell for cell in cells if "injected-parameters" not in tags_of(cell)]
    return {**notebook, "cells": cells}


@functools.cache
def load_jupytext() -> tuple[Any, Any]:
    """Import jupytext, only when it is needed, and read its configuration."""
    import jupytext
    from jupytext.config import load_jupytext_configuration_file

    return jupytext, load_jupytext_configuration_file(str(root() / "pyproject.toml"))


def to_notebook(script: str, kind: str = ".py") -> "NotebookNode":
    """Return the notebook, without outputs, that jupytext makes of a script, or of Markdown."""
    jupytext, config = load_jupytext()
    notebook: NotebookNode = jupytext.reads(script, FORMATS[kind], config=config)
    return notebook


def to_script(notebook: Notebook, kind: str = ".py") -> str:
    """Return the script, or Markdown, that jupytext writes for a notebook."""
    import nbformat

    jupytext, config = load_jupytext()
    bare = [prepare(cell, kind) for cell in notebook["cells"]]
    bare = nbformat.from_dict({"cells": bare, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    script: str = jupytext.writes(bare, FORMATS[kind], config=config)
    return script


def fill(script: str, old: Notebook | None, kind: str = ".py") -> str:
    """Return a script's notebook; outputs and what a script lacks come from it as it was."""
    import nbformat
    from jupytext.combine import combine_inputs_with_outputs

    new = to_notebook(script, kind)
    pairing = new.metadata.jupytext  # so that Jupyter sees that the two are the same
    pairing.pop("text_representation", None)
    if kind == ".md":  # else pyproject.toml tells Jupyter
        pairing["formats"] = "notebooks///ipynb,tasks///md"
    new.metadata = nbformat.from_dict({"kernelspec": KERNEL, "jupytext": pairing})
    if old is not None:
        old = nbformat.from_dict({**old, "metadata": {**old["metadata"], "jupytext": pairing}})
        new = combine_inputs_with_outputs(new, old, FORMATS[kind])
        new.metadata["jupytext"] = pairing
    left = Counter(str(cell.get("id", "")) for cell in new.cells)
    for cell in new.cells:
        name = str(cell.pop("id", ""))
        left[name] -= 1
        if new.nbformat_minor >= 5:  # before, cells had no id
            fits = re.fullmatch(r"[\w-]{1,64}", name, re.A) and not left[name]
            cell["id"] = name if fits else os.urandom(4).hex()
    text: str = nbformat.writes(new)
    return text + "\n"


def replace(path: Path, content: str | bytes) -> None:
    """Write a whole file or leave it as it was; its mode and links to it stay."""
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.stat().st_nlink > 1:
        target.write_bytes(data)  # its other names are to see the change
        return
    # A name of its own: another thread, process or machine may write the same file just now.
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    try:
        temporary.write_bytes(data)
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def tidied(script: str, path: Path) -> str:
    """Return a script as the hooks of a commit leave it; as it is if ruff can't read it."""
    if path.suffix != ".py":
        return script
    for words in (["format"], ["check", "--fix", "--exit-zero"], ["format"]):
        command = [sys.executable, "-m", "ruff", *words, "--quiet", "--force-exclude"]
        done = subprocess.run(
            [*command, "--stdin-filename", str(path), "-"],
            input=script.encode("utf-8", "surrogatepass"),
            capture_output=True,
            cwd=root(),
        )
        if done.returncode:
            return script
        script = done.stdout.decode("utf-8").replace("\r\n", "\n")
    return script
