"""Make a task of a notebook or a script that somebody has tried something out with."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from nbtasks.errors import Refusal
from nbtasks.pipeline import kinds, parts
from nbtasks.project import imports, root

PARAMETERS = """\
# %% tags=["parameters"]
upstream = {upstream}
product = None

"""
#: What the name of a file of data ends with.
DATA = re.compile(
    r"\.(csv|tsv|txt|parquet|feather|xlsx?|json|jsonl|html|png|svg|db|sqlite|np[yz]|"
    r"pickle|pkl|joblib|h5|gz|zip)$"
)


def connect(text: str, tasks: parts.Tasks) -> tuple[str, list[str]]:
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


def find_files(script: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each file of data that a script names by itself."""
    for node in ast.walk(imports.parse(script)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and DATA.search(text) and "\n" not in text:
            yield getattr(node, "lineno", 0), text


def write_task(name: str, upstream: list[str], draft: Path, tasks: parts.Tasks) -> None:
    """Write the script of a task; name the files that it still reads or writes by their paths."""
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
    kinds.add_entry(name, {"nb": f"{name}.ipynb"})
    parts.write(kinds.files_of(name)["script"], text)
    left = sorted(set(find_files(text)))
    if left:
        print("Files that the pipeline does not know of; name what it reads in upstream or in")
        print("resources_, and what it writes in product:")
    for line, file in left:
        print(f"  tasks/{name}.py:{line}  {file}")
