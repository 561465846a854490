"""Take over a later version of the template, and say what is left to do.

It runs cruft, which merges what has changed in the template into the project. A project that
was not made with cruft is linked first, with the answers that pyproject.toml holds.
"""

import argparse
import json
import os
import re
import subprocess
import sys

from nbtasks import lock
from nbtasks.changelog import show_changes, version_now
from nbtasks.project import root, settings
from nbtasks.set_up import left

CRUFT = [sys.executable, "-m", "uv", "tool", "run", "--with", "toml", "cruft"]
#: What cookiecutter takes instead of an address, and git does not.
SHORT = {
    "gh:": "https://github.com/{}.git",
    "gl:": "https://gitlab.com/{}.git",
    "bb:": "https://bitbucket.org/{}",
}


def address(template: str) -> str:
    """Return the address of a template as git takes it."""
    start, rest = template[:3], template[3:]
    if start in SHORT:
        return SHORT[start].format(rest)
    folder = root().parent / template  # where cookiecutter was typed, most often
    return str(folder.resolve()) if folder.is_dir() else template


def cruft(*arguments: str) -> int:
    """Run cruft; where it fails, print the reason, which is the end of its traceback."""
    done = subprocess.run(
        [*CRUFT, *arguments],
        cwd=root(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"TYPER_STANDARD_TRACEBACK": "1"},
    )
    if done.returncode:
        print(re.split(r"(?m)^[\w.]+: ", done.stderr)[-1].strip(" '\n"))
        print("Nothing was updated. The address of the template is in pyproject.toml and, if there")
        print("is one, in .cruft.json.")
    return done.returncode


def link() -> int:
    """Tell cruft from which template and with which answers the project was made."""
    made = settings()
    answers = ["--extra-context", json.dumps(made["answers"])]
    version = ["--checkout", made["version"], "--no-input"]
    return cruft("link", address(made["template"]), *version, *answers)


def find_left() -> list[str]:
    """Return what is left to do, in order."""
    found, locking = left.to_decide(), left.to_lock()
    try:
        unsure = left.conflicts() or (root() / lock.REJECTED).exists()
        if not locking and (unsure or lock.check()):
            locking = [left.WRITE_LOCK]
    except lock.LockError:
        locking = [left.WRITE_LOCK]
    check = [sys.executable, "bootstrap.py", "--check"]
    installed = subprocess.run(check, cwd=root(), capture_output=True).returncode == 0
    if found or locking or not installed:
        locking = [*locking, left.INSTALL]
    return [*found, *locking, "ploomber build --env--sample true", "git add --all", "git commit"]


def main(arguments: list[str]) -> int:
    """Update, and say what is left; return 1 if something failed or is to be decided."""
    parser = argparse.ArgumentParser(
        prog="nbtasks update",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--left", action="store_true", help="only say what is left to do")
    parser.add_argument("--version", help="a tag of the template (else: the newest there is)")
    options = parser.parse_args(arguments)
    if options.left:
        return left.show(find_left())
    if not (root() / ".cruft.json").exists() and link():
        return 1
    before = left.git("status", "--porcelain", "--untracked-files=no")
    version = version_now()
    wanted = ["--checkout", options.version] if options.version else []
    quiet = ["--skip-apply-ask", "--allow-untracked-files"]
    if before:
        print("Commit your changes first: an update is merged into what git has.")
        return 1
    if cruft("update", *quiet, *wanted):
        return 1
    if not left.git("ls-files", ".cruft.json"):
        print("Add .cruft.json to git: it tells which version of the template this is.")
    if not left.git("status", "--porcelain", "--untracked-files=no"):
        return 0
    show_changes(version)
    # In a new process, since this program may be among what has changed.
    return subprocess.run(
        [sys.executable, "-m", "nbtasks", "update", "--left"], cwd=root()
    ).returncode
