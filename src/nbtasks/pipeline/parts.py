"""What the files of a new task are made of: texts with gaps, and how it reads its upstream."""

import re
import string
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbtasks.errors import Refusal
from nbtasks.pipeline import pipeline_file
from nbtasks.pipeline.tasks import shorten
from nbtasks.project import package, root

#: Texts of the files of a task, each below its name; $name and the like are filled in.
SKELETONS = Path(__file__).with_name("skeletons.txt")
#: How the file of a table ends -> the function of pandas that reads it, the best kind first.
READERS = {".parquet": "read_parquet", ".feather": "read_feather", ".csv": "read_csv"}
Tasks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Input:
    """A table that another task has made: the name in `upstream`, and the code that reads it."""

    name: str
    code: str
    suffix: str = ""  #: how the file ends; nothing for a table of a database
    key: str | None = None  #: of the product, where there are several


def fill_in(part: str, words: Mapping[str, object]) -> str:
    """Return the text of a part of a task."""
    _, *parts = re.split(r"(?m)^=== (\w+)\n", SKELETONS.read_text(encoding="utf-8"))
    skeletons = dict(zip(parts[::2], parts[1::2], strict=True))
    return string.Template(skeletons[part]).substitute(words)


def write(path: Path, text: str) -> None:
    """Write a file of the task, and say so."""
    path.write_bytes(text.encode("utf-8"))
    print(f"  {shorten(path)}")


def files_of(name: str) -> dict[str, Path]:
    """Return where the script, the functions and the test of a task are."""
    return {
        "script": root() / "tasks" / f"{name}.py",
        "functions": package() / f"{name}.py",
        "test": root() / "tests" / f"test_{name}.py",
    }


def add_entry(task: str, products: dict[str, str] | list[str] | str, **more: Any) -> None:
    """Add the task to pipeline.yaml, the first thing that is written, and say so."""
    pipeline_file.add_task(task, products, more=more)
    print(f"The task {pipeline_file.pattern(task)}:\n  pipeline.yaml")


def find_input(name: str, tasks: Tasks) -> Input:
    """Return how a script reads the table of a task; refuse one that is none, or makes no table."""
    named = {pipeline_file.pattern(one): task for one, task in tasks.items()}
    grids = (one for one in named if "-*" in one and one.partition("-*")[0] == name.rstrip("-*"))
    wanted = name if name in named else next(grids, "")
    if not wanted:
        raise Refusal(f"There is no task {name!r} to read from. There are: {', '.join(named)}.")
    product = named[wanted]["product"]
    if isinstance(product, list):
        return Input(wanted, f'read_table(upstream["{wanted}"], Path(product["data"]).parent)')
    files = product if isinstance(product, Mapping) else {None: product}
    for suffix, reader in READERS.items():
        for key, file in files.items():
            if str(file).endswith(suffix):
                where = f'["{key}"]' if key else ""
                code = f'pd.{reader}(upstream["{wanted}"]{where})'
                if "*" in wanted:
                    read = f"name: pd.{reader}(each{where})"
                    every = f'for name, each in upstream["{wanted}"].items()'
                    code = f"pd.concat({{{read} {every}}})"
                return Input(wanted, code, suffix, key)
    kinds = ", ".join(READERS)
    raise Refusal(f"The task {name!r} makes no table ({kinds}) that another task could read.")


def saves(suffix: str, place: str) -> str:
    """Return the code behind a table that writes it."""
    return f"to_csv({place}, index=False)" if suffix == ".csv" else f"to_parquet({place})"


def constant(name: str) -> str:
    """Return the name of a task's schema in schemas.py."""
    return "RAW" if name == "get" else re.sub(r"\W+", "_", name).strip("_").upper()


def schema_code(name: str, schemas: str, schema: str, comment: str = "") -> str:
    """Return the assignment of a schema, with the checks that the text of schemas.py offers."""
    checks = ", checks=HAS_ROWS" if "HAS_ROWS" in schemas else ""
    return f"{comment}{name} = pa.DataFrameSchema({schema.replace('$checks', checks)})\n"


def describe(name: str, schema: str = "{}$checks", comment: str = "") -> None:
    """Add the schema of a task's table to schemas.py; an empty one if none is given."""
    schemas = package() / "schemas.py"
    before = schemas.read_text(encoding="utf-8")
    code = schema_code(constant(name), before, schema, comment)
    write(schemas, f'{before}\n{code}SCHEMAS["{name}"] = {constant(name)}\n')


def tidy(*paths: Path) -> None:
    """Format files of Python, by the settings of the project."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", *map(str, paths)]
    subprocess.run(command, cwd=root(), check=False)
