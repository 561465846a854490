"""Print the names that a project may not have, for `_taken_names` in cookiecutter.json.

Run it with the Python of an environment that holds requirements.lock: these are the
modules and packages installed there, and what the project itself and Windows use.
"""

import json
import re
import textwrap
from importlib import metadata
from pathlib import Path

PROJECT = "bootstrap build data dist docs env exploration notebooks pip products setup src tasks"
PYTHON = "test tests tools"  # the tests of Python itself are not in `sys.stdlib_module_names`
WINDOWS = "aux con nul prn"
LOCK = Path(__file__).parent.parent / "{{cookiecutter.project_slug}}" / "requirements.lock"


def normalize(name: str) -> str:
    """Return a name as a module or a package would write it."""
    return re.sub("[-.]", "_", name.lower())


def taken_names() -> list[str]:
    """Return lines of names, separated by spaces."""
    locked = {normalize(name) for name in re.findall(r"(?m)^([\w.-]+)==", LOCK.read_text("utf-8"))}
    modules = {
        normalize(module)
        for module, packages in metadata.packages_distributions().items()
        if locked & {normalize(package) for package in packages}
    }
    names = sorted(name for name in locked | modules if name[0].isalpha())
    return [f"{PROJECT} {PYTHON}", WINDOWS, *textwrap.wrap(" ".join(names), 90)]


if __name__ == "__main__":
    print(json.dumps(taken_names(), indent=4))
