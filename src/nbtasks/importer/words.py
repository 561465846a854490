"""Give parts short names, show them, suggest where to split, and say what is left to do."""

import ast
import builtins
import keyword
import re
import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from itertools import filterfalse
from pathlib import Path
from typing import Any

from nbtasks.importer.files import Files
from nbtasks.importer.flow import Flow
from nbtasks.importer.parts import QUIET_KINDS, Part, every
from nbtasks.importer.scripts import Task
from nbtasks.importer.syntax import called
from nbtasks.pipeline import pipeline_file
from nbtasks.project import package

#: Words of headings that say nothing about what a part does.
NOISE = re.compile(
    "a|about|all|an|and|are|as|at|be|by|can|chapter|df|do|does|each|exercises?|final|finally|first|"
    "for|from|has|have|how|i|if|in|into|is|it|its|lets?|look|next|notebook|now|of|on|one|or|our|"
    "out|parts?|problem|pts|questions?|s|second|section|should|so|solution|some|statement|steps?|t|"
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
OTHER = "it is made twice, or has a file, a magic or a name with two meanings in it."
#: What can't be decided, or is better done otherwise.
UNDECIDED = {
    r"(?m)^\s*[!%]\s*(pip|conda|mamba)\b": "installs packages at each build; "
    "name them in requirements.txt instead",
    r"(?<![\w.])(eval|exec|globals|locals|vars)\(": "uses names in a way that can't be followed",
    r"(?m)^\s*%(run|store|pylab|load)\b": "brings names that can't be followed",
    r"(?m)^\s*%%(writefile|file)\b": "writes a file to the folder that it runs in, the project's",
}


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
    found: Counter[str] = Counter()
    made: dict[str, list[str]] = {}
    for item in (item for item in part.statements if item.node):
        calls = [called(node) for node in ast.walk(item.node) if isinstance(node, ast.Call)]
        verbs = [verb for call in calls for verb, p in DOES.items() if re.fullmatch(p, call)]
        found.update(verbs)
        for verb in verbs:
            made.setdefault(verb, []).extend(filterfalse(PLAIN.fullmatch, sorted(item.binds)))
    verb = max(found, key=lambda k: found[k], default="explore")
    verb = "load" if found["load"] and part.cells[0] < 8 else verb
    return "_".join(filter(None, [verb, *map(short, made.get(verb, [])[:1])]))


def is_free(name: str, taken: Iterable[str]) -> bool:
    """Tell whether a name means nothing else: to Python, to a package, to the project."""
    others = {*dir(builtins), *sys.stdlib_module_names, package().name, "nbtasks", "tasks", "part"}
    return name.isidentifier() and not keyword.iskeyword(name) and name not in {*others, *taken}


def module_name(path: Path, taken: Iterable[str] = ()) -> str:
    """Return a name for the module of the functions, one that no other module has."""
    name = re.sub(r"\W+", "_", path.stem.lower()).strip("_0123456789") or "notebook"
    ours = f"came from {path.name}."
    others = [f.stem for f in package().glob("*.py") if ours not in f.read_text("utf-8")]
    while not is_free(name, {*taken, *others}):
        name += "_notebook"
    return name


def name_parts(parts: list[Part], path: Path) -> None:
    """Give every part a name that no other task has."""
    used = {name.partition(".")[0] for i in every(parts) for name in i.imports.values()}
    taken, start = {*pipeline_file.read_tasks(), *used}, short(path.stem) or module_name(path)
    for part in parts:
        name = short(part.name) or (start if len(parts) == 1 and len(start) > 3 else does(part))
        if not is_free(name, taken):
            name = f"{start}_{name}" if name != start else f"{name}_{does(part)}"
        numbers = (f"{name}_{number}" for number in range(2, 99))
        part.name = name if is_free(name, taken) else next(n for n in numbers if n not in taken)
        taken.add(part.name)


def suggest(part: Part, cells: list[Any]) -> str:
    """Return where a notebook without headings could be split: where little flows."""
    codes = [n for n in part.cells if cells[n - 1].cell_type == "code" and cells[n - 1].source]
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
    starts, named = sorted(cuts), []
    for first, end in zip([1, *starts], [*starts, len(cells) + 1], strict=True):
        own = [item for item in part.statements if first <= item.cell < end]
        named.append(does(Part("", [first], own)))
    flows = ", ".join(str(costs[cut]) for cut in starts)
    split = ",".join(map(str, starts))
    return f"--split {split}  makes {', '.join(named)} (values that pass: {flows})" if cuts else ""


def show(tasks: list[Task], flow: Flow, path: Path) -> None:
    """Print the parts as a table, and what flows between them as a picture."""
    print(f"{path.name}: {len(tasks)} parts")
    width = max(len(task.part.name) for task in tasks)
    for task in tasks:
        cells = task.part.cells
        makes = ", ".join(key for key in task.products if key != "nb") or "-"
        print(f"  {task.part.name:<{width}}  cells {cells[0]}-{cells[-1]}  makes {makes}")
    for index, part in enumerate(flow.parts):
        for later in flow.parts[index + 1 :]:
            if names := sorted(n for n, giver in later.needs.items() if giver == index):
                print(f"  {part.name:>{width}} ── {', '.join(names)} ──▶ {later.name}")
    for line in [*(f"One task, since {line}" for line in flow.joined), *find_undecided(tasks)]:
        print(f"  {line}")


def find_undecided(tasks: list[Task]) -> Iterator[str]:
    """Say what can't be decided, a line each."""
    for task in tasks:
        code = task.part.copies + task.part.statements
        for name in sorted(task.part.unresolved):
            cell = min(item.cell for item in code if name in item.needs | item.mentions)
            yield f"{task.part.name}: cell {cell}: nothing says what {name} is"
        for cell in (cell for cell in task.cells if "import" in cell.metadata):
            for text in (text for p, text in UNDECIDED.items() if re.search(p, cell.source)):
                yield f"{task.part.name}: cell {cell.metadata['import']} {text}"


def advise(tasks: list[Task], flow: Flow, files: Files, tested: Container[str]) -> Iterator[str]:
    """Say what to do by hand, most useful first."""
    yield from [*find_undecided(tasks), *about_functions(flow, tested)]
    for index, name in [(n, name) for n, p in enumerate(flow.parts) for name in sorted(p.gives)]:
        seen = flow.look(index, name)
        if seen.get("type") == "DataFrame" and "columns" not in seen:
            yield f"{name} passes by joblib: parquet would change its types, or nan to None."
    for task in tasks:
        if loose := [name for name, way in files.loose(task.part.cells).items() if not way]:
            first = ", ".join(loose[:2]) + ", ..." * (len(loose) > 2)
            yield f"{task.part.name} puts names of files together: {first} stay where they were."
        yield from (f"A picture is now tasks/images/{name}" for name in task.images)


def about_functions(flow: Flow, tested: Container[str]) -> Iterator[str]:
    """Say which functions stay, and why, and which have no test."""
    values = {name for i in flow.statements if i.kind == "value" for name in i.binds}
    functions = [item for item in flow.statements if item.kind == "function"]
    for item in [item for item in functions if not item.binds & flow.moved]:
        sets, uses = ", ".join(sorted(item.sets)), ", ".join(sorted(item.needs & values))
        why = f"it uses {uses}. Give it these as arguments." if uses else OTHER
        why = f"it sets {sets} by `global`. Let it return what it makes." if sets else why
        yield f"{min(item.binds)} (cell {item.cell}) stays in the script: {why}"
    moved = [i for i in functions if i.binds & flow.moved and isinstance(i.node, ast.FunctionDef)]
    if bare := [min(i.binds) for i in moved if min(i.binds) not in tested]:
        yield f"No test, since no short, plain call of them was seen: {', '.join(bare)}"
