"""The smoke test: every task of every pipeline runs on a sample of the data, in time.

It is what CI runs on every push and what the pre-push hook runs, on what is pushed. It runs in
a copy of the project, so products/ stays as it is.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def test_all_pipelines_run_on_the_sample(tmp_path):
    smoke = subprocess.run([sys.executable, "-m", "nbtasks", "smoke", tmp_path], cwd=PROJECT)

    if smoke.returncode:
        pytest.fail("A pipeline does not run on the sample.", pytrace=False)
