"""Store what was made of a notebook in the project: all of it, and over nothing that is there."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from nbtasks import notebooks
from nbtasks.errors import Refusal
from nbtasks.importer.flow import Flow
from nbtasks.importer.functions import schemas_text
from nbtasks.importer.scripts import Task
from nbtasks.pipeline import pipeline_file
from nbtasks.project import package, root

#: The cell of a script whose imports are sorted.
IMPORTS_CELL = re.compile(r"(?<=# %% Imports\n)(?:(?!# %%).*\n)+?(?=\n+# %%)")
MARK = "From {}, cells"  #: the comment above the tasks of a notebook
TAKE_BACK = "git stash --include-untracked"  #: all that was written goes, and is kept


def check_new(path: Path) -> None:
    """Refuse a notebook that was imported before."""
    if f"# {MARK.format(path.name)}" in (root() / pipeline_file.PIPELINE).read_text(
        encoding="utf-8"
    ):
        raise Refusal(
            f"{path.name} was imported before: take its tasks out of pipeline.yaml, and delete "
            f"their scripts. If they are not committed, this takes them back: {TAKE_BACK}"
        )


def store(path: Path, tasks: list[Task], flow: Flow, texts: dict[Path, bytes]) -> None:
    """Write all files of an import, pipeline.yaml last."""
    texts = tidied(texts)
    if taken := [f for f, data in texts.items() if f.exists() and f.read_bytes() != data]:
        raise Refusal(f"{taken[0].relative_to(root())} is there already, and stays as it is")
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(shutil.copy(root() / pipeline_file.PIPELINE, folder))
        for task in tasks:
            cells = f"{MARK.format(path.name)} {task.part.cells[0]}-{task.part.cells[-1]}"
            pipeline_file.add_task(task.part.name, task.products, task.resources, cells, draft)
        texts |= with_schemas(flow, path)
        texts[root() / pipeline_file.PIPELINE] = draft.read_bytes()
    for file, data in texts.items():
        notebooks.replace(file, data)


def tidied(texts: dict[Path, bytes]) -> dict[Path, bytes]:
    """Format code as a commit does; old code may break rules, a comment in each such line."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder).resolve()
        shutil.copy2(root() / "pyproject.toml", stage)
        Path(stage, "src", package().name).mkdir(parents=True)
        files = {file: stage / file.relative_to(root()) for file in texts if file.suffix == ".py"}
        for file, copy in files.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = texts[file].decode()
            if head := IMPORTS_CELL.search(text):  # ruff would sort across cells
                lines = ruff(stage, "check", "--select=I", "--fix", "-", text=head[0])
                text = text.replace(head[0], lines, 1)
            copy.write_bytes(text.encode())
        for words in (["check", "--fix"], ["format"], ["check", "--add-noqa"], ["format"]):
            ruff(stage, *words, *files.values())
        return texts | {file: copy.read_bytes() for file, copy in files.items()}


def ruff(folder: Path, *words: str | Path, text: str | None = None) -> str:
    """Run ruff with the settings of a folder; return what it prints."""
    ruff = [sys.executable, "-m", "ruff", *words, "--quiet", "--no-cache"]
    return subprocess.run(
        ruff, cwd=folder, capture_output=True, encoding="utf-8", input=text
    ).stdout


def with_schemas(flow: Flow, path: Path) -> dict[Path, bytes]:
    """Return schemas.py with a schema for each table, if there are tables."""
    tables: dict[str, dict[str, Any]] = {}
    for index, part in enumerate(flow.parts):
        for name in sorted(part.gives):
            if columns := flow.look(index, name).get("columns"):
                tables.setdefault(part.name, {})[name] = columns
    file = package() / "schemas.py"
    text = f"{file.read_text(encoding='utf-8').rstrip()}\n\n{schemas_text(tables, path.name)}"
    return tidied({file: text.encode()}) if tables else {}
