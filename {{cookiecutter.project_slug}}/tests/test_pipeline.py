"""The smoke test: every notebook runs on a sample of the data, each in its time budget.

It is what CI runs on every push and what the pre-push hook runs. The products go to a
temporary folder, so those in products/ stay as they are.
"""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parent.parent


def test_every_notebook_runs_on_the_sample(tmp_path):
    products = tmp_path / "products"
    log = tmp_path / "build.log"
    ploomber = shutil.which("ploomber", path=sysconfig.get_path("scripts"))

    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            [ploomber, "build", "--env--sample", "true", "--env--products", str(products)],
            cwd=PROJECT,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    if done.returncode:
        printed = log.read_text(encoding="utf-8")
        pytest.fail(printed[max(printed.find("====="), 0) :], pytrace=False)  # no progress bars
    budget = yaml.safe_load((PROJECT / "env.yaml").read_text(encoding="utf-8"))["time_budget"]
    tasks = {path.stem for path in (PROJECT / "tasks").glob("*.py")}
    seconds = {path.stem: duration(path) for path in products.rglob("*.ipynb")}
    forgotten = sorted(tasks - seconds.keys())
    if forgotten:
        pytest.fail(f"in tasks/, but not in pipeline.yaml: {forgotten}", pytrace=False)
    assert max(seconds.values()) <= budget, f"a notebook takes longer than {budget} seconds"


def duration(notebook):
    """Return how many seconds a notebook took."""
    return json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["papermill"]["duration"]
