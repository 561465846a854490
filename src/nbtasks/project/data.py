"""Keep raw data that is too large for git: a list of files with hashes, and where to get them.

nbtasks data                       check every file of the list; download what is missing
nbtasks data add FILE [--url URL]  put a file on the list, and leave it out of git
"""

from __future__ import annotations

import argparse
import hashlib
import os
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import yaml

from nbtasks.project import git, root

LIST = "data/raw/large-files.yaml"
HEADER = "# Files that are too large for git. To check or download them: nbtasks data\n"
CHUNK = 1 << 20  # bytes


def read_list() -> dict[str, dict]:
    """Return what is known of each file, by its path in the project."""
    path = root() / LIST
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def add(path: Path, url: str | None) -> int:
    """Put a file on the list, and leave it out of git."""
    path, listed = path.resolve(), root() / LIST
    if not path.is_file() or listed.parent not in path.parents:
        print(f"{path} is no file in data/raw.")
        return 1
    files, name = read_list(), path.relative_to(root()).as_posix()
    files[name] = {"sha256": hash_of(path), "bytes": path.stat().st_size}
    if url:
        files[name]["url"] = url
    text = HEADER + yaml.safe_dump(files, allow_unicode=True)
    listed.write_text(text, encoding="utf-8", newline="\n")
    ignore = listed.with_name(".gitignore")
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    line = "/" + path.relative_to(listed.parent).as_posix()
    if line not in lines:
        ignore.write_text("\n".join([*lines, line]) + "\n", encoding="utf-8", newline="\n")
    git.output("rm", "--cached", "--quiet", "--ignore-unmatch", name)
    print(
        f"{name} is on the list and out of git. Next: git add {listed.parent.relative_to(root())}"
    )
    return 0


def download(url: str, path: Path, wanted: dict) -> str | None:
    """Download a file if it is the one that is wanted; return what is wrong, or None."""
    from tqdm import tqdm

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.download")
    try:
        with urllib.request.urlopen(url) as answer, temporary.open("wb") as file:
            bar = tqdm(
                total=wanted["bytes"], unit="B", unit_scale=True, desc=path.name, leave=False
            )
            while piece := answer.read(CHUNK):
                file.write(piece)
                bar.update(len(piece))
            bar.close()
        if hash_of(temporary) != wanted["sha256"]:
            return f"what {url} sends is another file (its hash differs)"
        os.replace(temporary, path)
    except (OSError, ValueError) as error:  # no network, no such address
        if isinstance(error, HTTPError):
            error.close()
        return f"{url} can't be read: {error}"
    finally:
        temporary.unlink(missing_ok=True)
    return None


def check(name: str, wanted: dict) -> str | None:
    """Make sure that a file is there and whole; return what is wrong, or None."""
    path = root() / name
    if path.exists():
        if path.stat().st_size == wanted["bytes"] and hash_of(path) == wanted["sha256"]:
            return None
        return "it is another file than the list says; to take it: nbtasks data add"
    if "url" in wanted:
        return download(wanted["url"], path, wanted)
    return "it is missing, and the list has no address: ask who put it there, and copy it"


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="nbtasks data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="")
    adding = actions.add_parser("add", help="put a file on the list, and leave it out of git")
    adding.add_argument("file", type=Path)
    adding.add_argument("--url", help="where others can download it")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Check the list, or add to it; return 1 if a file is missing or another one."""
    options = parse(arguments)
    if options.action == "add":
        return add(options.file, options.url)
    problems = 0
    for name, wanted in read_list().items():
        problem = check(name, wanted)
        print(f"{name}: {problem or 'here'}")
        problems += problem is not None
    return 1 if problems else 0
