"""Copy this project into a git repository that exists; no file there is overwritten.

What it has already is left out and listed, with the command that shows how it differs.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from nbtasks.project import root
from nbtasks.set_up import commands


def list_files() -> list[Path]:
    """Return the files of this project, but for those that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if (root() / name).is_file()]


def copy_missing(target: Path) -> list[Path]:
    """Copy the files that a folder lacks, and return those that it has."""
    there = []
    for name in list_files():
        if (target / name).exists() or (target / name).is_symlink():
            there.append(name)
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root() / name, target / name)
    return there


def why_not(target: Path) -> str | None:
    """Return why this project can't move into a folder, or None if it can."""
    if not (target / ".git").exists() or target == root():
        return f"{target} is not the top folder of another git repository."
    pairs = target / "notebooks"
    for path in sorted(pairs.rglob("*.ipynb")):
        if not (target / "tasks" / path.relative_to(pairs)).with_suffix(".py").exists():
            return (
                f"{path} is a notebook of its own, and here that folder holds the pairs of the\n"
                "tasks. Rename the folder first: git mv notebooks drafts."
            )
    return None


def advise(there: list[Path]) -> None:
    """Say which of the files that the repository has come first."""
    if Path(".gitignore") in there:
        print("Begin with .gitignore: without its lines git takes products/ and notebooks/ too.")
    if Path("requirements.txt") in there:
        print("Then requirements.txt: the lock holds what its lines ask for, with extras, such as")
        print("pandas[parquet]; after that, nbtasks lock.")


def copy(repository: Path) -> int:
    """Copy, and say what was left out and what to type next; return the exit code."""
    target = repository.resolve()
    reason = why_not(target)
    if reason:
        print(f"{reason} Nothing was copied.")
        return 1
    if not (root() / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=root(), check=True)
    there = copy_missing(target)
    if there:
        print("Left out, since the repository has its own; take over what you need of each:")
        for name in there:
            pair = [str(target / name), str(root() / name)]
            print(f"  git diff --no-index {shlex.join(pair)}")
    advise(there)
    print(f"All else is in {target} now, not committed yet. Next, type there:")
    print(f"  {commands.python()} bootstrap.py")
    return 0
