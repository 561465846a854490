"""From nothing to the first result, with uv and an empty cache: this template and kedro.

This template is one command. For kedro it is the steps of its documentation: make an
environment, install kedro, make a project, install the packages of its spaceflights
example, add a pipeline, run it. The example itself is on GitHub only, so the project is a
blank one, given a pipeline of three nodes on the same data; what the example would cost
on top is left out, in kedro's favour.

A second table has what this template pays before its first notebook starts.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from measure import TEMPLATE, Cost, cost, environ, show
from uv import find_uv_bin

UV = find_uv_bin()

SPACEFLIGHTS = [
    *("ipython>=8.10", "jupyterlab>=3.0", "notebook", "kedro[jupyter]"),
    "kedro-datasets[pandas-csvdataset,pandas-exceldataset,pandas-parquetdataset]>=3.0",
    *("kedro-viz>=6.7.0", "scikit-learn~=1.5.1", "seaborn~=0.12.1", "pyarrow"),
]
PIPELINE = '''\
"""Clean the penguins, fit a model, evaluate it."""
from kedro.pipeline import Pipeline, node
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

COLUMNS = ["Culmen Length (mm)", "Culmen Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"]


def clean(raw):
    return raw.dropna(subset=COLUMNS).sample(60, random_state=42)


def fit(table):
    train, test = train_test_split(table, random_state=42)
    return LogisticRegression(max_iter=1000).fit(train[COLUMNS], train["Species"]), test


def evaluate(model, test):
    return {"accuracy": model.score(test[COLUMNS], test["Species"])}


def create_pipeline(**kwargs):
    return Pipeline([
        node(clean, "raw", "table"), node(fit, "table", ["model", "test"]),
        node(evaluate, ["model", "test"], "metrics"),
    ])
'''
CATALOG = """\
raw: {type: pandas.CSVDataset, filepath: data/01_raw/penguins.csv}
table: {type: pandas.ParquetDataset, filepath: data/02_intermediate/table.parquet}
"""


def ours(folder: Path) -> Cost:
    """Type the one command; each question is answered by its default."""
    env = environ(folder / "home", Path(UV).parent, UV_CACHE_DIR=str(folder / "cache"))
    command = [UV, "tool", "run", "cookiecutter", TEMPLATE, "--no-input"]
    taken = cost(command, cwd=folder, env=env)
    assert list(folder.glob("my-pipeline/products/**/train.html")), "there is no result"
    return taken


def before_the_first_notebook(folder: Path) -> dict[str, Cost]:
    """Take the steps of that command which no choice of this template's could save."""
    env = environ(folder / "home", Path(UV).parent, UV_CACHE_DIR=str(folder / "cache"))
    generate = [UV, "tool", "run", "cookiecutter", TEMPLATE, "--no-input", "environment=none"]
    rows = {"generate, set up nothing": cost(generate, cwd=folder, env=env)}
    project = folder / "my-pipeline"
    python = project / ".venv" / "bin" / "python"
    install = [UV, "pip", "install", "--python", python, "--no-deps", "-r", "requirements.lock"]
    steps = {
        "make .venv, install the lock": [[UV, "venv", ".venv"], install],
        "import ploomber, not compiled yet": [[python, "-c", "import ploomber.cli"]],
        "import ploomber again": [[python, "-c", "import ploomber.cli"]],
    }
    return rows | {name: cost(*step, cwd=project, env=env) for name, step in steps.items()}


def kedro(folder: Path) -> Cost:
    """Type what kedro's documentation says, with uv."""
    env = environ(folder / "home", UV_CACHE_DIR=str(folder / "cache"), KEDRO_DISABLE_TELEMETRY="1")
    bins, project = folder / ".venv" / "bin", folder / "penguins"
    install = [UV, "pip", "install", "--python", bins / "python"]
    new = ["new", "--name", "penguins", "--tools", "none", "--example", "n", "--telemetry", "no"]
    first = cost(
        [UV, "venv", "--python", "3.11", ".venv"],
        [*install, "kedro"],
        [bins / "kedro", *new],
        [*install, *SPACEFLIGHTS],
        cwd=folder,
        env=env,
    )
    pipeline = project / "src" / "penguins" / "pipelines" / "science"
    pipeline.mkdir(parents=True)
    (pipeline / "__init__.py").write_text("from .pipeline import create_pipeline\n")
    (pipeline / "pipeline.py").write_text(PIPELINE)
    (project / "conf" / "base" / "catalog.yml").write_text(CATALOG)
    data = next(TEMPLATE.glob("*/data/raw/*penguins.csv*"))
    (project / "data" / "01_raw").mkdir(parents=True, exist_ok=True)
    shutil.copy(data, project / "data" / "01_raw" / "penguins.csv")
    second = cost([bins / "kedro", "run"], cwd=project, env=env)
    return Cost(first.cpu + second.cpu, first.wall + second.wall)


def main() -> None:
    """Measure one after the other, each in a folder and with a cache of its own."""
    rows = {}
    for title, measure in [
        ("this template: 1 command, 5 notebooks run", ours),
        ("kedro: 5 commands, 3 nodes run", kedro),
    ]:
        with tempfile.TemporaryDirectory() as folder:
            rows[title] = measure(Path(folder))
    show("From nothing to the first result, uv, cold cache", rows)
    with tempfile.TemporaryDirectory() as folder:
        show("Of this template's: what comes first", before_the_first_notebook(Path(folder)))


if __name__ == "__main__":
    main()
