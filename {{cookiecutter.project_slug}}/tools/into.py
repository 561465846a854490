"""Copy this project into a git repository that exists; no file there is overwritten.

What it has already is left out and listed, with the command that shows how it differs.
"""

import argparse
import shlex
import shutil
import subprocess
from pathlib import Path

from tools import ROOT


def list_files() -> list[Path]:
    """Return the files of this project, but for those that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if (ROOT / name).is_file()]


def copy_missing(target: Path) -> list[Path]:
    """Copy the files that a folder lacks, and return those that it has."""
    there = []
    for name in list_files():
        if (target / name).exists() or (target / name).is_symlink():
            there.append(name)
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    return there


def main(arguments: list[str]) -> int:
    """Copy, and say what was left out and what to type next."""
    parser = argparse.ArgumentParser(prog="python tools into", description=__doc__)
    parser.add_argument("repository", type=Path, help="folder of the repository that exists")
    target = parser.parse_args(arguments).repository.resolve()
    if not (target / ".git").exists() or target == ROOT:
        print(f"{target} is not the top folder of another git repository. Nothing was copied.")
        return 1
    if not (ROOT / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=ROOT, check=True)
    there = copy_missing(target)
    if there:
        print("Left out, since the repository has its own; take over what you need of each:")
        for name in there:
            pair = [str(target / name), str(ROOT / name)]
            print(f"  git diff --no-index {shlex.join(pair)}")
    if Path(".gitignore") in there:
        print("Begin with .gitignore: without its lines git takes products/ and notebooks/ too.")
    print(f"All else is in {target} now, not committed yet. Next, type there:")
    print("  python bootstrap.py")
    return 0
