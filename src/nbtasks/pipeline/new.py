"""Make a task: its script, functions, test, schema, entry in pipeline.yaml and notebook.

All of it works at once, so that `ploomber build` and `pytest` pass before you have typed
anything. Nothing that exists is overwritten.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import string
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtasks.errors import Refusal
from nbtasks.notebooks import sync
from nbtasks.pipeline import pipeline_file
from nbtasks.project import package, root

#: Texts of the files of a task; $name and the like are filled in.
SKELETONS = Path(__file__).parent / "skeletons"

PARAMETERS = """\
# %% tags=["parameters"]
upstream = {upstream}
product = None

"""


def files_of(name: str) -> dict[str, Path]:
    """Return where the script, the functions and the test of a task are."""
    return {
        "script": root() / "tasks" / f"{name}.py",
        "functions": package() / f"{name}.py",
        "test": root() / "tests" / f"test_{name}.py",
    }


def check_name(name: str, tasks: dict[str, dict[str, Any]]) -> None:
    """Refuse a name that Python, the project or a file has already."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise Refusal(f"{name!r}: use small letters, digits and _, beginning with a letter.")
    if keyword.iskeyword(name):
        raise Refusal(f"{name!r} is a word of Python: choose another name.")
    if name in sys.stdlib_module_names or name in ("schemas", package().name):
        raise Refusal(f"{name!r} is a module of Python or of this project: choose another name.")
    if name in tasks:
        raise Refusal(f"pipeline.yaml has a task {name!r} already.")
    for path in files_of(name).values():
        if path.exists():
            place = path.relative_to(root()).as_posix()
            raise Refusal(f"{place} exists already: choose another name, or move it away.")


def table_of(name: str, tasks: dict[str, dict[str, Any]]) -> str:
    """Return the code that finds the table of an upstream task."""
    if name not in tasks:
        raise Refusal(f"There is no task {name!r} to read from. There are: {', '.join(tasks)}.")
    product = tasks[name]["product"]
    if isinstance(product, str):
        return f'upstream["{name}"]'
    keys = [key for key, file in product.items() if str(file).endswith(".parquet")]
    if not keys:
        raise Refusal(f"The task {name!r} makes no .parquet table that another task could read.")
    return f'upstream["{name}"]["{keys[0]}"]'


def fill_in(part: str, words: Mapping[str, object]) -> str:
    """Return the text of a part of a task."""
    skeleton = (SKELETONS / f"{part}.txt").read_text(encoding="utf-8")
    return string.Template(skeleton).substitute(words)


def write_task(name: str, upstream: list[str], tasks: dict[str, dict[str, Any]]) -> None:
    """Write the script, the functions, the test and the schema of a task that makes a table."""
    tables = [f"pd.read_parquet({table_of(other, tasks)})" for other in upstream]
    read = [f"table = {tables[0]}" if tables else 'table = pd.DataFrame({"value": [1, 2]})']
    read += [f"{other} = {table}" for other, table in zip(upstream[1:], tables[1:], strict=True)]
    words = {
        "name": name,
        "package": package().name,
        "constant": name.upper(),
        "title": name.replace("_", " ").capitalize(),
        "upstream": json.dumps(upstream) if upstream else None,
        "read": "\n".join(read),
    }
    add_entry(name, {"nb": f"{name}.ipynb", "data": f"{name}.parquet"})
    for part, path in files_of(name).items():
        write(path, fill_in(part, words))
    schemas = package() / "schemas.py"
    text = schemas.read_text(encoding="utf-8")
    words["checks"] = ", checks=HAS_ROWS" if "HAS_ROWS" in text else ""
    write(schemas, text + fill_in("schema", words))


def connect(text: str, tasks: dict[str, dict[str, Any]]) -> tuple[str, list[str]]:
    """Return a script that reads products by `upstream`, not by their paths; and whose they are."""
    lines, read = text.split("\n"), []
    for name, task in tasks.items():
        product = task["product"]
        for key, file in (product if isinstance(product, dict) else {None: product}).items():
            place = f'upstream["{name}"]' + (f'["{key}"]' if key else "")
            any_run = re.sub(r"\\{\\{.*?\\}\\}", r"[^\"']+", re.escape(str(file)))
            path = re.compile(rf"""(?<!\w)(["']){any_run}\1""")
            for number, line in enumerate(lines):
                if line[:1] != "#" and path.search(line):
                    lines[number] = path.sub(place, line)
                    read.append(name)
    return "\n".join(lines), list(dict.fromkeys(read))


def write_script(
    name: str, upstream: list[str], draft: Path, tasks: dict[str, dict[str, Any]]
) -> None:
    """Write the script of a task from a notebook or script that somebody explored with."""
    import jupytext
    from jupytext.config import load_jupytext_configuration_file

    if not draft.is_file():
        raise Refusal(f"There is no file {draft}.")
    config = load_jupytext_configuration_file(str(root() / "pyproject.toml"))
    try:
        notebook = jupytext.read(draft)
    except Exception as error:  # whatever is in the file, jupytext's reason is the best there is
        raise Refusal(f"{draft} can't be read as a notebook: {error}") from None
    text = jupytext.writes(notebook, "py:percent", config=config)
    text, read = connect(text, tasks)
    upstream = [*upstream, *(name for name in read if name not in upstream)]
    if '"parameters"' not in text:
        first = re.search(r"(?m)^# %%(?! \[markdown\])", text)
        at = first.start() if first else len(text)
        cell = PARAMETERS.format(upstream=json.dumps(upstream) if upstream else None)
        text = text[:at] + cell + text[at:]
    add_entry(name, {"nb": f"{name}.ipynb"})
    write(files_of(name)["script"], text)


def add_entry(name: str, products: dict[str, str]) -> None:
    """Add the task to pipeline.yaml, the first thing that is written, and say so."""
    pipeline_file.add_task(name, products)
    print(f"The task {name}:\n  pipeline.yaml")


def write(path: Path, text: str) -> None:
    """Write a file of the task, and say so."""
    path.write_bytes(text.encode("utf-8"))
    print(f"  {path.relative_to(root()).as_posix()}")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="nbtasks new", description=__doc__)
    parser.add_argument("name", help="name of the task: small letters, digits and _")
    parser.add_argument(
        "--upstream", nargs="+", default=[], metavar="TASK", help="tasks whose tables it reads"
    )
    parser.add_argument(
        "--from", dest="draft", type=Path, metavar="FILE", help="a notebook or script to make it of"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Make the task; return 1 if it is refused."""
    options = parse(arguments)
    name, upstream = options.name, options.upstream
    try:
        tasks = pipeline_file.read_tasks()
        check_name(name, tasks)
        if options.draft:
            write_script(name, upstream, options.draft, tasks)
        else:
            write_task(name, upstream, tasks)
    except (Refusal, ValueError) as error:
        print(f"No task was made. {error}")
        return 1
    sync.main([])
    print(f"Next: ploomber build --partially {name}")
    print("How to rename or delete it, and what a task is made of: nbtasks docs tasks")
    return 0
