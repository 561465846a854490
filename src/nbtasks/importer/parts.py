"""Split a notebook into parts."""

import ast
import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt

from nbtasks.importer.statements import GIVEN, LITERAL, Statement, follow_calls, is_setting, read

#: States that random draws change -> how a seed is set.
RANDOM = {
    "numpy_random": re.compile(r"\b(np|numpy)\.random\.seed\("),
    "python_random": re.compile(r"(?<![.\w])random\.seed\("),
}
#: Imports that are there for what they do; code that shows nothing to speak of.
ACTS = re.compile(r"import \w+\.[\w.]+\s*$|from [\w.]*\bexperimental\b")
QUIET = re.compile(r"get_ipython\(\)|print\([^()]*__version__|['\"]|pass\b|sys\.path")
#: Decorators that do nothing but to their function.
PURE = r"[\w.]*\b(cache|lru_cache|wraps|dataclass|contextmanager|n?jit|total_ordering)\b"
#: What else may be in an expression of constants: a text, a type, a call of a plain type.
SIMPLE = (ast.Name, ast.JoinedStr, ast.FormattedValue, ast.Attribute, ast.Subscript, ast.keyword)
TYPES = {"dict", "float", "frozenset", "int", "list", "range", "set", "str", "tuple"}
#: Statements that do nothing by themselves.
QUIET_KINDS = {"import", "names", "function", "constant", "setting", "seed"}
#: Lines that are headings where there are no better ones: in bold, a comment at the top of code.
LINES = {
    "bold": r"\s*(?:\*\*|__)([^*_\n]{3,60})(?:\*\*|__):?\s*(?:\n|$)",
    "comment": r"#+ *(?!In ?\[)([^\W\d_][^\n]{2,60})\n",
}
#: More parts than these, and what begins them were no headings.
MOST = 13


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
    """Split a notebook at its headings, or at the cells with some numbers, counted from 1.

    Where there are no headings of the first two levels, deeper ones count, then lines in bold, then
    comments at the top of cells.
    """
    code = [(n, cell.source) for n, cell in enumerate(cells, 1) if cell.cell_type == "code"]
    statements = [item for number, source in code for item in read(number, source)]
    mark_settings(statements)
    if at:
        titles = {number: heading(cells[number - 1], "h[12]") for number in at}
        return parts_at(cells, statements, titles)
    found = []
    for kind in ("h[12]", "h[1-6]", "bold", "comment"):
        titles = {number: heading(cell, kind) for number, cell in enumerate(cells, 1)}
        found.append(parts_at(cells, statements, {n: t for n, t in titles.items() if t}))
    fits = [parts for parts in found if len(parts) > 1 and (parts is found[0] or len(parts) < MOST)]
    return [*fits, found[0]][0]


def parts_at(cells: list[Any], statements: list[Statement], at: dict[int, str]) -> list[Part]:
    """Return the parts that begin at some cells, those joined that do nothing by themselves."""
    starts = sorted({1, *at})
    parts = []
    for start, end in zip(starts, [*starts[1:], len(cells) + 1], strict=True):
        own = [item for item in statements if start <= item.cell < end]
        parts.append(Part(at.get(start, ""), [*range(start, end)], own))
    for index in reversed(range(len(parts) - 1)):
        if not has_code(parts[index]):
            parts[index].name = parts[index + 1].name or parts[index].name
            join(parts, index, index + 1)
    if len(parts) > 1 and not has_code(parts[-1]):
        join(parts, len(parts) - 2, len(parts) - 1)
    return parts


def heading(cell: Any, kind: str) -> str:
    """Return the first heading of some levels in a cell, underlined or not, if any."""
    text = cell.source
    if cell.cell_type == "code" or kind in LINES:
        is_kind = (kind == "comment") == (cell.cell_type == "code")
        match = re.match(LINES[kind], text) if kind in LINES and is_kind else None
        return match[1] if match else ""
    if match := re.search(rf"(?s)<{kind}\b[^>]*>(.*?)</?{kind}", text):
        return re.sub(r"<[^>]+>", "", match[1]).strip()
    for opening, inline in itertools.pairwise(MarkdownIt().parse(text)):
        if opening.type == "heading_open" and re.fullmatch(kind, opening.tag):
            plain = "".join(item.content for item in inline.children if item.type != "html_inline")
            return plain.strip() or "part"
    return ""


def mark_settings(statements: list[Statement]) -> None:
    """Tell the kinds of statements that depend on others: what sets something, and constants."""
    imported = {name for item in statements if item.kind == "import" for name in item.binds}
    known = {name for item in statements if item.kind == "constant" for name in item.binds}
    used = {name for item in statements for name in item.needs | item.mentions}
    fits = (*LITERAL, *SIMPLE, ast.Call)
    for item in statements:
        if is_setting(item, imported | known, imported):
            seeds = any(seed.search(item.text) for seed in RANDOM.values())
            item.kind = "seed" if seeds else "setting"
        elif item.kind == "import" and not item.binds & used and ACTS.match(item.text):
            item.kind = "setting"  # it is there for what it does
        elif item.kind == "value" and isinstance(item.node, ast.Assign) and len(item.binds) == 1:
            nodes = [*ast.walk(item.node.value)]
            calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
            simple = all(isinstance(n, fits) for n in nodes) and calls <= TYPES | known
            if simple and item.needs <= known | imported | GIVEN:
                item.kind, known = "constant", known | item.binds
    follow_calls(statements)


def has_code(part: Part) -> bool:
    """Tell whether a part does something by itself."""
    loud = [item for item in part.statements if item.kind not in QUIET_KINDS]
    return any(not QUIET.match(item.text) for item in loud)


def join(parts: list[Part], first: int, last: int) -> None:
    """Make one part of several."""
    joined = parts[first : last + 1]
    cells = [cell for part in joined for cell in part.cells]
    parts[first : last + 1] = [Part(joined[0].name, cells, every(joined))]


def every(parts: list[Part]) -> list[Statement]:
    """Return all statements of some parts."""
    return [item for part in parts for item in part.statements]


def is_alone(item: Statement, statements: list[Statement]) -> bool:
    """Tell whether a statement shares no line with another, and its decorators are harmless."""
    others = (other for other in statements if other.cell == item.cell and other is not item)
    lines = {line for other in others for line in other.lines}
    decorators = re.findall(r"(?m)^@(.*)", item.text)
    return not lines & set(item.lines) and all(re.match(PURE, text) for text in decorators)
