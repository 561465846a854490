"""What a session of an editor gets is what a build gets, and a build gets nothing of sessions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project, copied, ran
from kernel import as_ipython_finds_it, cells_of, started

pytestmark = pytest.mark.slow

PIPELINE = """
tasks:
  - source: tasks/get.py
    product:
      nb: "{{products}}/get.ipynb"
      data: "{{products}}/get.txt"

  - source: tasks/zoo.py
    product:
      nb: "{{products}}/zoo.ipynb"
      data: "{{products}}/zoo.txt"
    params:
      text: "it's {{seed}}"
      truth: true
      number: 3
      share: 0.1
      large: .inf
      nothing: null
      day: "2026-11-29"
      moment: "2026-11-29T12:00:00"
      days: ["2026-11-29", 1]
      group: {list: [1, {x: null}], deep: {1: a, 2: b}}
      seed: "{{seed}}"
      sample: "{{sample}}"
      sample_rows: "{{sample_rows}}"
      resources_:
        raw: data/raw/example.csv
"""
NAMES = ["text", "truth", "number", "share", "large", "nothing", "day", "moment", "days", "group"]
NAMES += ["seed", "sample", "sample_rows", "resources_"]
GET = """\
# %% tags=["parameters"]
upstream = None
product = None

# %%
from pathlib import Path

Path(product["data"]).write_text("made")
"""
ZOO = f"""\
# %% tags=["parameters"]
upstream = ["get"]
product = None
{"".join(f"{name} = None" + chr(10) for name in NAMES)}
# %%
from pathlib import Path

Path(product["data"]).write_text(repr([upstream, product, {", ".join(NAMES)}]))
"""


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project of two tasks that has been built."""
    project = at_hand(example="empty")
    project.environ |= as_ipython_finds_it(tmp_path_factory.mktemp("settings"))
    head = project.read("pipeline.yaml").partition("\ntasks:")[0]
    project.write("pipeline.yaml", head + PIPELINE)
    project.write("tasks/get.py", GET)
    project.write("tasks/zoo.py", ZOO)
    project.write(f"src/{project.package}/schemas.py", '"""None."""\n\nSCHEMAS = {}\n')
    project.run("ploomber", "build")
    return project


def outputs(project: Project, name: str) -> str:
    """Return all outputs of an executed notebook."""
    cells = json.loads(project.read(f"products/development/{name}.ipynb"))["cells"]
    return json.dumps([cell.get("outputs") for cell in cells])


def test_a_session_gets_what_a_build_gets(project: Project) -> None:
    """All kinds of values, as papermill has written them into the executed notebook."""
    parameters, work = cells_of(project, "tasks/zoo.py")
    built = project.read("products/development/zoo.txt")
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "zoo.py")
        said = kernel.send(parameters)
        assert said == "zoo: parameters of development, all data (PLOOMBER_ENV_FILENAME chooses)\n"
        found = kernel.send(f"print([upstream, product, {', '.join(NAMES)}])")
    assert found.strip() == built
    assert "write_text" in work


def test_a_build_gets_nothing_of_it(project: Project) -> None:
    """No output, no parameters of another session; nor do papermill and nbclient."""
    assert "parameters of" not in outputs(project, "zoo") + outputs(project, "get")
    for command in (
        ["papermill", "products/development/get.ipynb", "again.ipynb", "--kernel", "python3"],
        ["nbconvert", "--to", "notebook", "--execute", "products/development/get.ipynb"],
    ):
        project.run(sys.executable, "-m", *command, JPY_SESSION_NAME="x", NBTASKS_KERNEL="1")
    for path in (project.path / "again.ipynb", *project.path.glob("products/**/*.nbconvert.ipynb")):
        assert "parameters of" not in path.read_text("utf-8")
        path.unlink()


def test_cells_by_hand_write_the_real_products(project: Project) -> None:
    """And the next build runs that task, since its product changed."""
    assert "get" not in ran(project.ploomber("build").stdout)
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "get.py")
        for cell in cells_of(project, "tasks/get.py"):
            kernel.send(cell.replace('"made"', '"by hand"'))
    assert project.read("products/development/get.txt") == "by hand"
    assert "get  will run: its product" in project.nbtasks("status").stdout
    assert "get" in ran(project.ploomber("build").stdout)
    assert project.read("products/development/get.txt") == "made"


def test_check_jsonschema_agrees(project: Project, tmp_path: Path) -> None:
    """The schema is any tool's: this one takes the pipeline, and refuses a misspelt key."""
    from nbtasks.pipeline import schema

    given = tmp_path / "pipeline.schema.json"
    given.write_text(schema.text_of("pipeline"), "utf-8")
    bad = tmp_path / "pipeline.yaml"
    bad.write_text(project.read("pipeline.yaml").replace("params:", "parms:"), "utf-8")
    codes = [
        subprocess.run(
            [sys.executable, "-m", "check_jsonschema", "--schemafile", given, path],
            capture_output=True,
        ).returncode
        for path in (project.path / "pipeline.yaml", bad)
    ]
    assert codes == [0, 1]


def described(project: Project) -> list[str] | None:
    """Return the files on which the parameters depend, as paths from the project."""
    answer = project.run(sys.executable, "-m", "nbtasks.engine.described").stdout
    assert "error" not in answer, answer
    files = json.loads(answer)["files"]
    return files and [Path(file).relative_to(project.path).as_posix() for file in files]


def test_on_which_files_the_parameters_depend(project: Project, tmp_path: Path) -> None:
    """Imported ones too; what more than files decide is never kept."""
    other = copied(project, tmp_path / "project")
    before = other.read("env.yaml")
    for path in other.path.glob("env.*.yaml"):  # they would have to know the file that follows
        path.unlink()
    other.write("config/base.yaml", before)
    other.write("env.yaml", "meta:\n  import_from: config/base.yaml\n")
    files = described(other)
    assert files and {"config/base.yaml", "env.yaml", "pipeline.yaml", "tasks/zoo.py"} <= {*files}
    other.write("env.yaml", before.replace("products/development", "products/{{user}}"))
    assert described(other) is None
