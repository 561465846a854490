"""What finishes a report: contents, captions, and no column that only numbers the rows."""

import html
import re
from collections import Counter
from typing import Any

from nbtasks.results.offline import FIGURE, PICTURES

#: More headings than this are listed at the side.
FEW = 5
#: Where the list of the headings goes.
CONTENTS = "<!-- contents -->"
HEADING = re.compile(
    r'<h([1-3])\b[^>]*? id="([^"]*)"[^>]*>((?:(?!</h).)*?)<a class="anchor-link".*?</a></h\1>',
    re.DOTALL,
)
#: A table of pandas with one line of names and an index without a name.
TABLE = re.compile(
    r'(<table border="1" class="dataframe)(">\s*<thead>\s*<tr[^>]*>\s*<th></th>'
    r"((?:(?!</tr>).)*)</tr>\s*</thead>(.*?)</table>)",
    re.DOTALL,
)


def prepare(nb: Any) -> None:
    """Move titles of figures in a notebook to captions, and mark tables that show a plain range."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if text := caption(data, cell.metadata.get("title", "")):
                output.metadata["caption"] = text
            if "text/html" in data:
                data["text/html"] = TABLE.sub(mark, str(data["text/html"]))


def caption(data: Any, title: str) -> str:
    """Return what an output is called, if it is a figure; plotly's title is taken out of it.

    `title` is that of its cell, as in ``# %% The species``, for figures without one.
    """
    if FIGURE not in data:
        return title if any(kind in data for kind in PICTURES[1:]) else ""
    layout = data[FIGURE].get("layout", {})
    own = layout.get("title") or {}
    own = own if isinstance(own, dict) else {"text": own}
    text = " · ".join(filter(None, [own.get("text"), own.get("subtitle", {}).get("text")]))
    if not text or "$" in text:  # a formula, which plotly draws
        return "" if text else title
    del layout["title"]
    layout.setdefault("margin", {}).setdefault("t", 40)  # pixels; what the title needed was 100
    plain = re.sub(r"<[^>]*>", "", re.sub(r"<br\b", " <br", text))
    return " ".join(html.unescape(plain).split())


def mark(found: re.Match[str]) -> str:
    """Return a table, marked if its index says nothing; not a matrix, with a range both ways."""
    columns = re.findall(r"<th>(.*?)</th>", found[3])
    rows = re.findall(r"<tr>\s*<th>(.*?)</th>", found[4])
    is_plain = len(rows) == found[4].count("<tr") and "" not in columns  # one level only
    says_nothing = is_plain and is_range(rows) and not is_range(columns)
    return found[1] + " range" * says_nothing + found[2]


def is_range(labels: list[str]) -> bool:
    """Tell whether labels count from 0; pandas writes ``...`` for those that it leaves out."""
    gap = labels.index("...") if "..." in labels else len(labels)
    last = labels[gap + 1 :]
    first = int(last[0]) if last and last[0].isdigit() else gap
    numbers = [*range(gap), *range(first, first + len(last))]
    return [*labels[:gap], *last] == [str(number) for number in numbers]


def add_contents(page: str) -> str:
    """Return a page whose headings have ids of their own, and a list of them if it is long."""
    links: list[str] = []
    taken: Counter[str] = Counter()

    def mend(found: re.Match[str]) -> str:
        level, name, text = found.groups()
        text = text.replace("ns0:", "")  # nbconvert's name for what is a formula
        taken[name] += 1
        name += f"-{taken[name]}" * (taken[name] > 1)
        plain = re.sub(r"</?a\b[^>]*>", "", text)
        links.append(f'<a class="level-{level}" href="#{name}">{plain}</a>')
        return f'<h{level} id="{name}">{text}</h{level}>'

    page = HEADING.sub(mend, page)
    if len(links) <= FEW:
        return page.replace(CONTENTS, "", 1)
    listed = "\n".join(links[1:] if "level-1" in links[0] else links)
    return page.replace(CONTENTS, f'<nav class="contents"><p>Contents</p>\n{listed}\n</nav>', 1)
