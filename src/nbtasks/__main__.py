"""What a project offers beside `ploomber` and `pytest`.

nbtasks              this list
nbtasks NAME --help  what a command does, and its options
"""

import importlib
import os
import sys

from nbtasks import project
from nbtasks.project import installed

#: Name -> its module, with a function `main(arguments)` that returns an exit code; what it does.
COMMANDS = {
    "status": ("engine.status", "show which tasks will run and why, a line each"),
    "new": ("pipeline.new", "make a task: script, functions, test, schema, entry in pipeline.yaml"),
    "import": ("importer", "turn an old notebook into tasks, and prove that they do the same"),
    "adopt": ("pipeline.adopt", "have a pipeline of Ploomber that was never ours use all this"),
    "sync": ("notebooks.sync", "make scripts and notebooks the same again"),
    "add": ("environment.add", "add a package to requirements.txt, the lock and the environment"),
    "requirements": (
        "environment.requirements",
        "check that requirements.txt names what tasks/ and src/ import",
    ),
    "data": ("project.data", "check and download raw data that is too large for git"),
    "lock": (
        "environment.lock",
        "write requirements.lock, the exact versions of what is asked for",
    ),
    "audit": (
        "environment.audit",
        "look for known vulnerabilities of what is locked",
    ),
    "picture": ("engine.picture", "draw the pipeline as an SVG picture"),
    "dashboard": ("dashboard", "serve the dashboard of src/ on this machine"),
    "smoke": ("engine.smoke", "run all pipelines on the data sample"),
    "docs": ("manual", "show a page of the manual"),
    "update": (
        "template.update",
        "take over a later version of the template",
    ),
    "summary": ("results.summary", "summarize a smoke run in Markdown, for CI"),
    "set-up": ("set_up.steps", "build the environment; bootstrap.py does this"),
}
#: What has to work in an environment that is not that of the lock yet.
BEFORE_SETUP = {"docs", "set-up", "lock", "update", "adopt"}
#: What needs no project.
ANYWHERE = {"docs", "adopt"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the command line names; return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    encoding = None if os.environ.get("PYTHONIOENCODING") else "utf-8"
    project.encode(sys.stdout, encoding=encoding, errors="backslashreplace")
    name = (words[:1] or ["--help"])[0]
    if name in COMMANDS:
        if name not in ANYWHERE and project.find() is None:
            print("This folder is in no project: neither it nor one above has a pipeline.yaml.")
            print("Go to your project first: cd FOLDER")
            return 2
        project.use_own_modules()
        project.spare_the_home()
        if name not in BEFORE_SETUP and (problem := installed.problem()):
            print(problem)
            return 1
        module = importlib.import_module(f"nbtasks.{COMMANDS[name][0]}")
        code: int = module.main(words[1:])
        return code
    print(__doc__)
    for command, (_, purpose) in COMMANDS.items():
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
