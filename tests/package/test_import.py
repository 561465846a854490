"""An existing notebook becomes tasks of the project by one command, proved to give the same."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import Project

pytestmark = pytest.mark.slow

CELLS = """\
# Birds
---
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

LIMIT = 2
COLUMNS = ["a", "b"]
---
## 1. Load the data
---
df = pd.read_csv("data/birds.csv")
df.head()
---
def add_ratio(table, scale=LIMIT):
    table = table[COLUMNS].copy()
    table["ratio"] = table["a"] / table["b"] * scale
    return table
---
## 2. Clean
---
df.dropna(inplace=True)
df = add_ratio(df)
print(len(df))
df
---
## Model it!
---
m = GridSearchCV(LinearRegression(), {"fit_intercept": [True]}, scoring="neg_max_error", cv=2)
m.fit(df[["a"]], df["b"])
print(m.best_estimator_.coef_)
---
## Use
![A bird](bird.png)
---
import os, helpers
def double(number):
    return 2 * number
print(helpers.shout("x"), double(3))
print(m.predict(pd.DataFrame({"a": [1.0]})), df.ratio.sum())
"""


@pytest.fixture(scope="module")
def made(at_hand: Callable[..., Project]) -> Project:
    """Return a project that all tests share."""
    return at_hand()


@pytest.fixture
def project(made: Project) -> Iterator[Project]:
    """Return the project; as it was, after the test."""
    start = made.git("rev-parse", "HEAD")
    yield made
    made.git("reset", "--quiet", "--hard", start)
    made.git("clean", "--quiet", "--force", "-d")


def notebook(folder: Path, text: str = CELLS) -> Path:
    """Write a notebook beside the data that it reads; return its path."""
    cells = [
        nbformat.v4.new_markdown_cell(cell)
        if cell.startswith("#")
        else nbformat.v4.new_code_cell(cell)
        for cell in (part.strip("\n") for part in text.split("---\n"))
    ]
    path = folder / "birds.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "birds.csv").write_text("a,b\n1,2\n3,4\n5,\n7,8\n")
    (folder / "helpers.py").write_text("def shout(text):\n    return text.upper()\n")
    (folder / "bird.png").write_bytes(b"a bird")
    return path


def test_a_notebook_moves_in_and_gives_the_same(project: Project, tmp_path: Path) -> None:
    """It is run, split, built and compared; what it made is tested and can be committed."""
    path = notebook(tmp_path)
    before = path.read_bytes()
    printed = project.quickly("nbtasks", "import", path).stdout
    for name in ["load_data", "birds_clean", "model", "use"]:
        assert f"  {name}: the same\n" in printed
    assert path.read_bytes() == before
    assert "def add_ratio" in project.read("src/my_pipeline/birds.py")
    assert 'upstream = ["birds_clean", "model"]' in project.read("tasks/use.py")
    assert project.read("pipeline.yaml").startswith("# The pipeline")
    for name in ["add_ratio", "double"]:
        assert f"def test_{name}()" in project.read("tests/test_birds.py")
    assert "pd.testing.assert_frame_equal(" in project.read("tests/test_birds.py")
    assert "cell 6" not in project.read("products/import-birds.html").partition("<table")[0]
    assert "def shout" in project.read("src/my_pipeline/helpers.py")
    assert "../tasks/images/use_bird.png" in project.read("tasks/use.py")
    assert project.read("tasks/images/use_bird.png") == "a bird"

    project.run("python", "-m", "pytest", "-q", "tests/test_birds.py")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "The birds")
    again = project.quickly("nbtasks", "import", path, check=False)
    assert again.returncode == 1 and "was imported before" in again.stdout
    assert project.git("status", "--porcelain") == ""


def test_a_dry_run_shows_the_parts_and_writes_nothing(project: Project, tmp_path: Path) -> None:
    """Parts, cells and what flows between them are seen before anything is written."""
    printed = project.quickly("nbtasks", "import", notebook(tmp_path), "--dry-run").stdout
    assert "birds_clean  cells 6-7  makes df" in printed
    assert "model ── m ──▶ use" in printed
    assert project.git("status", "--porcelain") == ""


def test_a_notebook_that_no_longer_runs_is_said_so(project: Project, tmp_path: Path) -> None:
    """The cell and the error are named before anything is split."""
    path = notebook(tmp_path, CELLS + "---\nabsent\n")
    done = project.quickly("nbtasks", "import", path, check=False)
    assert done.returncode == 1
    assert "does not run by itself any more" in done.stdout
    assert "NameError: name 'absent' is not defined" in done.stdout
    assert project.git("status", "--porcelain") == ""


ODD = """\
# Paths
---
import pandas as pd
from sklearn.preprocessing import FunctionTransformer
import joblib
FOLDER = "data/"
df = pd.read_csv(FOLDER + "birds.csv")
print(sum(len(pd.read_csv("data/" + name)) for name in ["birds.csv"]))
def half(table):
    return table / 2
joblib.dump(FunctionTransformer(half), "half.joblib")
;
---
# Read
---
print(joblib.load("half.joblib").transform(df).sum())
"""


def test_what_a_notebook_reads_by_parts_and_stores_of_its_own_moves_in(
    project: Project, tmp_path: Path
) -> None:
    """Paths that code puts together, a function that is pickled, a line that is only `;`."""
    printed = project.quickly("nbtasks", "import", notebook(tmp_path, ODD)).stdout
    assert "  paths: the same\n" in printed and "  read: the same\n" in printed
    assert "data/birds.csv stay where they were" in printed
    assert "data/birds.csv" in project.read("pipeline.yaml")


def test_a_build_that_fails_can_be_taken_back(project: Project, tmp_path: Path) -> None:
    """The command is named; nothing is said of a commit."""
    path = notebook(
        tmp_path, "# One bird\n---\nfrom pathlib import Path\nassert Path.cwd().name == 'f'\n"
    )
    done = project.quickly("nbtasks", "import", path, check=False)
    assert done.returncode == 1 and "git commit" not in done.stdout
    assert "This takes it back, for another try: git stash --include-untracked" in done.stdout
    project.git("stash", "--include-untracked")
    assert project.git("status", "--porcelain") == ""
    again = project.quickly("nbtasks", "import", path, check=False).stdout
    assert "This takes it back" in again and "imported before" not in again


def test_names_that_nothing_binds_are_refused(project: Project, tmp_path: Path) -> None:
    """With what they are, before anything is written."""
    path = notebook(tmp_path, "# One bird\n---\n1 + 1\n---\n# Two birds\n---\nprint(_)\n")
    printed = project.quickly("nbtasks", "import", path, check=False).stdout
    assert "cell 4: nothing says what _ is\nNothing was written" in printed
    assert project.git("status", "--porcelain") == ""


def test_an_interrupted_import_can_be_taken_back(project: Project, tmp_path: Path) -> None:
    """The next one says how."""
    path, pipeline = notebook(tmp_path), project.path / "pipeline.yaml"
    before = pipeline.read_bytes()
    command = ["nbtasks", "import", str(path)]
    with subprocess.Popen(command, cwd=project.path, env=project.environ) as process:
        while process.poll() is None and pipeline.read_bytes() == before:
            time.sleep(0.01)
        process.kill()
    assert pipeline.read_bytes() != before
    printed = project.quickly("nbtasks", "import", path, check=False).stdout
    assert "was imported before" in printed and "git stash --include-untracked" in printed


def test_data_that_is_not_there_is_refused(project: Project, tmp_path: Path) -> None:
    """A name mistyped after `--data` is said so before the notebook runs."""
    words: list[str | Path] = ["import", notebook(tmp_path), "--data", "absent.csv"]
    done = project.quickly("nbtasks", *words, check=False)
    assert (done.returncode, done.stdout) == (1, "There is no absent.csv\n")
