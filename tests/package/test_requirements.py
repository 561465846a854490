"""requirements.txt names what tasks/ and src/ import: what is missing or too much is said.

The situations are those in which pipreqs, and tools like it, are known to be wrong.
"""

from __future__ import annotations

import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata as installed
from itertools import cycle
from pathlib import Path
from typing import Any

import packaging
import pytest
from conftest import TEMPLATE, Project, found_pythons
from desk import committed, copy_of

#: What Python says of a package that pipreqs brings along, and how it names such a warning.
ESCAPES = [
    f"ignore:invalid escape sequence:{kind}" for kind in ("DeprecationWarning", "SyntaxWarning")
]
pytestmark = pytest.mark.filterwarnings(*ESCAPES)

#: Addresses that nothing answers.
OFFLINE = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTPS_PROXY")}
SOURCE = "upstream = None\nproduct = None\n\n# %%\n"
NOTEBOOK = """\
{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source":
  ["!ls\\n", "%matplotlib inline\\n", "import vaex"]},
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
    Situation("a new import", task("import vaex as pl\n"), {"vaex"}),
    Situation("a part of a package", task("from vaex.io import csv\n"), {"vaex"}),
    Situation("in a module", module("from vaex import DataFrame\n"), {"vaex"}),
    Situation("a submodule", task("import birdlib\n"), submodule="birdlib"),
    Situation("a submodule deep down", task("import birds\n"), submodule="vendor/bird-lib"),
    Situation("a submodule in src", task("from birdlib import birds\n"), submodule="src/birdlib"),
    Situation("a submodule in tasks", task("pass\n"), submodule="tasks/birdlib"),
    Situation(
        "a submodule called like a package",
        task("from vaex.birds import count\n"),
        submodule="vaex",
    ),
    Situation("a local module", {"helper.py": "", **task("import helper\n")}),
    Situation(
        "a local module called like a package",
        {"vaex.py": "", **task("import vaex\n")},
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
            "tasks/birds/vaex.py": "",
            "tasks/birds/count.py": SOURCE + "import vaex\n",
            "pipeline.birds.yaml": "tasks: [{source: tasks/birds/count.py, "
            "product: products/count.ipynb, local_execution: true}]\n",
        },
    ),
    Situation(
        "a task called like a package",
        {"tasks/vaex.py": SOURCE + "import vaex\n"},
        {"vaex"},
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
    Situation("a notebook with magics", {"tasks/new.ipynb": NOTEBOOK}, {"vaex"}),
    Situation(
        "magics in a script",
        task("!ls\nimport vaex\n# %%\n%%time\nimport cv2\n# %%\n%%bash\nimport nothing\n"),
        {"vaex", "opencv-python"},
    ),
    Situation("commented magics", task("# %load_ext sql\n# !pip install x\n"), {"jupysql"}),
    Situation("IPython's own extensions", task("%load_ext autoreload\n%autoreload 2\n")),
    Situation(
        "in a function, in try and for type checkers",
        module(
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import vaex\n\n\n"
            "def f():\n    import seaborn\n\n\ntry:\n    import cupy\nexcept ImportError:\n"
            "    cupy = None\n"
        ),
        {"vaex", "seaborn", "cupy"},
    ),
    Situation(
        "one that the code can do without",
        module("try:\n    import cupy\nexcept ImportError:\n    cupy = None\n"),
        declared="# optional: cupy\n",
    ),
    Situation(
        "by a text",
        module("import importlib\n\nvaex = importlib.import_module('vaex.io')\n"),
        {"vaex"},
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
            "tasks/.ipynb_checkpoints/get-checkpoint.py": "import vaex\n",
            "src/env/pyvenv.cfg": "",
            "src/env/lib/site.py": "import vaex\n",
        },
    ),
    Situation("tests and tools", {"tests/test_new.py": "import vaex\n"}),
    Situation("too much", {}, unused={"requests", "pyyaml"}, declared="requests>=2\nPyYAML\n"),
    Situation("a reason to stay", {}, declared="requests>=2  # used by pandas, to read URLs\n"),
    Situation(
        "declared in another file, or as a repository",
        {
            "more.txt": "vaex>=1 \\\n    --hash=sha256:0\n",
            **task("import vaex, seaborn, cv2\n"),
        },
        declared="-r more.txt\ngit+https://example.com/x.git#egg=seaborn\n"
        "opencv-python @ https://example.com/opencv.zip ; python_version > '3'\n--pre\n",
    ),
    Situation("a mark of the byte order", module("\ufeffimport vaex\n"), {"vaex"}),
    Situation("escapes in texts", module('import vaex\n\nx = "\\d"\n'), {"vaex"}),
]


LIBRARY = {
    "pyproject.toml": '[project]\nname = "Bird_Lib"\nversion = "1"\n',
    "setup.cfg": "[metadata]\nname = bird-lib\n",
    "setup.py": "from setuptools import setup\n\nNAME = 'bird.lib'\nsetup(name=NAME)\n",
}
#: Where the modules of a folder may be.
LAYOUTS = {
    "flat": ("birds/__init__.py", "birds/deep/count.py"),
    "src": ("src/birds/__init__.py",),
    "a module": ("birds.py",),
    "no __init__": ("src/birds/count.py",),
    "another folder": ("code/birds/__init__.py", "tests/vaex/__init__.py"),
}


@pytest.mark.parametrize(("layout", "metadata"), [*zip(LAYOUTS, cycle(LIBRARY), strict=False)])
@pytest.mark.parametrize("line", ["-e ../library", "--editable=../library[x] ; python_version>'3'"])
def test_a_folder_is_declared(project: Project, line: str, layout: str, metadata: str) -> None:
    project.write(f"../library/{metadata}", LIBRARY[metadata])
    for name in LAYOUTS[layout]:
        project.write(f"../library/{name}", "")
    append(project, line)
    project.write("tasks/new.py", SOURCE + "import birds\nfrom birds import count\n")
    assert check(project, **OFFLINE) == (0, "")
    project.write("tasks/new.py", SOURCE + "import vaex, birdsong\n")
    missing = listed(check(project, **OFFLINE)[1], "requirements.txt lacks")
    assert missing == {"vaex", "birdsong"}


def append(project: Project, line: str) -> None:
    """Add a line to requirements.txt."""
    project.write("requirements.txt", project.read("requirements.txt") + line + "\n")


NAMED = {
    "../library/": {"birds"},
    "'../library'": {"birds"},
    "./../library": {"birds"},
    "file:../library": {"birds"},
    "file://{folder}/library": {"birds"},
    "${{PLACE}}/library": {"birds"},
    "birds @ file:../library": {"birds"},
    "git+file://{folder}/library@main": {"birds"},
    "git+file://{folder}/library@main#subdirectory=inner": {"eggs"},
    "../bird_wheel-1.0-py3-none-any.whl": {"birds", "feathers"},
    "bird-wheel @ file://{folder}/bird_wheel-1.0-py3-none-any.whl --hash=sha256:00": {"birds"},
    "../archive-1.0.tar.gz": {"birds"},
    "-r more/other.txt": {"birds"},
    "https://example.com/birds-1.0-py3-none-any.whl": {"birds"},
    "https://example.com/birds-1.0.tar.gz": {"birds"},
    "git+https://example.com/them/birds.git": {"birds"},
    "git+ssh://git@example.com/them/birds.git@v1.0": {"birds"},
    "-e git+https://example.com/x.git@main#egg=birds&subdirectory=python": {"birds"},
    "git+https://example.com/x.git#subdirectory=python/birds": {"birds"},
    "https://github.com/them/birds/archive/refs/tags/v1.0.zip": {"birds"},
    "https://gitlab.com/them/birds/-/archive/main/birds-main.zip": {"birds"},
}


@pytest.mark.parametrize("line", NAMED)
def test_what_is_named_by_its_place_is_declared(project: Project, line: str) -> None:
    """It is, whether or not it is installed, and PyPI is not asked for it."""
    folder = project.path.parent
    project.write("../library/birds/__init__.py", "")
    project.write("../library/inner/eggs.py", "")
    project.write("more/other.txt", "-e ../library\n")
    with zipfile.ZipFile(folder / "bird_wheel-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("birds/__init__.py", "")
        wheel.writestr("feathers.cpython-311-x86_64-linux-gnu.so", "")
        wheel.writestr("bird_wheel-1.0.dist-info/METADATA", "Name: bird-wheel\n")
    with tarfile.open(folder / "archive-1.0.tar.gz", "w:gz") as archive:
        archive.add(folder / "library", "archive-1.0")
    append(project, line.format(folder=folder.as_posix()))
    project.write("tasks/new.py", SOURCE + f"import {', '.join(sorted(NAMED[line]))}\n")
    assert check(project, **OFFLINE, PLACE=str(folder)) == (0, "")


def test_options_name_no_package(project: Project) -> None:
    append(project, "--find-links ../birds\n-c ../birds.txt\n-i https://example.com/birds\n-e .")
    project.write("tasks/new.py", SOURCE + "import birds\n")
    missing = listed(check(project, **OFFLINE)[1], "requirements.txt lacks")
    assert missing == {"birds"}


@pytest.mark.parametrize("editable", [False, True], ids=["", "editable"])
def test_what_a_repository_has_brought_is_known(
    project: Project, library: Project, uv: Path, tmp_path: Path, editable: bool
) -> None:
    """Its modules have another name than it, which only the installed package tells."""
    library.write("pyproject.toml", '[project]\nname = "song"\nversion = "1"\n')
    library.git("add", "--all")
    library.git("commit", "--quiet", "--allow-empty", "--message", "A package")
    address = f"git+file://{library.path.as_posix()}"
    append(project, address)
    project.write("tasks/new.py", SOURCE + "import birds\n")
    place = tmp_path / "site"
    ask = (
        "-c",
        "import sys; from nbtasks.environment.requirements import main; sys.exit(main([]))",
    )
    paths = os.pathsep.join([str(TEMPLATE / "src"), str(place)])
    elsewhere = library.path.rename(tmp_path / "moved")  # the address tells nothing any more
    done = project.run(sys.executable, *ask, check=False, PYTHONPATH=paths)
    assert listed(done.stdout, "requirements.txt lacks") == {"birds"}
    assert f"Or is it in {address}?" in done.stdout
    elsewhere.rename(library.path)
    what = ["--editable", str(library.path)] if editable else [address]
    project.run(uv, "pip", "install", "--quiet", "--target", place, *what)
    if editable:
        append(project, f"-e {library.path}")
    else:
        library.path.rename(elsewhere)
    done = project.run(sys.executable, *ask, check=False, PYTHONPATH=paths)
    if not editable:
        elsewhere.rename(library.path)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("jose", "probably the package python-jose; see https://pypi.org/project/python-jose/"),
        ("jose.jwt", "jose.jwt: probably the package python-jose"),
        ("cv2", "cv2: probably the package opencv-python"),
        (
            "birds",
            "birds: probably a package of the same name; see https://pypi.org/project/birds/",
        ),
        ("requests", None),  # which is installed
        ("narwhals", None),  # which is locked
    ],
)
def test_a_guess_is_called_one(project: Project, module: str, says: str | None) -> None:
    project.write("tasks/new.py", SOURCE + f"import {module}\n")
    code, printed = check(project, **OFFLINE)
    assert code == 1 and "nbtasks add" in printed
    assert says in printed if says else "probably" not in printed, printed
    assert printed.count("probably") == bool(says)


@pytest.fixture(scope="module")
def base(bake: Callable[..., Project]) -> Project:
    """Return a project that is committed; nothing of it is installed."""
    return committed(bake())


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    return copy_of(base, tmp_path)


@pytest.fixture(scope="module")
def library(base: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return another repository, which imports what the project does not."""
    made = Project(tmp_path_factory.mktemp("library") / "birdlib", "", base.environ)
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


def check(project: Project, *options: str, **environ: Any) -> tuple[int, str]:
    """Return the exit code of the check, and what it says."""
    done = project.nbtasks("requirements", *options, check=False, **environ)
    assert "Traceback" not in done.stdout and "Warning" not in done.stdout, done.stdout
    return done.returncode, done.stdout


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_what_is_missing_and_what_is_too_much(
    project: Project, library: Project, situation: Situation
) -> None:
    if situation.submodule:
        allow = ("-c", "protocol.file.allow=always")
        where = (library.path.as_posix(), situation.submodule)
        project.git(*allow, "submodule", "--quiet", "add", "--name", "birdlib", *where)
    for name, text in situation.files.items():
        project.write(name, text)
    project.write("requirements.txt", project.read("requirements.txt") + situation.declared)
    code, printed = check(project, **OFFLINE)
    assert listed(printed, "requirements.txt lacks") == situation.missing, printed
    assert listed(printed, "requirements.txt names") == situation.unused, printed
    assert code == (1 if situation.missing or situation.unused else 0)
    assert not code or all(name in printed for name in situation.files if "new." in name)


@pytest.mark.parametrize("python", found_pythons(), ids=lambda path: path.parent.parent.name)
def test_on_every_python(project: Project, python: Path) -> None:
    """The check is the same on all versions of Python that this machine has."""
    places = TEMPLATE / "src", Path(packaging.__file__).parent.parent
    code = "import sys; from nbtasks.environment.requirements import main; sys.exit(main([]))"
    project.write("tasks/new.py", SOURCE + "import sklearn, vaex, yaml\nimport tomllib\n")
    done = project.run(
        *(python, "-c", code),
        check=False,
        PYTHONPATH=os.pathsep.join(map(str, places)),
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert listed(done.stdout, "requirements.txt lacks") == {"vaex", "pyyaml"}, done.stdout


def test_what_can_not_be_read_is_said(project: Project) -> None:
    project.write("tasks/new.py", SOURCE + "plot(table\n")
    project.write("src/my_pipeline/new.py", "def f(:\n")
    project.write("tasks/cut.ipynb", '{"cells": [')
    code, printed = check(project)
    assert code == 1
    assert "tasks/new.py can't be read, so its imports are unknown: '(' was never" in printed
    assert "src/my_pipeline/new.py can't be read" in printed
    assert "tasks/cut.ipynb can't be read, so its imports are unknown: can't be read as" in printed
    assert str(project.path) not in printed
    assert "names what nothing" not in printed  # who knows


@pytest.mark.parametrize("environ", [{}, OFFLINE], ids=["online", "offline"])
def test_write_adds_lines_and_changes_none(project: Project, environ: dict[str, str]) -> None:
    before = b"zzz-last >= 1   # mine\r\n# optional: x\r\n\r\npandas[parquet]>=2.2  # used by me"
    (project.path / "requirements.txt").write_bytes(before)
    project.write("tasks/new.py", SOURCE + "import vaex, yaml, no_such_package_at_all\n")
    printed = check(project, "--write", **environ)[1]
    after = (project.path / "requirements.txt").read_bytes()
    assert after.startswith(before + b"\r\n")
    lines = after.removeprefix(before).decode().split()
    assert f"pyyaml>={installed.version('pyyaml')}" in lines  # as new as the one in use
    assert "no-such-package-at-all" in lines
    assert "no-such-package-at-all: not on PyPI, or PyPI can't be reached" in printed
    assert any(re.fullmatch(r"vaex>=\d.*" if not environ else "vaex", line) for line in lines)
    assert "Next: nbtasks lock" in printed
    assert check(project)[1] == ""


def test_a_lower_bound_is_the_lowest_of_the_lock(project: Project) -> None:
    """The version in use here may need a newer Python than the oldest that is supported."""
    lock = project.read("requirements.lock")
    project.write("requirements.lock", "pyyaml==5.1 ; python_full_version < '3.12'\n" + lock)
    project.write("tasks/new.py", SOURCE + "import yaml\n")
    printed = check(project, "--write")[1]
    assert "+ pyyaml>=5.1\n" in printed
    assert "pyyaml>=5.1" in project.read("requirements.txt").split()
