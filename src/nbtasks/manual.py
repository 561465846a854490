"""Show a page of the manual, in Markdown; without a topic, the list of pages."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

#: Begins each page where all of them are one file, as the wheel has them.
HEAD = "<!-- page: {} -->\n"


def joined(folder: Path) -> str:
    """Return all pages of a folder as one text, a head before each."""
    paths = sorted(folder.rglob("*.md"))
    return "".join(HEAD.format(path.stem) + path.read_text(encoding="utf-8") for path in paths)


def pages() -> dict[str, str]:
    """Return topic -> text of its page.

    The wheel has them in a file beside this module; a folder of sources in its own docs/.
    """
    here = Path(__file__).resolve()
    one = here.with_name("manual.md")
    text = one.read_text(encoding="utf-8") if one.is_file() else joined(here.parents[2] / "docs")
    parts = re.split("(?m)^" + HEAD.format(r"(\S+)"), text)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def print_list() -> None:
    """Print each topic, with the heading of its page."""
    print("nbtasks docs TOPIC shows one of these pages:\n")
    for topic, text in pages().items():
        print(f"  {topic:<19} {text.splitlines()[0].lstrip('# ')}")


def main(arguments: list[str]) -> int:
    """Print a page or the list; return 2 if there is no such page."""
    parser = argparse.ArgumentParser(prog="nbtasks docs", description=__doc__)
    parser.add_argument("topic", nargs="?", help="a name of the list, such as tasks")
    topic = parser.parse_args(arguments).topic
    if topic is None:
        print_list()
        return 0
    if topic in pages():
        print(pages()[topic], end="")
        return 0
    print(f"There is no page {topic!r}.")
    print_list()
    return 2
