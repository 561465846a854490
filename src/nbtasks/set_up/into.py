"""Copy this project into a git repository that exists; no file there is overwritten.

What it has already is left out and listed, with the command that shows how it differs.
"""

import shlex
import shutil
import subprocess
from pathlib import Path

from nbtasks.project import root
from nbtasks.set_up import commands


def list_files():
    """Return the files of this project, but for those that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if (root() / name).is_file()]


def copy_missing(target):
    """Copy the files that a folder lacks, and return those that it has."""
    there = []
    for name in list_files():
        if (target / name).exists() or (target / name).is_symlink():
            there.append(name)
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root() / name, target / name)
    return there


def copy(repository):
    """Copy, and say what was left out and what to type next; return the exit code."""
    target = repository.resolve()
    if not (target / ".git").exists() or target == root():
        print(f"{target} is not the top folder of another git repository. Nothing was copied.")
        return 1
    others = sorted((target / "notebooks").rglob("*.ipynb"))
    if others:
        print(
            f"{target / 'notebooks'} has notebooks of its own, such as {others[0].name}; here that"
        )
        print("folder holds the pairs of the tasks. Nothing was copied. Rename it first:")
        print("  git mv notebooks drafts")
        return 1
    if not (root() / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=root(), check=True)
    there = copy_missing(target)
    if there:
        print("Left out, since the repository has its own; take over what you need of each:")
        for name in there:
            pair = [str(target / name), str(root() / name)]
            print(f"  git diff --no-index {shlex.join(pair)}")
    if Path(".gitignore") in there:
        print("Begin with .gitignore: without its lines git takes products/ and notebooks/ too.")
    if Path("requirements.txt") in there:
        print(
            "Then requirements.txt: the lock holds what its lines ask for, extras included, such as"
        )
        print("pandas[parquet]; after that, nbtasks lock.")
    print(f"All else is in {target} now, not committed yet. Next, type there:")
    print(f"  {commands.python()} bootstrap.py")
    return 0
