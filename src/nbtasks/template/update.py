"""Take over a later version of the template, and say what is left to do.

It runs cruft, which merges what has changed in the template into the project. A project that
was not made with cruft is linked first, with the answers that pyproject.toml holds.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from nbtasks.environment import lock
from nbtasks.project import git, root, settings
from nbtasks.set_up import left
from nbtasks.template import undo
from nbtasks.template.changelog import show_changes, version_now

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


def is_linked() -> bool:
    """Tell whether .cruft.json is that of the files as they are.

    One that git lacks may be left of an update that was undone by `git reset --hard`.
    """
    path = root() / ".cruft.json"
    if not path.exists() or git.tracks(path):
        return path.exists()
    with contextlib.suppress(ValueError, LookupError):
        answers = json.loads(path.read_text(encoding="utf-8"))["context"]["cookiecutter"]
        return bool(answers["_version"] == version_now())
    return False


def link() -> int:
    """Tell cruft from which template and with which answers the project was made."""
    made, path = settings(), root() / ".cruft.json"
    answers = ["--extra-context", json.dumps(made["answers"])]
    version = ["--checkout", made["version"], "--no-input"]
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    code = cruft("link", address(made["template"]), *version, *answers)
    if code and before is not None:
        path.write_bytes(before)
    return code


def commit_link() -> int:
    """Commit .cruft.json if git lacks it, so that it stays whatever becomes of the update."""
    if git.tracks(root() / ".cruft.json"):
        return 0
    message = "Link the project to its template"
    commit = ["commit", "--quiet", "--no-verify", "--message", message, "--", ".cruft.json"]
    for command in (["add", "--force", ".cruft.json"], commit):
        done = subprocess.run(["git", *command], cwd=root(), stderr=subprocess.PIPE, text=True)
        if done.returncode:
            git.output("reset", "--quiet", "--", ".cruft.json")
            print(f"Nothing was updated: .cruft.json can't be committed. {done.stderr.strip()}")
            return 1
    print("Committed .cruft.json, which tells which version of the template this is.", flush=True)
    return 0


def give_base() -> None:
    """Have git store the files as they came from the template.

    Git can merge edits only of what it has; else cruft leaves parts that were rejected.
    """
    environ = os.environ | {"PYTHONUTF8": "1"}
    edits = subprocess.run([*CRUFT, "diff"], cwd=root(), env=environ, capture_output=True).stdout
    place = "--directory=" + git.ask("rev-parse", "--show-prefix").strip()
    steps = [["read-tree", "HEAD"], ["apply", "--cached", place]]
    with tempfile.TemporaryDirectory() as folder:
        environ["GIT_INDEX_FILE"] = str(Path(folder, "index"))
        for step in steps:
            git_step = ["git", *step]
            subprocess.run(git_step, cwd=root(), env=environ, input=edits, capture_output=True)


def why_not() -> str:
    """Return why an update can't begin, nothing if it can."""
    if not undo.head():
        return "An update is merged into what git has, and this project is in no commit of git."
    if left.git("status", "--porcelain", "--untracked-files=no"):
        return "Commit your changes first: an update is merged into what git has."
    return ""


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
    parser.add_argument("--abort", action="store_true", help="undo the update, with no edit lost")
    parser.add_argument("--version", help="a tag of the template (else: the newest there is)")
    options = parser.parse_args(arguments)
    if options.left:
        return left.show(find_left())
    if options.abort:
        return undo.abort()
    if problem := why_not():
        print(problem)
        return 1
    if (not is_linked() and link()) or commit_link():
        return 1
    return merge(["--checkout", options.version] if options.version else [])


def merge(wanted: list[str]) -> int:
    """Merge a version of the template, and say what is left; return 1 if something is."""
    version = version_now()
    give_base()
    with undo.recording():
        code = cruft("update", "--skip-apply-ask", "--allow-untracked-files", *wanted)
    if code or not undo.changed()[0]:
        return code
    show_changes(version)
    # In a new process, since this program may be among what has changed.
    done = subprocess.run([sys.executable, "-m", "nbtasks", "update", "--left"], cwd=root())
    print("To undo all of it, until it is committed: nbtasks update --abort")
    return done.returncode
