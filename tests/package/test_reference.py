"""The reference is made of the code, and leaves nothing out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import TEMPLATE, Project, forget

from nbtasks import reference
from nbtasks.__main__ import COMMANDS, main
from nbtasks.errors import EXIT_CODES
from nbtasks.pipeline import schema

PACKAGE = TEMPLATE / "src" / "nbtasks"
#: What ends a program, with a number.
ENDS = ("sys.exit", "SystemExit")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the pages, made in a folder that has a pipeline, as the site makes them."""
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "pipeline.yaml").write_text("tasks: [{source: a.py, product: a.ipynb}]\n", "utf-8")
    (folder / "a.py").write_text('# %% tags=["parameters"]\nupstream = product = None\n', "utf-8")
    forget()  # in which project the last test stood
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "40")
        yield reference.pages()
    forget()


#: How modules call what takes an option.
ADDS = {"parser.add_argument", "kind.add_argument", "adding.add_argument", "add"}


def options_of(module: str) -> Iterator[str]:
    """Yield the options that a module gives to argparse, but those that are hidden."""
    place = PACKAGE.joinpath(*module.partition(":")[0].split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ADDS:
            continue
        if "SUPPRESS" not in ast.unparse(node):
            yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_there_with_every_option(name: str, pages: dict[str, str]) -> None:
    """What each one does in a sentence, and what it says of itself."""
    module, purpose = COMMANDS[name]
    part = pages["commands"].partition(f"\n## nbtasks {name}\n")[2].partition("\n## ")[0]
    assert purpose[1:] in part
    assert "\n```text\nusage: " in part and "show this help message" in part
    assert [option for option in options_of(module) if option not in part] == []


def test_options_are_found() -> None:
    """Of the commands that have some: the test above is not empty."""
    assert {"--upstream", "--from", "name"} <= {*options_of("pipeline.new")}
    assert "--dry-run" in {*options_of("importer")} and "--left" in {*options_of("template.update")}


def test_every_exit_code_is_there(pages: dict[str, str]) -> None:
    """Each number that a function returns as the end of a command, or that Python ends with."""
    used = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "main":
                ends = [n.value for n in ast.walk(node) if isinstance(n, ast.Return)]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ENDS:
                ends = list(node.args)
            else:
                continue
            parts = [n for end in ends if end for n in ast.walk(end)]
            values = [n.value for n in parts if isinstance(n, ast.Constant)]
            used |= {value for value in values if type(value) is int}
    used -= {128}  # what a signal's number is added to
    assert {0, 1, 2, 130} <= used
    assert used <= EXIT_CODES.keys()
    table = pages["commands"].partition("\n## Exit codes\n")[2]
    assert re.findall(r"(?m)^\| (\d+) \|", table) == [str(code) for code in EXIT_CODES]


def keys_of(part: Any) -> Iterator[str]:
    """Yield all keys that a schema names, wherever."""
    if isinstance(part, dict):
        properties = part.get("properties", {})
        yield from properties
        part = part.values()
    if not isinstance(part, str | int | float | bool | None):
        for value in part:
            yield from keys_of(value)


@pytest.mark.parametrize("name", schema.names())
def test_every_key_is_there_and_described(name: str, pages: dict[str, str]) -> None:
    """Those of the schemas by which editors underline what is wrong."""
    keys = {*keys_of(json.loads(schema.text_of(name)))} - {"dotted_path", "location"}
    assert len(keys) >= 7
    rows = dict(re.findall(r"(?m)^\| `([\w.]+)` \| (.*?) \|$", pages["keys"]))
    assert keys <= {part for row in rows for part in row.split(".")}
    assert all(rows.values()), [key for key, said in rows.items() if not said]


@pytest.mark.parametrize("options", [{"cluster": "slurm"}, {"example": "empty"}])
def test_every_file_of_a_project_is_there(
    options: dict[str, str], bake: Callable[..., Project]
) -> None:
    """And nothing that no project has, but what its commands write."""
    project = bake(**options)
    names = {name.replace(f"src/{project.package}", "src/PACKAGE") for name in project.files()}
    text = reference.files()
    for name in names:
        near = [f for f in reference.FILES if name == f or (f[-1] == "/" and name.startswith(f))]
        stem = re.sub(r"^(env|pipeline)\.\w+\.yaml$", r"\1.NAME.yaml", name)
        assert near or f"`{stem}`" in text, name
    made = {"exploration/", "notebooks/", "products/", ".cache/", "soopervisor.yaml", "cluster/"}
    for name in reference.FILES.keys() - made:
        assert any(f == name or f.startswith(name) for f in names), name


def test_it_is_shown_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside of a project too, where `status` can only say that it needs one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "40")  # of a narrow screen: the same is shown
    forget()
    assert main(["docs", "reference"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n## nbtasks {name}\n" in shown for name in COMMANDS)
    assert "\n# Keys of env.yaml and pipeline.yaml\n" in shown
    assert "\n# Files and folders\n" in shown
    assert max(map(len, shown.partition("# Keys")[0].splitlines())) > 60
