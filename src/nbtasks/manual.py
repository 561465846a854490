"""Show a page of the manual, in Markdown; without a topic, the list of pages."""

from __future__ import annotations

import argparse
from pathlib import Path


def pages() -> dict[str, Path]:
    """Return the file of each topic.

    The wheel has the pages beside this module; a folder of sources has them in its own docs/.
    """
    here = Path(__file__).resolve()
    inside = here.parent / "docs"
    folder = inside if inside.is_dir() else here.parents[2] / "docs"
    return {path.stem: path for path in sorted(folder.glob("*.md"))}


def print_list() -> None:
    """Print each topic, with the heading of its page."""
    print("nbtasks docs TOPIC shows one of these pages:\n")
    for topic, path in pages().items():
        print(f"  {topic:<19} {path.read_text(encoding='utf-8').splitlines()[0].lstrip('# ')}")


def main(arguments: list[str]) -> int:
    """Print a page or the list; return 2 if there is no such page."""
    parser = argparse.ArgumentParser(prog="nbtasks docs", description=__doc__)
    parser.add_argument("topic", nargs="?", help="a name of the list, such as tasks")
    topic = parser.parse_args(arguments).topic
    if topic is None:
        print_list()
        return 0
    if topic in pages():
        print(pages()[topic].read_text(encoding="utf-8"), end="")
        return 0
    print(f"There is no page {topic!r}.")
    print_list()
    return 2
