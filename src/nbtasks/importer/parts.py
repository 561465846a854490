"""Split a notebook into parts."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from nbtasks.importer.statements import Statement, follow_calls, is_setting, read

#: States that random draws change: how a seed is set, how they are read and put back.
RANDOM = {
    "numpy_random": (
        r"\b(np|numpy)\.random\.seed\(",
        "np.random.get_state()",
        "np.random.set_state",
    ),
    "python_random": (r"(?<![.\w])random\.seed\(", "random.getstate()", "random.setstate"),
}


@dataclass
class Part:
    """A part of a notebook, which becomes a task. Its cells are numbered from 1."""

    name: str
    cells: list[int]
    statements: list[Statement]
    needs: dict[str, int] = field(default_factory=dict)  #: value -> number of the part it is from
    gives: set[str] = field(default_factory=set)
    copies: list[Statement] = field(default_factory=list)  #: of earlier parts
    moved: set[str] = field(default_factory=set)  #: names that it imports from the new module
    unresolved: set[str] = field(default_factory=set)

    def has(self, name: str, *ways: str) -> bool:
        """Tell whether one of its statements `needs`, `binds` or `changes` a name."""
        return any(name in getattr(item, way) for item in self.statements for way in ways)


def split(cells: list[Any], at: list[int]) -> list[Part]:
    """Split a notebook at its headings of the first two levels.

    Parameters
    ----------
    cells
        The cells of the notebook.
    at
        Numbers of the cells where parts begin, instead of at headings.

    Returns
    -------
    list of Part
        Those that do nothing by themselves are joined to the next.
    """
    parts = [Part("", [], [])]
    for number, cell in enumerate(cells, 1):
        title = heading(cell.source) if cell.cell_type != "code" else ""
        if number in at or (title and not at):
            parts.append(Part(title, [], []))
        parts[-1].cells.append(number)
        parts[-1].name = parts[-1].name or title
        if cell.cell_type == "code":
            parts[-1].statements += read(number, cell.source)
    mark_settings(parts)
    for index in reversed(range(len(parts) - 1)):
        if not has_code(parts[index]):
            parts[index + 1].name = parts[index + 1].name or parts[index].name
            parts[index].name = parts[index + 1].name
            join(parts, index, index + 1)
    if len(parts) > 1 and not has_code(parts[-1]):
        join(parts, len(parts) - 2, len(parts) - 1)
    return parts


def heading(text: str) -> str:
    """Return the first heading of level 1 or 2 of a text, underlined or not, as a name, if any."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open" and opening.tag in ("h1", "h2"):
            plain = "".join(item.content for item in inline.children if item.type != "html_inline")
            words = re.findall(r"[^\W_]+", plain.lower())
            while len(words) > 1 and (words[0].isdigit() or len("_".join(words)) > 40):
                words.pop(0 if words[0].isdigit() else -1)
            return "_".join(words) or "part"
    return ""


def mark_settings(parts: list[Part]) -> None:
    """Find the statements that set something in a module, now that all imports are known."""
    statements = [item for part in parts for item in part.statements]
    names = {
        kind: {name for item in statements if item.kind == kind for name in item.binds}
        for kind in ("import", "constant")
    }
    for item in statements:
        if is_setting(item, names["import"], names["constant"]):
            seeds = any(re.search(seed, item.text) for seed, *_ in RANDOM.values())
            item.kind = "seed" if seeds else "setting"
    used = {name for item in statements for name in item.needs | item.mentions}
    for item in statements:
        if item.kind == "import" and not item.binds & used and " as " not in item.text:
            item.kind = "setting"  # it may be there for what it does
    follow_calls(statements)


def has_code(part: Part) -> bool:
    """Tell whether a part does something by itself."""
    quiet = {"import", "names", "function", "constant", "setting", "seed"}
    return any(item.kind not in quiet for item in part.statements)


def join(parts: list[Part], first: int, last: int) -> None:
    """Make one part of several."""
    joined = parts[first : last + 1]
    cells = [cell for part in joined for cell in part.cells]
    statements = [item for part in joined for item in part.statements]
    parts[first : last + 1] = [Part(joined[0].name, cells, statements)]


def texts(part: Part) -> str:
    """Return the code of a part."""
    return "\n".join(item.text for item in part.statements)
