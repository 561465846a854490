"""Every upper bound of a project's dependencies is there for a breakage, which is shown here.

So is every package that a lock leaves out. `nox -s pins` looks at the newest versions instead of
the first that broke: what fails then names a bound that can go.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from conftest import BIN, TEMPLATE, Project
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

NEWEST = os.environ.get("PINS") == "newest"
REQUIRES = "import importlib.metadata as m; print(*m.requires({name!r}), sep='\\n')"


@dataclass
class Pin:
    """An upper bound: the first version that breaks, and how that shows."""

    version: str
    shows: Callable[[Project, str], bool]
    extra: str = ""


def grammar_is_built(project: Project, overlay: str) -> bool:
    """Tell whether a start of ploomber builds the grammar that takes more than a second."""
    code = "import sys, ploomber.spec, jupyter_events; print('rfc3987_syntax' in sys.modules)"
    return project.run("python", "-c", code, PYTHONPATH=overlay).stdout.endswith("True\n")


def requires(package: str, pattern: str) -> Callable[[Project, str], bool]:
    """Return whether a package asks for another one, as a function."""

    def shows(project: Project, overlay: str) -> bool:
        code = REQUIRES.format(name=package)
        printed = project.run("python", "-c", code, PYTHONPATH=overlay).stdout
        return bool(re.search(pattern, printed))

    return shows


PINS = {"pipreqs": Pin("0.5", requires("pipreqs", r"(?m)^ipython ?\(?=="))}
#: What `nbtasks lock` takes instead of what packages ask for, and why.
INSTEAD = {
    "jsonschema": Pin("4.25", grammar_is_built, "[format-nongpl]"),
    "notebook": Pin("6.5", requires("notebook", r"(?m)^nbclassic")),
}
#: What ploomber itself asks for bounds these.
CEILINGS = {"notebook": "<7"}


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project that is set up."""
    return set_up()


def test_every_upper_bound_has_a_breakage(bake: Callable[..., Project]) -> None:
    """Those of a project and those of the package are the same, where both have one."""
    project = bake(cluster="slurm")
    groups = tomllib.loads(project.read("pyproject.toml"))["dependency-groups"].values()
    lines = [line for group in groups for line in group if isinstance(line, str)]
    lines = [line for line in lines if not re.fullmatch(r"nbtasks\[\w+,\w+\]==\S+", line)]
    about = tomllib.loads((TEMPLATE / "pyproject.toml").read_text("utf-8"))["project"]
    lines += [*about["dependencies"], *chain(*about["optional-dependencies"].values())]
    texts = [re.sub(r"\s+#.*|^#.*", "", x) for x in project.read("requirements.txt").splitlines()]
    asked = [Requirement(line) for line in [*lines, *filter(None, texts)]]
    bounds = {
        (requirement.name, part.version)
        for requirement in asked
        for part in requirement.specifier
        if part.operator[0] == "<" or part.operator in ("==", "~=")
    }
    assert bounds == {(name, pin.version) for name, pin in PINS.items()}


def installing(uv: Path, environment: Path, folder: Path) -> list[str | Path]:
    """Return the command that installs packages for an environment, into a folder beside it."""
    python = environment / BIN / "python"
    return [uv, "pip", "install", "--quiet", "--python", python, "--target", folder]


@pytest.mark.parametrize("name", [*PINS, *INSTEAD])
def test_the_breakage_is_still_there(
    project: Project, uv: Path, locked_environment: Path, tmp_path: Path, name: str
) -> None:
    pin = (PINS | INSTEAD)[name]
    wanted = f"{name}{pin.extra}=={pin.version}.*"
    if NEWEST:
        wanted = f"{name}{pin.extra}>={pin.version}{CEILINGS.get(name, '').replace('<', ',<')}"
    install = installing(uv, locked_environment, tmp_path / "new")
    options = [] if pin.extra else ["--no-deps"]
    if name == "pipreqs":  # its metadata is read only
        options += ["--python-version", "3.12"]
    project.run(*install, *options, wanted)
    found = next((tmp_path / "new").glob(f"{name}-*.dist-info")).stem.split("-")[1]
    assert not pin.shows(project, ""), f"{name} as it is locked breaks too"
    if not pin.shows(project, str(tmp_path / "new")):
        pytest.fail(f"{name} {found} does no harm: its bound can go", pytrace=False)


def test_a_build_says_nothing_of_kernels_that_others_could_hear(
    project: Project, uv: Path, locked_environment: Path, tmp_path: Path
) -> None:
    """From 7.3 on, ipykernel complains of those; ours encrypt what they say."""
    install = installing(uv, locked_environment, tmp_path / "new")
    project.run(*install, "--no-deps", "ipykernel>=7.3")
    paths: dict[str, Any] = {
        "PYTHONPATH": str(tmp_path / "new"),
        "JUPYTER_PATH": str(tmp_path / "new/share/jupyter"),
    }
    project.run("jupytext", "--to", "ipynb", "--output", tmp_path / "a.ipynb", "tasks/get.py")
    control: list[str | Path] = [
        "papermill",
        "--kernel",
        "python3",
        tmp_path / "a.ipynb",
        tmp_path / "b.ipynb",
    ]
    assert "TCP" in project.run(*control, check=False, **paths).stdout
    for words in (("task", "get", "--force"), ("build", "--force")):
        command = ["ploomber", *words, "--env--sample", "true"]
        assert "TCP" not in project.run(*command, **paths).stdout
