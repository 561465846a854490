"""What `nbtasks dashboard` says when it can't serve."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from conftest import Project, read_ours

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project of the example, which has a dashboard."""
    return at_hand(project_slug="my-pipeline")


def test_a_place_that_is_taken_is_said(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"127.0.0.1:{server.getsockname()[1]}"
        done = project.quickly("nbtasks", "dashboard", "--listen", taken, check=False)
    assert "\nnbtasks dashboard\n" in read_ours("docs/how-to/dashboard.md")
    assert done.returncode == 1
    assert done.stdout.startswith(f"Can't listen on {taken}: ")
    assert "Traceback" not in done.stdout


def test_a_task_that_has_been_renamed_is_said(project: Project) -> None:
    module = "src/my_pipeline/dashboard.py"
    text = project.read(module)
    project.write(module, text.replace('"clean", "train"', '"tidy", "train"'))
    done = project.quickly("nbtasks", "dashboard", check=False)
    project.write(module, text.replace("from .explore import", "from .looked import"))
    other = project.quickly("nbtasks", "dashboard", check=False)
    project.write(module, text)
    assert done.returncode == other.returncode == 1
    assert "The dashboard in src/ can't be imported: No module named" in other.stdout
    assert "Traceback" not in other.stdout
    assert done.stdout == "No task is called tidy: see TASKS in dashboard.py\n"
