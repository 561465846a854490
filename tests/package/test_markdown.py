"""A task that is written in Markdown is one like a script: paired, synced, checked, built."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Project, match_of, ran
from desk import QuickDesk
from test_requirements import ESCAPES, check
from test_sync_jupyter import SAVE

pytestmark = pytest.mark.filterwarnings(*ESCAPES)

LOOK, PAIR = "tasks/look.md", "notebooks/look.ipynb"
HEADER = """\
---
jupyter:
  kernelspec:
    display_name: Python 3 (ipykernel)
    language: python
    name: python3
---

"""
TEXT = """\
# Look

A text, and a list:

- of one
- and two


Another cell of text.

```python tags=["parameters"]
upstream = ["get"]
product = None
```

```python
import pandas as pd

table = pd.read_parquet(upstream["get"]["data"])
table.to_csv(product["data"])
```
"""
ENTRY = """
  - source: tasks/look.md
    class: NotebookRunner
    kernelspec_name: python3
    product:
      nb: "{{products}}/sample={{sample}}/look.ipynb"
      data: "{{products}}/sample={{sample}}/look.csv"
"""


def write(project: Project, text: str = TEXT) -> None:
    """Add the task, and name it in pipeline.yaml."""
    project.write(LOOK, text)
    project.write("pipeline.yaml", project.read("pipeline.yaml").rstrip() + ENTRY)


@pytest.mark.parametrize("header", ["", HEADER])
def test_it_is_paired_and_synced_both_ways(desk: QuickDesk, header: str) -> None:
    write(desk, header + TEXT)
    assert desk.sync() == f"Refreshed {PAIR}\n"
    assert [cell["cell_type"] for cell in desk.cells(PAIR)] == ["markdown"] * 2 + ["code"] * 2
    desk.run_notebook("ran", PAIR)
    desk.edit_script("Another cell", "One more cell", LOOK)
    desk.sync()
    assert "One more cell" in desk.code(PAIR) and len(desk.outputs(PAIR)) == 2
    desk.git("add", "--all")
    desk.commit()

    desk.edit_notebook("import pandas as pd", "import pandas", PAIR)
    desk.other_commit()
    printed = desk.refused()
    assert "-import pandas as pd\n+import pandas\n" in printed and "kernelspec" not in printed
    desk.sync("--keep-notebook", "look")
    expected = TEXT.replace("Another cell", "One more cell").replace("pandas as pd", "pandas")
    assert desk.read(LOOK) == header + expected
    desk.git("add", "--all")
    desk.commit()
    desk.sync("--discard", "look")
    assert desk.sync() == ""


def test_a_task_that_is_gone_does_not_come_back_as_a_script(desk: QuickDesk) -> None:
    write(desk)
    desk.sync()
    desk.git("add", "--all")
    desk.commit()
    desk.git("rm", "--quiet", LOOK)
    assert "has no script here" in desk.sync()
    assert desk.sync() == ""
    assert not (desk.path / "tasks/look.py").exists() and not (desk.path / LOOK).exists()


def test_code_in_a_text_stays_text(desk: QuickDesk) -> None:
    write(desk)
    desk.sync()
    desk.edit_notebook("A text, and a list:", "```python\nx = 1\n```", PAIR)
    desk.sync("--keep-notebook", "look")
    assert "<!-- #region -->\n# Look\n\n```python\nx = 1\n```\n" in desk.read(LOOK)
    assert desk.sync() == "" and len(desk.cells(PAIR)) == 4


def test_another_text_of_the_folder_is_none(desk: QuickDesk) -> None:
    desk.write("tasks/README.md", "# The tasks\n\n```python\nimport vaex\n```\n")
    assert desk.sync() == ""
    assert not (desk.path / "notebooks/README.ipynb").exists()
    assert "vaex" not in check(desk)[1]


def test_its_imports_are_to_be_declared(desk: QuickDesk) -> None:
    write(desk, TEXT.replace("import pandas as pd", "import vaex"))
    printed = check(desk)[1]
    assert match_of(r"  vaex +(\S+)", printed)[1] == LOOK


@pytest.mark.parametrize("opened", [LOOK, PAIR])
def test_jupyter_saves_it_as_it_was(desk: QuickDesk, opened: str) -> None:
    write(desk)
    desk.sync()
    desk.run("python", "-c", SAVE, opened)
    assert desk.read(LOOK) == TEXT
    assert not (desk.path / "tasks/look.py").exists()
    assert desk.sync() == ""


@pytest.mark.slow
def test_it_builds_and_is_told_like_a_script(at_hand: Callable[..., Project]) -> None:
    project = at_hand(example="empty")
    write(project)
    schemas = f"src/{project.package}/schemas.py"
    lines = '\nSCHEMAS["look"] = pa.DataFrameSchema()\n'
    project.write(schemas, project.read(schemas) + lines)
    entry = "    class: NotebookRunner\n"
    spec = project.read("pipeline.yaml")
    project.write("pipeline.yaml", spec.replace(entry, ""))
    refused = project.run("ploomber", "build", check=False).stdout
    assert "a notebook in Markdown needs two lines more: `class: NotebookRunner` and" in refused
    project.write("pipeline.yaml", spec)

    assert ran(project.ploomber("build").stdout) == ["get", "look"]
    assert (project.path / "products/development/sample=False/look.csv").exists()
    assert "up to date" in project.ploomber("build").stdout
    project.write(LOOK, TEXT.replace("table.to_csv", "table.hea()\ntable.to_csv"))
    assert "look  will run: its script" in project.nbtasks("status").stdout
    failed = project.ploomber("build", check=False).stdout
    assert f"{LOOK}:20: table.hea()" in failed
    smoke = ("python", "-m", "pytest", "-q", "tests/test_pipeline.py")
    failed = project.run(*smoke, check=False).stdout
    assert f"{LOOK}:20: table.hea()" in failed
    project.write(LOOK, TEXT)
    assert " passed" in project.run(*smoke).stdout
