"""Write requirements.lock: what requirements.txt and pyproject.toml need, to the letter."""

import argparse
import os
import subprocess
import sys
{%- if cookiecutter.python != '3.10' %}
import tomllib
{%- endif %}

from tools import ROOT
{%- if cookiecutter.python == '3.10' %}

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
{%- endif %}

#: One lock for every system, and for every Python from the oldest supported on.
COMPILE = [
    "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-annotate",
    "--custom-compile-command=python tools lock", "--output-file=requirements.lock",
]  # fmt: skip


def read_groups(pyproject: dict) -> list[str]:
    """Return what all dependency groups of pyproject.toml ask for."""
    groups = pyproject["dependency-groups"].values()
    return [name for group in groups for name in group if isinstance(name, str)]


def main(arguments: list[str]) -> int:
    """Resolve anew; versions in the lock stay, unless they have to change."""
    parser = argparse.ArgumentParser(prog="python tools lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args(arguments)
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    oldest = pyproject["project"]["requires-python"].removeprefix(">=")
    command = [sys.executable, "-m", "uv", *COMPILE, f"--python-version={oldest}"]
    return subprocess.run(
        [*command, *["--upgrade"] * options.upgrade, "requirements.txt", "-"],
        input="\n".join(read_groups(pyproject)),
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | {"VIRTUAL_ENV": sys.prefix},
    ).returncode
