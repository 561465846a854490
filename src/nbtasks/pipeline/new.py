"""Make a task: its script, functions, test, schema, entry in pipeline.yaml and notebook.

All of it works at once, so that `ploomber build` and `pytest` pass before you have typed
anything. Nothing that exists is overwritten.
"""

import argparse
import json
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nbtasks.errors import Refusal
from nbtasks.notebooks import replace, sync
from nbtasks.pipeline import kinds, parts, pipeline_file, raw
from nbtasks.pipeline.tasks import shorten
from nbtasks.project import package, root

#: Where else a file may have the name of a task.
FOLDERS = ("tasks", "src", "tests", "exploration", "data")
#: What a dashboard imports, which requirements.txt has to name.
IMPORTS = ("dash", "plotly")
#: What does not go together, as argparse names it.
ALONE = {
    "draft": ["grid", "csv"],
    "raw": ["grid", "csv", "report", "upstream"],
    "sql": ["grid", "csv", "report"],
    "function": ["grid", "report"],
}


def check_name(name: str, tasks: parts.Tasks) -> None:
    """Refuse a name that Python, the project or a file has already."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise Refusal(f"{name!r}: use small letters, digits and _, beginning with a letter.")
    if keyword.iskeyword(name):
        raise Refusal(f"{name!r} is a word of Python: choose another name.")
    if name in sys.stdlib_module_names or name in ("schemas", package().name):
        raise Refusal(f"{name!r} is a module of Python or of this project: choose another name.")
    if any(name in (task, task.partition("-")[0]) for task in tasks):
        raise Refusal(f"pipeline.yaml has a task {name!r} already.")
    for path in parts.files_of(name).values():
        if path.exists():
            raise Refusal(f"{shorten(path)} exists already: choose another name, or move it away.")


def check_options(options: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    for kind, others in ALONE.items():
        wrong = [other for other in others if getattr(options, other)]
        if getattr(options, kind) and wrong:
            flag = "--from" if kind == "draft" else f"--{kind}"
            raise Refusal(f"{flag} and --{wrong[0]} do not go together.")


def namesakes(name: str, *known: Path | None) -> Iterator[str]:
    """Yield the files elsewhere in the project that are called like a task."""
    made = {path.resolve() for path in (*parts.files_of(name).values(), *known) if path}
    for folder in FOLDERS:
        for path in sorted((root() / folder).rglob(f"{name}.*")):
            if path.resolve() not in made and path.is_file() and "__pycache__" not in path.parts:
                yield shorten(path)


def make(options: argparse.Namespace) -> None:
    """Make a task of the kind that is asked for, or refuse before anything is written."""
    name, tasks = options.name, pipeline_file.read_tasks()
    check_name(name, tasks)
    check_options(options)
    if options.draft:
        kinds.write_draft(name, options.upstream, options.draft, tasks, options.report)
    elif options.raw:
        raw.write_task(name, options.raw)
    else:
        inputs = [parts.find_input(one, tasks) for one in options.upstream]
        for kind, write in kinds.KINDS.items():
            if getattr(options, kind):
                write(name, inputs, options)
                return
        kinds.write_notebook(name, inputs, options)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="nbtasks new", description=__doc__)
    parser.add_argument("--dashboard", action="store_true", help="no task, but a dashboard")
    parser.add_argument("name", help="name of the task: small letters, digits and _")
    parser.add_argument(
        "--upstream", nargs="+", default=[], metavar="TASK", help="tasks whose tables it reads"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--from", dest="draft", type=Path, metavar="FILE", help="a notebook or script to make it of"
    )
    kind.add_argument(
        "--raw", type=Path, metavar="FILE", help="it reads this file, and its schema is drafted"
    )
    kind.add_argument("--sql", action="store_true", help="a script that makes a table by SQL")
    kind.add_argument("--function", action="store_true", help="a function, with no notebook")
    parser.add_argument(
        "--grid",
        nargs="+",
        default=[],
        metavar="NAME=VALUE,VALUE",
        help="run it once for each value, or for each combination of them",
    )
    parser.add_argument("--report", action="store_true", help="it makes an HTML report too")
    parser.add_argument("--csv", action="store_true", help="its table is a csv, not a parquet")
    return parser.parse_args(arguments)


def dashboard(arguments: list[str]) -> int:
    """Make the dashboard and say what to type next; return 1 if it is refused."""
    try:
        if arguments != ["--dashboard"]:
            raise Refusal("Type --dashboard alone: a dashboard is no task.")
        make_dashboard()
    except (Refusal, ValueError) as error:
        print(f"No dashboard was made. {error}")
        return 1
    print(f"Next: {next_of_dashboard()}")
    return 0


def make_dashboard() -> None:
    """Write src/<package>/dashboard.py, which must not exist yet."""
    path = package() / "dashboard.py"
    place = shorten(path)
    if path.exists():
        raise Refusal(f"{place} exists already. Next: nbtasks dashboard")
    names = []
    for name, task in pipeline_file.read_tasks().items():
        product = task["product"]
        files = product.values() if isinstance(product, dict) else [product]
        if "grid" not in task and any(str(file).endswith((".parquet", ".csv")) for file in files):
            names.append(name)
    if not names:
        raise Refusal("No task of pipeline.yaml makes a .parquet or .csv table to show.")
    path.write_bytes(parts.fill_in("dashboard", {"tasks": json.dumps(names)}).encode("utf-8"))
    print(f"A dashboard of {', '.join(names)}:\n  {place}")


def next_of_dashboard() -> str:
    """Return what to type, after pyproject.toml was told to ask for the server too."""
    path = root() / "pyproject.toml"
    before = path.read_bytes().decode("utf-8")
    extras = r'(?m)^( *"nbtasks)(?:\[(?!.*dashboard)(.*?)\])?=='
    after = re.sub(extras, lambda found: f"{found[1]}[{found[2] or ''},dashboard]==", before)
    replace(path, after := after.replace("[,dashboard]", "[dashboard]"))
    asked = (root() / "requirements.txt").read_text(encoding="utf-8-sig")
    if missing := [name for name in IMPORTS if not re.search(rf"(?mi)^{name}\b", asked)]:
        return f"nbtasks add {' '.join(missing)}"
    return "ploomber build" if after == before else "nbtasks lock, python bootstrap.py"


def main(arguments: list[str]) -> int:
    """Make the task; return 1 if it is refused."""
    if "--dashboard" in arguments:
        return dashboard(arguments)
    options = parse(arguments)
    name = options.name
    others = list(namesakes(name, options.draft, options.raw))
    try:
        make(options)
    except (Refusal, ValueError) as error:
        print(f"No task was made. {error}")
        return 1
    made = [package() / "schemas.py", *parts.files_of(name).values()]
    made = [path for path in made if path.is_file()]
    parts.tidy(*made)
    if others:
        print(f"Files of that name that are not part of the task: {', '.join(others)}")
    sync.main([])
    what = f"'{name}-*'" if options.grid else name
    print(f"Next: ploomber build --partially {what}")
    print("How to rename or delete it, and what a task is made of: nbtasks docs tasks")
    return 0
