"""Take the example out of a project, and begin with one raw file: of your own, or a made-up one.

What is still as the template made it goes: scripts, functions, tests, data, entries. What you have
edited stays, and so does what it needs. Git undoes it.
"""

import argparse
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from nbtasks.environment import requirements
from nbtasks.errors import Refusal
from nbtasks.notebooks import sync
from nbtasks.pipeline import parts, pipeline_file, raw
from nbtasks.pipeline.tasks import shorten
from nbtasks.project import git, imports, package, root
from nbtasks.template import entries

TASKS = ("clean", "features", "train", "explore")


def as_made() -> set[str]:
    """Return the files that are as the first commit of the project has them."""
    first = git.ask("log", "--diff-filter=A", "--format=%H", "--", pipeline_file.PIPELINE)
    trees = [git.ask("ls-tree", "-r", "-z", name) for name in [*first.split()[-1:], "HEAD"]]
    return set.intersection(*({*tree.split("\0")} for tree in trees)) if first else set()


def groups() -> dict[str, list[Path]]:
    """Return the files of the example that come and go together, by the name of their module."""
    found = {name: list(parts.files_of(name).values()) for name in TASKS}
    for name in ("dashboard", "style"):
        found[name] = [package() / f"{name}.py", root() / "tests" / f"test_{name}.py"]
    present = {name: [path for path in paths if path.is_file()] for name, paths in found.items()}
    return {name: paths for name, paths in present.items() if paths}


def needs(path: Path) -> set[str]:
    """Return the modules and the tasks of the project that a file of Python names."""
    text = path.read_text(encoding="utf-8")
    found = {name.rpartition(".")[2] for name in imports.imported_names(imports.parse(text))}
    for line in re.findall(r"(?m)^upstream = (.*)$|upstream\[(.*?)\]", text):
        found |= set(re.findall(r"""["']([^"']+)["']""", "".join(line)))
    return found


def own_files() -> Iterator[Path]:
    """Yield the files of Python that the user may have written."""
    for folder in ("tasks", "src", "tests"):
        yield from sorted((root() / folder).rglob("*.py"))


def find_kept(there: dict[str, list[Path]], edited: Iterable[Path]) -> dict[str, str]:
    """Return name -> why it stays, of what is edited or needed by what stays."""
    kept = {
        name: f"since you have edited {shorten(path)}"
        for name, paths in there.items()
        for path in paths
        if path in edited
    }
    while True:
        going = {path for name in there.keys() - kept.keys() for path in there[name]}
        staying = [path for path in own_files() if path not in going | {package() / "get.py"}]
        more = {
            name: f"since {shorten(path)} needs it"
            for path in staying
            for name in needs(path) & (there.keys() - kept.keys())
        }
        if not more:
            return kept
        kept |= more


def check_git() -> None:
    """Refuse to begin where git could not undo it."""
    if not git.ask("rev-parse", "HEAD") or git.ask("status", "--porcelain", "-uno").strip():
        raise Refusal("Commit first, so that git can undo it: git add --all, then git commit.")
    if sync.main([]):
        raise Refusal("A notebook has edits that are nowhere else: see above.")


def drop(given: Path | None) -> Iterator[str]:
    """Take the example out; yield what goes, and what stays and why.

    It is refused, before anything is written, if git could not undo it or nothing of it is left.
    """
    check_git()
    path = raw.find(given) if given else root() / "data" / "raw" / "example.csv"
    names, there = {line.rpartition("\t")[2] for line in as_made()}, groups()
    edited = {one for paths in there.values() for one in paths if shorten(one) not in names}
    kept = find_kept(there, edited)
    get = [one for one in parts.files_of("get").values() if one.is_file()]
    begins = all(shorten(one) in names for one in get) and not kept
    if not there and not (begins and given):
        raise Refusal("Nothing of the example is left.")
    if begins and not given:
        path.write_text(parts.fill_in("example", {}), encoding="utf-8", newline="\n")
    schema = raw.draft_schema(raw.load(path)) if begins else ""
    dropped = there.keys() - kept.keys()
    delete(dropped, there)
    if begins:
        begin(path, schema, names)
    clean_up(names)
    yield f"Gone: {', '.join(sorted(dropped)) or 'the raw data of the example'}."
    if begins:
        yield f"The task get reads {shorten(path)}; its schema is in schemas.py."
    elif not kept:
        yield "get stays, since you have edited it."
    yield from (f"{name} stays, {why}." for name, why in kept.items())


def delete(dropped: Collection[str], there: dict[str, list[Path]]) -> None:
    """Delete the files of tasks and their notebooks, after their entries."""
    entries.drop_tasks(dropped)
    for name in dropped:
        for one in [*there[name], root() / "notebooks" / f"{name}.ipynb"]:
            one.unlink(missing_ok=True)


def begin(path: Path, schema: str, names: set[str]) -> None:
    """Let the first task read a raw file."""
    texts = raw.texts_of("get", path)
    for part, place in parts.files_of("get").items():
        place.write_bytes(texts[part].encode("utf-8"))
    (root() / "notebooks" / "get.ipynb").unlink(missing_ok=True)
    entries.read_from(shorten(path))
    entries.describe(schema, raw.comment_of(path))
    conftest = root() / "tests" / "conftest.py"
    if shorten(conftest) in names:
        conftest.unlink()
    readme = root() / "data" / "raw" / "README.md"
    if shorten(readme) in names:
        words = {"file": path.name}
        readme.write_text(parts.fill_in("raw_readme", words), encoding="utf-8", newline="\n")


def clean_up(names: set[str]) -> None:
    """Take out what nothing names any more: raw data, parameters, schemas, packages."""
    pipelines = "".join(path.read_text("utf-8") for path in root().glob("pipeline*.yaml"))
    for file in ("penguins.csv", "example.csv"):
        path = root() / "data" / "raw" / file
        if f"data/raw/{file}" in names and f"data/raw/{file}" not in pipelines:
            path.unlink()
    if "{{test_size}}" not in pipelines:
        entries.drop_parameter("test_size")
    entries.drop_schemas()
    imports.read.cache_clear()
    entries.drop_packages(requirements.compare().unused)


def main(arguments: list[str]) -> int:
    """Take the example out; return 1 if it is refused."""
    parser = argparse.ArgumentParser(prog="nbtasks drop-example", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="a raw file of yours, in data/raw/")
    given = parser.parse_args(arguments).file
    try:
        lines = list(drop(given))
    except (Refusal, ValueError) as error:
        print(f"Nothing was changed. {error}")
        return 1
    print(*lines, sep="\n")
    print("Next: ploomber build, python -m pytest, git add --all and git commit")
    print("What it needed leaves the environment by: nbtasks lock, then python bootstrap.py")
    print("To undo it instead: git checkout .")
    return 0
