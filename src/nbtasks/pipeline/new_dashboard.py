"""Make a dashboard to start from, on the tables that the pipeline makes."""

import json
import re

from nbtasks.errors import Refusal
from nbtasks.notebooks import replace
from nbtasks.pipeline import parts, pipeline_file
from nbtasks.project import package, root

#: What it imports, which requirements.txt has to name.
IMPORTS = ("dash", "plotly")


def main(arguments: list[str]) -> int:
    """Make the dashboard and say what to type next; return 1 if it is refused."""
    try:
        if arguments != ["--dashboard"]:
            raise Refusal("Type --dashboard alone: a dashboard is no task.")
        make()
    except (Refusal, ValueError) as error:
        print(f"No dashboard was made. {error}")
        return 1
    print(f"Next: {next_step()}")
    return 0


def make() -> None:
    """Write src/<package>/dashboard.py, which must not exist yet."""
    path = package() / "dashboard.py"
    place = path.relative_to(root()).as_posix()
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


def next_step() -> str:
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
