"""Keep raw data that is too large for git: a list of files with hashes, and where to get them.

nbtasks data                       check every file of the list; download what is missing
nbtasks data add FILE [--url URL]  put a file on the list, and leave it out of git
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nbtasks.project import git, root

LIST = "data/raw/large-files.yaml"
HEADER = "# Files that are too large for git. To check or download them: nbtasks data\n"


def read_list() -> dict[str, dict[str, Any]]:
    """Return what is known of each file, by its path in the project."""
    path = root() / LIST
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    import pooch  # half a second

    return str(pooch.file_hash(str(path)))


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


def check(name: str, wanted: Mapping[str, Any]) -> str | None:
    """Make sure that a file is there and whole; return what is wrong, or None."""
    path = root() / name
    if path.exists():
        if path.stat().st_size == wanted["bytes"] and hash_of(path) == wanted["sha256"]:
            return None
        return "it is another file than the list says; to take it: nbtasks data add"
    if "url" not in wanted:
        return "it is missing, and the list has no address: ask who put it there, and copy it"
    import pooch
    from requests import RequestException

    pooch.get_logger().setLevel("WARNING")
    place = {"fname": path.name, "path": path.parent}
    try:
        pooch.retrieve(wanted["url"], f"sha256:{wanted['sha256']}", **place, progressbar=True)
    except (OSError, ValueError, RequestException) as error:
        if "hash" in str(error):
            return f"what {wanted['url']} sends is another file (its hash differs)"
        return f"{wanted['url']} can't be read: {error}"
    return None


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
