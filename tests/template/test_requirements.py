"""requirements.txt names what tasks/ and src/ import: what is missing or too much is said.

The situations are those in which pipreqs, and tools like it, are known to be wrong.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from conftest import Project
from test_set_up import PYTHONS

pytestmark = pytest.mark.slow

#: Addresses that nothing answers.
OFFLINE = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTPS_PROXY")}
SOURCE = "upstream = None\nproduct = None\n\n# %%\n"
NOTEBOOK = """\
{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source":
  ["!ls\\n", "%matplotlib inline\\n", "import polars"]},
 {"cell_type": "markdown", "metadata": {}, "source": ["import nothing"]},
 {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source":
  ["%%bash\\n", "import something"]}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
"""


@dataclass
class Situation:
    """Files added to a project, and what is to be said of it."""

    name: str
    files: dict[str, str]
    missing: set[str] = field(default_factory=set)
    unused: set[str] = field(default_factory=set)
    declared: str = ""  # lines added to requirements.txt
    submodule: str = ""  # where another repository is put


def task(code: str) -> dict[str, str]:
    """Return a task with a cell of code."""
    return {"tasks/new.py": SOURCE + code}


def module(code: str) -> dict[str, str]:
    """Return a module of the package."""
    return {"src/my_pipeline/new.py": code}


SITUATIONS = [
    Situation("nothing new", {}),
    Situation("a new import", task("import polars as pl\n"), {"polars"}),
    Situation("a part of a package", task("from polars.io import csv\n"), {"polars"}),
    Situation("in a module", module("from polars import DataFrame\n"), {"polars"}),
    Situation("a submodule", task("import birdlib\n"), submodule="birdlib"),
    Situation("a submodule deep down", task("import birds\n"), submodule="vendor/bird-lib"),
    Situation("a submodule in src", task("from birdlib import birds\n"), submodule="src/birdlib"),
    Situation("a submodule in tasks", task("pass\n"), submodule="tasks/birdlib"),
    Situation(
        "a submodule called like a package",
        task("from polars.birds import count\n"),
        submodule="polars",
    ),
    Situation("a local module", {"helper.py": "", **task("import helper\n")}),
    Situation(
        "a local module called like a package",
        {"polars.py": "", **task("import polars\n")},
    ),
    Situation(
        "a local package called like a package, in src",
        {"src/seaborn/__init__.py": "", **task("from seaborn import theme\n")},
    ),
    Situation(
        "a local package called like an installed one",
        {"src/yaml/__init__.py": "", **task("import yaml\n")},
    ),
    Situation(
        "a folder of scripts called like an installed package",
        {"yaml/scripts.py": "", **task("import yaml\n")},
        {"pyyaml"},
    ),
    Situation("a module beside it", module("from . import clean\nfrom .get import read_raw\n")),
    Situation(
        "a module beside a task that runs in its folder",
        {
            "tasks/birds/polars.py": "",
            "tasks/birds/count.py": SOURCE + "import polars\n",
            "pipeline.birds.yaml": "tasks: [{source: tasks/birds/count.py, "
            "product: products/count.ipynb, local_execution: true}]\n",
        },
    ),
    Situation(
        "a task called like a package",
        {"tasks/polars.py": SOURCE + "import polars\n"},
        {"polars"},
    ),
    Situation(
        "names that differ",
        task("import cv2, yaml, sklearn\nfrom PIL import Image\nfrom bs4 import *\n"),
        {"opencv-python", "pyyaml", "pillow", "beautifulsoup4"},
    ),
    Situation(
        "names that differ, declared",
        task("import cv2, yaml, dateutil.tz, PIL.Image, bs4, skimage, psycopg2, attr\n"),
        declared="opencv-python-headless\nPyYAML\npython_dateutil>=2\nPillow==12.0\n"
        "beautifulsoup4[lxml]\nscikit.image\npsycopg2-binary\nattrs\n",
    ),
    Situation(
        "packages that share a name",
        task("from google.cloud import bigquery\nfrom ruamel.yaml import YAML\n"),
        {"google-cloud-bigquery"},
        declared="ruamel.yaml\n",
    ),
    Situation(
        "for some systems, and parts of what is shared, declared",
        task("import google.protobuf.message\nif win:\n    import pywintypes, win32com.client\n"),
        declared="pywin32>=300; sys_platform == 'win32'\nprotobuf\n",
    ),
    Situation(
        "a namespace without __init__.py, and modules above",
        {
            "src/birds/deep/x.py": "",
            "src/my_pipeline/sub/x.py": "from .. import get\nfrom ..get import read_raw\n",
            **task("import birds.deep.x\n"),
        },
    ),
    Situation("a notebook with magics", {"tasks/new.ipynb": NOTEBOOK}, {"polars"}),
    Situation(
        "magics in a script",
        task("!ls\nimport polars\n# %%\n%%time\nimport cv2\n# %%\n%%bash\nimport nothing\n"),
        {"polars", "opencv-python"},
    ),
    Situation("commented magics", task("# %load_ext sql\n# !pip install x\n"), {"jupysql"}),
    Situation("IPython's own extensions", task("%load_ext autoreload\n%autoreload 2\n")),
    Situation(
        "in a function, in try and for type checkers",
        module(
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import polars\n\n\n"
            "def f():\n    import seaborn\n\n\ntry:\n    import cupy\nexcept ImportError:\n"
            "    cupy = None\n"
        ),
        {"polars", "seaborn", "cupy"},
    ),
    Situation(
        "one that the code can do without",
        module("try:\n    import cupy\nexcept ImportError:\n    cupy = None\n"),
        declared="# optional: cupy\n",
    ),
    Situation(
        "by a text",
        module("import importlib\n\npolars = importlib.import_module('polars.io')\n"),
        {"polars"},
    ),
    Situation(
        "only installed by another package",
        task("import requests, joblib, jinja2\n"),
        {"requests", "jinja2"},
    ),
    Situation(
        "Python's own, in all its versions",
        module("import distutils, graphlib, tomllib, zoneinfo, os.path, compression.zstd\n"),
    ),
    Situation(
        "environments and hidden folders",
        {
            "tasks/.ipynb_checkpoints/get-checkpoint.py": "import polars\n",
            "src/env/pyvenv.cfg": "",
            "src/env/lib/site.py": "import polars\n",
        },
    ),
    Situation("tests and tools", {"tests/test_new.py": "import polars\n"}),
    Situation("too much", {}, unused={"requests", "pyyaml"}, declared="requests>=2\nPyYAML\n"),
    Situation("a reason to stay", {}, declared="requests>=2  # used by pandas, to read URLs\n"),
    Situation(
        "declared in another file, or as a repository",
        {
            "more.txt": "polars>=1 \\\n    --hash=sha256:0\n",
            **task("import polars, seaborn, cv2\n"),
        },
        declared="-r more.txt\ngit+https://example.com/x.git#egg=seaborn\n"
        "opencv-python @ https://example.com/opencv.zip ; python_version > '3'\n--pre\n",
    ),
    Situation("a mark of the byte order", module("\ufeffimport polars\n"), {"polars"}),
    Situation("escapes in texts", module('import polars\n\nx = "\\d"\n'), {"polars"}),
]


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project that is set up."""
    return set_up()


@pytest.fixture
def clean(project: Project) -> Iterator[Project]:
    """Return the project, and take all that is new out of it afterwards."""
    yield project
    project.git("reset", "--quiet", "--hard")
    project.git("clean", "--quiet", "-d", "--force", "--force", "-x", "-e", "*.egg-info")
    shutil.rmtree(project.path / ".git" / "modules", ignore_errors=True)
    project.git("config", "--remove-section", "submodule.birdlib", check=False)


@pytest.fixture(scope="module")
def library(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return another repository, which imports what the project does not."""
    made = Project(tmp_path_factory.mktemp("library") / "birdlib", "", project.environ)
    made.write("birds/__init__.py", "import torch\n")
    made.write("birds.py", "import tensorflow\n")
    made.path.mkdir(exist_ok=True)
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "Birds")
    return made


def listed(printed: str, heading: str) -> set[str]:
    """Return the packages that are listed below a line."""
    block = re.search(rf"(?m)^{heading}.*\n((?:  .*\n)*)", printed)
    return {line.split()[0] for line in block[1].splitlines()} if block else set()


def check(project: Project, *options: str, **environ: str) -> tuple[int, str]:
    """Return the exit code of the check, and what it says."""
    done = project.run("nbtasks", "requirements", *options, check=False, **environ)
    assert "Traceback" not in done.stdout and "Warning" not in done.stdout, done.stdout
    return done.returncode, done.stdout


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_what_is_missing_and_what_is_too_much(
    clean: Project, library: Project, situation: Situation
) -> None:
    if situation.submodule:
        allow = ("-c", "protocol.file.allow=always")
        where = (library.path.as_posix(), situation.submodule)
        clean.git(*allow, "submodule", "--quiet", "add", "--name", "birdlib", *where)
    for name, text in situation.files.items():
        clean.write(name, text)
    clean.write("requirements.txt", clean.read("requirements.txt") + situation.declared)
    code, printed = check(clean, **OFFLINE)
    assert listed(printed, "requirements.txt lacks") == situation.missing, printed
    assert listed(printed, "requirements.txt names") == situation.unused, printed
    assert code == (1 if situation.missing or situation.unused else 0)
    assert not code or all(name in printed for name in situation.files if "new." in name)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parent.parent.name)
def test_on_every_python(clean: Project, python: str) -> None:
    """The check is the same on all versions of Python that this machine has."""
    where = clean.run("python", "-c", "import packaging; print(packaging.__path__[0])").stdout
    clean.write("tasks/new.py", SOURCE + "import sklearn, polars, yaml\nimport tomllib\n")
    done = clean.run(
        *(python, "tools", "requirements"),
        check=False,
        PYTHONPATH=where.strip().removesuffix("packaging"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert listed(done.stdout, "requirements.txt lacks") == {"polars", "pyyaml"}, done.stdout


def test_what_can_not_be_read_is_said(clean: Project) -> None:
    clean.write("tasks/new.py", SOURCE + "plot(table\n")
    clean.write("src/my_pipeline/new.py", "def f(:\n")
    clean.write("tasks/cut.ipynb", '{"cells": [')
    code, printed = check(clean)
    assert code == 1
    assert "tasks/new.py can't be read, so its imports are unknown: '(' was never" in printed
    assert "src/my_pipeline/new.py can't be read" in printed
    assert "tasks/cut.ipynb can't be read, so its imports are unknown: can't be read as" in printed
    assert str(clean.path) not in printed
    assert "names what nothing" not in printed  # who knows


@pytest.mark.parametrize("environ", [{}, OFFLINE], ids=["online", "offline"])
def test_write_adds_lines_and_changes_none(clean: Project, environ: dict[str, str]) -> None:
    before = b"zzz-last >= 1   # mine\r\n# optional: x\r\n\r\npandas[parquet]>=2.2  # used by me"
    (clean.path / "requirements.txt").write_bytes(before)
    clean.write("tasks/new.py", SOURCE + "import polars, yaml, no_such_package_at_all\n")
    printed = check(clean, "--write", **environ)[1]
    after = (clean.path / "requirements.txt").read_bytes()
    assert after.startswith(before + b"\r\n")
    lines = after.removeprefix(before).decode().split()
    yaml = clean.run("python", "-c", "import yaml; print(yaml.__version__)").stdout.strip()
    assert f"pyyaml>={yaml}" in lines  # as new as the one in use
    assert "no-such-package-at-all" in lines
    assert "no-such-package-at-all: not on PyPI, or PyPI can't be reached" in printed
    assert any(re.fullmatch(r"polars>=\d.*" if not environ else "polars", line) for line in lines)
    assert "Next: nbtasks lock" in printed
    assert check(clean)[1] == ""


def test_a_commit_with_an_undeclared_import_is_refused(clean: Project) -> None:
    clean.write("src/my_pipeline/new.py", '"""New."""\n\nimport polars\n\nx = polars\n')
    clean.git("add", "--all")
    done = clean.run("git", "commit", "--message", "New", check=False)
    assert done.returncode == 1
    assert listed(done.stdout, "requirements.txt lacks") == {"polars"}, done.stdout
    assert "nbtasks add polars" in done.stdout
