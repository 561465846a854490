"""Give parts short names, of their headings or of what they do; suggest where to split."""

import ast
import builtins
import keyword
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbtasks.importer.parts import QUIET_KINDS, Part
from nbtasks.importer.syntax import called
from nbtasks.pipeline import pipeline_file
from nbtasks.project import package

#: Words of headings that say nothing about what a part does.
NOISE = re.compile(
    "a|about|all|an|and|are|as|at|be|by|can|chapter|df|do|does|each|exercises?|final|finally|first|"
    "for|from|has|have|how|i|if|in|into|is|it|its|lets?|look|next|notebook|now|of|on|one|or|our|"
    "out|parts?|problem|questions?|s|second|section|should|so|solution|some|statement|steps?|t|"
    "tasks?|that|the|their|then|there|these|this|to|tutorial|two|untitled|up|us|using|via|"
    "was|we|were|what|when|where|which|who|why|will|with|you|your"
)
#: What the calls of a part are about -> how it is called.
DOES = {
    "load": r"read_\w+|load\w*|urlretrieve|open|connect",
    "clean": r"fillna|drop\w*|rename|astype|replace|map|apply|to_(datetime|numeric)|get_dummies",
    "merge": r"merge|join|concat",
    "model": r"fit|fit_\w+|train_test_split|predict\w*|score|cross_val\w*|\w+_score",
    "plot": r"\w*plot|hist|scatter|bar|barh|show|imshow|heatmap|figure|subplots",
    "summarise": r"groupby|pivot\w*|agg|value_counts|describe|info|head|mean|corr|crosstab",
    "save": r"to_\w+|dump|save\w*",
}
PLAIN = re.compile(r"_|df\d*|data|dataset|x|y|fig|ax|axes|i|n|.")


def short(text: str) -> str:
    """Return the first words of a text that say something, as a name; nothing if none does."""
    words = re.findall(r"[^\W\d_]+-[^\W\d_]+|[^\W\d_]{2,}", text.lower())  # k-means is one
    words = [word.replace("-", "_") for word in words if not NOISE.fullmatch(word)]
    name = ""
    for word in words[:3]:
        longer = f"{name}_{word}".strip("_")
        name = longer if len(longer) <= 24 or not name else name
    return name


def does(part: Part) -> str:
    """Return a name for a part, of what it does most, and of what it makes."""
    calls = {
        item: [called(n) for n in ast.walk(item.node) if isinstance(n, ast.Call)]
        for item in part.statements
        if item.node
    }
    every = [call for names in calls.values() for call in names]
    found = Counter(k for call in every for k, p in DOES.items() if re.fullmatch(p, call))
    verb = max(found, key=lambda k: found[k], default="explore")
    verb = "load" if found["load"] and part.cells[0] < 8 else verb
    about = [
        i for i, names in calls.items() if any(map(re.compile(DOES.get(verb, "")).fullmatch, names))
    ]
    made = [name for item in about for name in sorted(item.binds) if not PLAIN.fullmatch(name)]
    return "_".join(filter(None, [verb, *map(short, made[:1])]))


def is_free(name: str, taken: Iterable[str]) -> bool:
    """Tell whether a name means nothing else: to Python, to a package, to the project."""
    others = {*dir(builtins), *sys.stdlib_module_names, package().name, "nbtasks", "tasks", "part"}
    return name.isidentifier() and not keyword.iskeyword(name) and name not in {*others, *taken}


def module_name(path: Path, taken: Iterable[str] = ()) -> str:
    """Return a name for the module of the functions, one that no other module has."""
    name = re.sub(r"\W+", "_", path.stem.lower()).strip("_0123456789") or "notebook"
    others = [
        file.stem
        for file in package().glob("*.py")
        if f"came from {path.name}." not in file.read_text("utf-8")
    ]
    while not is_free(name, {*taken, *others}):
        name += "_notebook"
    return name


def name_parts(parts: list[Part], path: Path) -> None:
    """Give every part a name that no other task has."""
    taken, start = {*pipeline_file.read_tasks()}, short(path.stem) or module_name(path)
    for part in parts:
        name = short(part.name) or (start if len(parts) == 1 and len(start) > 3 else does(part))
        if not is_free(name, taken):
            name = f"{start}_{name}" if name != start else f"{name}_{does(part)}"
        numbers = (f"{name}_{number}" for number in range(2, 99))
        part.name = name if is_free(name, taken) else next(n for n in numbers if n not in taken)
        taken.add(part.name)


def suggest(part: Part, cells: list[Any]) -> str:
    """Return where a notebook without headings could be split: where little flows."""
    codes = [
        n for n in part.cells if cells[n - 1].cell_type == "code" and cells[n - 1].source.strip()
    ]
    pieces = min(5, len(codes) // 4)
    values = [item for item in part.statements if item.kind not in QUIET_KINDS]
    costs = {}
    for at in codes[2:-1]:
        bound = {n for item in values if item.cell < at for n in item.binds}
        later = (item for item in part.statements if item.cell >= at)
        costs[at] = len(bound & {n for item in later for n in item.needs - item.binds})
    cuts: list[int] = []
    for at in sorted(costs, key=lambda n: (costs[n], n)):
        gaps = [abs(codes.index(at) - codes.index(cut)) for cut in cuts]
        if len(cuts) < pieces - 1 and all(gap > len(codes) // (pieces + 2) for gap in gaps):
            cuts.append(at)
    starts = [1, *sorted(cuts)]
    ranges = zip(starts, [*starts[1:], len(cells) + 1], strict=True)
    pieces_of = [Part("", [a], [i for i in part.statements if a <= i.cell < b]) for a, b in ranges]
    flows = ", ".join(str(costs[cut]) for cut in starts[1:])
    split = ",".join(map(str, starts[1:]))
    named = ", ".join(map(does, pieces_of))
    return f"--split {split}  makes {named} (values that pass: {flows})" if cuts else ""
