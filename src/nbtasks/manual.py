"""Show a page of the manual, in Markdown; without a topic, the list of pages.

`nbtasks docs reference` is made of the code: commands, keys of env.yaml and pipeline.yaml, files.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from nbtasks import reference

#: Begins each page where all of them are one file, as the wheel has them.
HEAD = "<!-- page: {} -->\n"
#: The kinds of pages, which are folders of docs/, in the order in which one meets them.
KINDS = ["", "tutorial", "how-to", "reference", "why"]
REFERENCE = "reference/reference"


def joined(folder: Path) -> str:
    """Return all pages of a folder as one text, a head before each."""
    texts = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.md")
    }
    return "".join(HEAD.format(name) + texts[name] for name in sorted(texts))


def pages() -> dict[str, str]:
    """Return the text of each page that is written by hand: ``how-to/tasks`` -> text.

    The wheel has them in a file beside this module; a folder of sources in its own docs/.
    """
    here = Path(__file__).resolve()
    one = here.with_name("manual.md")
    text = one.read_text(encoding="utf-8") if one.is_file() else joined(here.parents[2] / "docs")
    parts = re.split("(?m)^" + HEAD.format(r"(\S+)"), text)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def print_list() -> None:
    """Print each topic with the heading of its page, by kind."""
    print("nbtasks docs TOPIC shows one of these pages:")
    headings = {name: text.splitlines()[0].lstrip("# ") for name, text in pages().items()}
    headings[REFERENCE] = "Commands with their options, keys, files and folders, exit codes"
    for kind in KINDS:
        print()
        for name, heading in headings.items():
            folder, _, topic = name.rpartition("/")
            if folder == kind:
                print(f"  {topic:<19} {heading}")


def main(arguments: list[str]) -> int:
    """Print a page or the list; return 2 if there is no such page."""
    parser = argparse.ArgumentParser(prog="nbtasks docs", description=__doc__.splitlines()[0])
    parser.add_argument("topic", nargs="?", help="a name of the list, such as tasks")
    topic = parser.parse_args(arguments).topic
    if topic == "reference":
        print("\n".join(reference.pages().values()), end="")
        return 0
    texts = {name.rpartition("/")[2]: text for name, text in pages().items()}
    if topic in texts:
        print(texts[topic], end="")
        return 0
    if topic is not None:
        print(f"There is no page {topic!r}.")
    print_list()
    return 2 if topic is not None else 0
