"""Which task a file belongs to, and what `%task` is asked for."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator
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
    """Return what a line behind `%task` asks for.

    Raises
    ------
    Refusal
        If it can't be read, or the file of parameters does not exist.
    """
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
    """Return the task of a file, or else the one that `%task` has named.

    Raises
    ------
    Refusal
        If there is none, or a pipeline can't be read.
    """
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
    raise Refusal(of_no_task(root, file) if file else no_task(str(wish.name), known))


def no_task(name: str, known: list[str]) -> str:
    """Say that there is no task of a name, and which may be meant."""
    near = difflib.get_close_matches(name, known, n=1)
    some = ", ".join([*known[:LISTED], *["..."] * (len(known) > LISTED)])
    meant = f"Did you mean {near[0]}?" if near else f"There are {some}"
    return f"there is no task {name} with cells. {meant}"


def of_no_task(root: Path, file: Path) -> str:
    """Say that no task has a file as its script."""
    return (
        f"{shown(root, file)} is the script of no task. Next: add it to pipeline.yaml "
        "(nbtasks docs tasks), or have those of another task: %task NAME"
    )


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
    pair = ["tasks" if part == "notebooks" else part for part in path.with_suffix(".py").parts]
    return {str(path), str(PurePosixPath(*pair))}


def shown(root: Path, file: Path) -> str:
    """Return the path of a file from the project, if it is in there."""
    for path, folder in ((file, root), (file.resolve(), root.resolve())):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return str(file)
