"""What the project offers beside `ploomber` and `pytest`.

python tools              this list
python tools NAME --help  what a command does, and its options
"""

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Name -> what it does. Each is a module of this folder with a function `main(arguments)`.
COMMANDS = {
    "status": "show which tasks will run and why, a line each",
    "new": "make a task: script, functions, test, schema, entry in pipeline.yaml",
    "import": "turn an old notebook into tasks, and prove that they do the same",
    "sync": "make scripts and notebooks the same again",
    "add": "add a package to requirements.txt, the lock and the environment",
    "requirements": "check that requirements.txt names what tasks/ and src/ import",
    "data": "check and download raw data that is too large for git",
    "lock": "write requirements.lock from requirements.txt and pyproject.toml",
    "audit": "look for known vulnerabilities in what requirements.lock names",
    "picture": "draw the pipeline as an SVG picture",
{%- if cookiecutter.__penguins %}
    "dashboard": "serve the dashboard of src/ on this machine",
{%- endif %}
    "smoke": "run all pipelines on the data sample",
    "update": "take over a later version of the template, and say what is left to do",
    "into": "copy this project into a repository that exists; overwrites nothing",
    "summary": "summarize a smoke run in Markdown, for CI",
}
#: The module of a command whose name no module can have.
MODULES = {"import": "importer"}


def run_in_environment() -> int:
    """Run the same command with the interpreter of the project's own environment."""
    for place in ("bin/python", "Scripts/python.exe"):
        python = ROOT / ".venv" / place
        if python.exists():
            return subprocess.run([python, *sys.argv]).returncode
    print("The environment of this project is not active. To build it: python bootstrap.py")
    return 1


def main() -> int:
    """Run the command that the command line names; return its exit code."""
    sys.path[0] = str(ROOT)  # so that `tools` is a package, and hides no module from others
    encoding = None if os.environ.get("PYTHONIOENCODING") else "utf-8"
    sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    name, arguments = (sys.argv[1:2] or ["--help"])[0], sys.argv[2:]
    if name in COMMANDS and name != "into" and importlib.util.find_spec("ploomber") is None:
        return run_in_environment()
    if name in COMMANDS:
        return importlib.import_module(f"tools.{MODULES.get(name, name)}").main(arguments)
    print(__doc__)
    for command, purpose in COMMANDS.items():
        print(f"  {command:<13} {purpose}")
    if name in ("-h", "--help"):
        return 0
    print(f"\nThere is no command {name!r}.")
    return 2


def run_to_the_pipe() -> int:
    """Run the command; if what reads its output has gone (`| head`), say nothing of that."""
    try:
        code = main()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(run_to_the_pipe())
