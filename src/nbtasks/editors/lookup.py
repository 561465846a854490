"""What editors and `%task` say: where parameters end in a cell, which task a file belongs to."""

import ast
import difflib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from nbtasks.editors import reading
from nbtasks.editors.reading import Choice
from nbtasks.errors import Refusal

USAGE = """\
%task                       what holds in this session
%task NAME                  the parameters of a task, now and at the next parameters cell
%task NAME --sample         those of the data sample
%task NAME --env staging    those of env.staging.yaml
%task NAME --env--seed 3    another value, as for `ploomber build`"""
#: How many tasks are listed where none was meant.
LISTED = 10
#: What a parameters cell assigns at least.
ASSIGNED = {"upstream", "product"}
#: Spyder sends the number of a cell and its file: %runcell -i 2 '/home/ada/tasks/clean.py'
SPYDER = re.compile(r"""runcell\b.*?(?<=['" ])((?:[\\/]|[A-Za-z]:)[^'"]*\.py)""")


class Wish(NamedTuple):
    """What `%task` was asked for."""

    name: str | None = None
    options: tuple[str, ...] = ()
    #: A file, such as env.staging.yaml.
    environment: str | None = None


class Found(NamedTuple):
    """A task in its pipeline, and the others of the same script."""

    name: str
    pipeline: dict[str, Any]
    others: list[str]


def parse(line: str, root: Path) -> Wish:
    """Return what a line behind `%task` asks for, unless its file of parameters is missing."""
    words, environment = shlex.split(line), None
    names: list[str] = []
    options: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--sample":
            options += ["--env--sample", "true"]
        elif word.startswith("--env") and words:
            value = words.pop(0)
            if word == "--env":
                environment = env_file(value, root)
            else:
                options += [word, value]
        elif word.startswith("-"):
            raise Refusal(f"{word} is not known.\n{USAGE}")
        else:
            names.append(word)
    if len(names) > 1:
        raise Refusal(f"one task at a time, not {' '.join(names)}.\n{USAGE}")
    return Wish(names[0] if names else None, tuple(options), environment)


def env_file(name: str, root: Path) -> str:
    """Return the file of an environment: `staging` is that of env.staging.yaml."""
    for file in (name, f"env.{name}.yaml"):
        if file.endswith(".yaml") and (root / file).is_file():
            return file
    known = [path.name.split(".")[1] for path in sorted(root.glob("env.*.yaml"))]
    raise Refusal(f"there is no env.{name}.yaml. Next: --env {' or '.join(known) or 'NAME'}")


def find(root: Path, file: Path | None, wish: Wish) -> Found:
    """Return the task of a file, or else the one that `%task` has named; refuse without one."""
    known: list[str] = []
    for pipeline in pipelines(root, file, wish.name):
        answer = reading.read(Choice(root, pipeline, wish.options, wish.environment))
        names = [
            name
            for name, task in answer["tasks"].items()
            if file and task["source"] in sources(root, file)
        ]
        if wish.name in answer["tasks"] and (not names or wish.name in names):
            names = [wish.name, *(name for name in names if name != wish.name)]
        if names:
            return Found(names[0], answer, names[1:])
        known += answer["tasks"]
    if file is None:
        raise Refusal(no_task(str(wish.name), known))
    raise Refusal(
        f"{shown(root, file)} is the script of no task. Next: add it to pipeline.yaml "
        "(nbtasks docs tasks), or have those of another task: %task NAME"
    )


def no_task(name: str, known: list[str]) -> str:
    """Say that there is no task of a name, and which may be meant."""
    near = difflib.get_close_matches(name, known, n=1)
    some = ", ".join([*known[:LISTED], *["..."] * (len(known) > LISTED)])
    meant = f"Did you mean {near[0]}?" if near else f"There are {some}"
    return f"there is no task {name} with cells. {meant}"


def pipelines(root: Path, file: Path | None, name: str | None) -> Iterator[str | None]:
    """Yield the pipeline that Ploomber chooses (None), then others that name the file or task."""
    yield None
    for path in sorted(root.glob("pipeline.*.yaml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if any(word and word in text for word in (file and file.stem, name)):
            yield path.name


def sources(root: Path, file: Path) -> set[str]:
    """Return what a task may call the source that an editor has open: itself, or its pair."""
    path = PurePosixPath(shown(root, file))
    pair = PurePosixPath(*("tasks" if part == "notebooks" else part for part in path.parts))
    return {str(path), *(str(pair.with_suffix(kind)) for kind in (".py", ".md"))}


def shown(root: Path, file: Path) -> str:
    """Return the path of a file from the project, if it is in there."""
    for path, folder in ((file, root), (file.resolve(), root.resolve())):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return str(file)


class Transformer(ast.NodeTransformer):
    """Adds a call, if it is wanted, behind the parameters of a cell, before what else it has."""

    def __init__(self, call: str, is_wanted: Callable[[], bool]) -> None:
        self.call, self.is_wanted = call, is_wanted

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Return the cell with the call in it; what is no parameters cell stays as it is."""
        end = end_of_parameters(node.body)
        if end is not None and self.is_wanted():
            call = ast.parse(self.call).body[0]
            for part in ast.walk(call):
                ast.copy_location(part, node.body[end - 1])
            node.body.insert(end, call)
        return node


def end_of_parameters(body: list[ast.stmt]) -> int | None:
    """Return how many statements there are up to the end of the parameters; None without any.

    They are plain values that names get, one after the other, `upstream` and `product` among
    them. A name that gets its second value belongs to the next cell.
    """
    names: set[str] = set()
    for number, statement in enumerate(body):
        name = name_of(statement)
        if name is None or name in names:
            if names >= ASSIGNED:
                return number
            names = set()
        if name is not None:
            names.add(name)
    return len(body) if names >= ASSIGNED else None


def name_of(statement: ast.stmt) -> str | None:
    """Return the name to which a statement gives a plain value: ``seed = 42``; None if another."""
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return None
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return None
    target = targets[0]
    return target.id if len(targets) == 1 and isinstance(target, ast.Name) else None
