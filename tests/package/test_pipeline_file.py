"""A task is added to pipeline.yaml without touching a character of what is there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import chdir

import pytest
import yaml
from conftest import Project, forget

from nbtasks.pipeline.pipeline_file import add_task

FLAT = """\
tasks:
- source: tasks/get.py
  product: {nb: "{{out}}/get.ipynb"}   # its own style


# a comment at the end
executor: serial
"""


@pytest.fixture
def project(bake: Callable[..., Project]) -> Project:
    """Return a project, not set up."""
    return bake()


def add(project: Project) -> None:
    """Add the task."""
    products = {"nb": "new.ipynb", "data": "new.parquet"}
    birds = {"birds": "data/raw/birds.csv"}
    with chdir(project.path):
        forget()
        add_task("new", products, resources=birds, comment="From a notebook")


def test_everything_that_was_there_stays(project: Project) -> None:
    """The file is the same but for a paragraph below the last task, which Ploomber can read."""
    before = project.read("pipeline.yaml")
    add(project)
    after = project.read("pipeline.yaml")
    assert after.startswith(before)
    assert after[len(before) :].startswith("\n  # From a notebook\n  - source: tasks/new.py\n")
    loaded = yaml.safe_load(after)["tasks"]
    assert loaded[:-1] == yaml.safe_load(before)["tasks"]
    assert loaded[-1] == {
        "source": "tasks/new.py",
        "product": {
            "nb": "{{products}}/sample={{sample}}/new.ipynb",
            "data": "{{products}}/sample={{sample}}/new.parquet",
        },
        "params": {"resources_": {"birds": "data/raw/birds.csv"}},
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_styles_stay_too(project: Project, end: str) -> None:
    """Lists at the margin, keys below the tasks, comments, and the line ends of Windows."""
    project.write("pipeline.yaml", FLAT.replace("\n", end))
    add(project)
    head, tail = FLAT.split("\n\n\n")
    lines = project.read("pipeline.yaml").replace(end, "\n")
    assert "\r" not in lines
    assert lines.startswith(head + "\n# From a notebook\n- source: tasks/new.py\n")
    assert lines.endswith("\n      birds: data/raw/birds.csv\n\n\n" + tail)
    assert yaml.safe_load(lines)["tasks"][1]["product"]["nb"] == "{{out}}/new.ipynb"


def test_what_can_not_be_added_to_is_left_alone(project: Project) -> None:
    """A second task of the same name, and tasks that are written in one line."""
    add(project)
    for text, reason in [
        (project.read("pipeline.yaml"), "has a task 'new' already"),
        ("tasks: [{source: tasks/get.py, product: get.ipynb}]\n", "is no list with a line"),
    ]:
        project.write("pipeline.yaml", text)
        with pytest.raises(ValueError, match=reason):
            add(project)
        assert project.read("pipeline.yaml") == text
