"""What happens to products that are wrong or half made: they are never taken for good."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project, copied, ran

pytestmark = pytest.mark.slow

CLEAN = "tasks/clean.py"
TABLE = "products/development/sample=True/clean.parquet"


@pytest.fixture(scope="module")
def module_project(at_hand: Callable[..., Project]) -> Project:
    """Return a project whose first three tasks have run on the sample."""
    project = at_hand()
    build(project)
    return project


@pytest.fixture
def project(module_project: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    return copied(module_project, tmp_path / "my-pipeline")


def build(project: Project, *options: str, check: bool = True) -> str:
    """Build up to `features` on the sample; return what was printed."""
    words = ("build", "--partially", "features", "--env--sample", "true", *options)
    return project.ploomber(*words, check=check).stdout


def edit(project: Project, old: str, new: str) -> str:
    """Change a line of the task `clean`; return how it was."""
    text = project.read(CLEAN)
    assert text.count(old) == 1
    project.write(CLEAN, text.replace(old, new))
    return text


def test_good_products_are_not_made_again(project: Project) -> None:
    assert ran(build(project)) == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [("features", ["features"]), ("clean", ["clean", "features"]), ("explore", [])],
)
def test_a_changed_function_runs_the_tasks_that_use_it(
    project: Project, module: str, expected: list[str]
) -> None:
    """Ploomber looks at scripts only; a change in src/ is noticed all the same."""
    name = f"src/{project.package}/{module}.py"
    project.write(name, project.read(name) + "\n\nMORE = 1\n")
    assert ran(build(project)) == expected
    assert ran(build(project)) == []


def test_what_a_function_uses_counts_too(project: Project) -> None:
    """A module that is imported by a module that a task imports, here one in a folder."""
    name = f"src/{project.package}/features.py"
    helper = f"src/{project.package}/more/helper.py"
    old = "import pandas as pd\n"
    project.write(helper, "ONE = 1\n")
    project.write(
        name, project.read(name).replace(old, f"{old}\nfrom .more import (\n    helper,\n)\n")
    )
    build(project)
    project.write(helper, "ONE = 2\n")
    assert ran(build(project)) == ["features"]


def test_what_the_package_itself_imports_counts_too(project: Project) -> None:
    """Whatever `__init__.py` imports is run by every task that uses the package."""
    name = f"src/{project.package}/__init__.py"
    helper = f"src/{project.package}/helper.py"
    project.write(helper, "ONE = 1\n")
    project.write(name, f"{project.read(name)}\nfrom .helper import ONE\n")
    build(project)
    project.write(helper, "ONE = 2\n")
    assert ran(build(project)) == ["clean", "features", "get"]


def test_changed_raw_data_runs_all_that_depends_on_it(project: Project) -> None:
    name = "data/raw/penguins.csv"
    project.write(name, project.read(name).replace("Torgersen", "Dream"))
    assert ran(build(project)) == ["clean", "features", "get"]
    assert ran(build(project)) == []


def test_a_changed_schema_is_held_against_the_tables_there_are(project: Project) -> None:
    name = f"src/{project.package}/schemas.py"
    schemas = project.read(name)
    project.write(name, schemas.replace("in_range(5, 40)", "in_range(5, 41)"))
    assert ran(build(project)) == []

    project.write(name, schemas.replace("in_range(1000, 10_000)", "in_range(1000, 4000)"))
    output = build(project, check=False)
    assert "The table of task 'clean' is not as its schema in schemas.py says" in output
    assert "column body_mass_g, check in_range(1000, 4000)" in output

    project.write(name, schemas)
    assert ran(build(project)) == ["clean"]  # which comes out as it was


def test_a_function_that_changes_while_its_task_runs_counts(project: Project) -> None:
    """It is the earlier function that has made the product."""
    name = f"src/{project.package}/clean.py"
    edit(project, "table.head()", f"open({name!r}, 'a').write('\\n\\nMORE = 1\\n')")
    build(project)
    assert ran(build(project)) == ["clean", "features"]


def test_a_violation_fails_names_all_and_is_mended_by_the_next_build(project: Project) -> None:
    zero = "clean(raw).assign(sample_number=1, body_mass_g=[0.0, 10.0] + 57 * [4000.0])\n"
    before = edit(project, "clean(raw)\n", zero)

    output = build(project, check=False)

    assert "The task 'clean' (tasks/clean.py) has failed:" in output
    assert "The table of task 'clean' is not as its schema in schemas.py says" in output
    assert "column species, sample_number, check multiple_fields_uniqueness: 59 of 59" in output
    assert "column body_mass_g, check in_range(1000, 10000): 2 of 59 rows" in output
    first = output.partition("in_range(1000, 10000)")[2].splitlines()
    assert {line.split()[0] for line in first if "Adelie" in line} == {"0", "1"}

    project.write(CLEAN, before)
    mended = build(project)
    assert ran(mended) == ["clean"]
    assert "is kept in" not in mended  # nobody has edited the notebook of the run that failed


def test_a_task_without_a_schema_is_told_so(project: Project) -> None:
    name = f"src/{project.package}/schemas.py"
    schemas = project.read(name)
    assert '    "clean": CLEAN,\n' in schemas
    project.write(name, schemas.replace('    "clean": CLEAN,\n', ""))
    output = build(project, "--force")
    assert "clean: its table clean.parquet has no schema in schemas.py" in output


@pytest.mark.parametrize(
    "end",
    ["raise RuntimeError('full disk')", "import os; os.kill(os.getppid(), 9)"],
    ids=["fails", "is killed"],
)
def test_a_half_written_product_is_made_again(project: Project, end: str) -> None:
    half = f'table.head(2).to_parquet(product["data"])\n{end}'
    before = edit(project, 'table.to_parquet(product["data"])', half)
    whole = (project.path / TABLE).read_bytes()

    build(project, check=False)
    assert (project.path / TABLE).read_bytes() != whole
    project.write(CLEAN, before)

    status = project.ploomber("status", "--env--sample", "true").stdout
    assert re.search("^clean +its product changed$", status, re.MULTILINE)
    assert ran(build(project)) == ["clean"]
    assert (project.path / TABLE).read_bytes() == whole


def test_a_product_left_as_it_was_is_told_and_not_refused(project: Project) -> None:
    edit(project, 'table.to_parquet(product["data"])', "table.size")

    output = build(project)

    assert f"clean: left its product {TABLE} as it was" in output.replace("\\", "/")
    assert ran(build(project)) == []


def test_an_edit_in_a_result_is_kept_before_it_is_overwritten(project: Project) -> None:
    build(project, "--force")  # what a result held is remembered by its path
    name = TABLE.replace("parquet", "ipynb")
    edited = project.read(name).replace("table.head()", "table.tail()")
    project.write(name, edited)

    output = build(project)

    kept = "exploration/clean-edited.ipynb"
    assert f"clean: its result clean.ipynb was edited; the edit is kept in {kept}" in output
    assert project.read(kept) == edited
    assert "table.tail()" not in project.read(name)
    debugged = json.loads(project.read(name))  # as `ploomber task clean --debug` leaves it
    debugged["cells"].insert(0, debugged["cells"][1] | {"source": "%pdb on"})
    project.write(name, json.dumps(debugged))
    assert "is kept in" not in build(project, "--force")


def test_a_task_that_is_up_to_date_or_unknown_is_said_in_a_line(project: Project) -> None:
    words = ("task", "--env--sample", "true")
    said = project.ploomber(*words, "clean").stdout
    assert said.endswith("to run it all the same: ploomber task clean --force\n")
    refused = project.ploomber(*words, "claen", check=False)
    assert refused.returncode == 1
    assert "There is no such task. The tasks are: get, clean," in refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_task_over_the_time_budget_is_stopped(project: Project) -> None:
    edit(project, "table.head()", "import time\n\ntime.sleep(3600)")

    output = build(project, "--env--time_budget", "8", check=False)

    assert "Task 'clean' was stopped in cell" in output
    assert "longer than its time budget, 8.0 s" in output


def test_the_smoke_test_minds_the_time_budget_and_overwrites_nothing_of_the_user(
    project: Project,
) -> None:
    """It runs in a copy, so that nothing is written to products/, whatever the paths are."""
    edit(project, "table.head()", "import time\n\ntime.sleep(3600)")
    budget = re.sub("time_budget: .*", "time_budget: 10", project.read("env.yaml"))
    project.write("env.yaml", budget)
    products = project.path / "products"
    before = {path: path.stat().st_mtime_ns for path in products.rglob("*")}

    output = project.run("python", "-m", "pytest", "tests/test_pipeline.py", check=False).stdout

    assert "Task 'clean' was stopped in cell" in output
    assert {path: path.stat().st_mtime_ns for path in products.rglob("*")} == before


def test_the_smoke_test_runs_before_a_push_and_can_be_skipped(
    project: Project, tmp_path: Path
) -> None:
    hook = ("python", "-m", "pre_commit", "install", "--hook-type", "pre-push")
    project.run(*hook)
    project.git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    project.git("remote", "add", "origin", str(tmp_path / "remote"))
    edit(project, "table.head()", "table.heads()")
    project.git("commit", "--quiet", "--all", "--no-verify", "--message", "Break it")

    refused = project.run("git", "push", "--quiet", "origin", "main", check=False)
    assert refused.returncode != 0
    assert "skip: git push --no-verify" in refused.stdout
    assert "object has no attribute 'heads'" in refused.stdout
    assert project.git("ls-remote", "origin") == ""

    project.git("push", "--quiet", "--no-verify", "origin", "main")
    assert "refs/heads/main" in project.git("ls-remote", "origin")


def test_the_empty_example_is_checked_too(at_hand: Callable[..., Project]) -> None:
    empty = at_hand(example="empty")
    data = empty.read("data/raw/example.csv")
    empty.run("python", "-m", "pytest", "--ignore", "tests/test_pipeline.py")
    empty.write("data/raw/example.csv", data.replace("1.2", "much"))

    output = empty.ploomber("build", check=False).stdout

    assert "The table of task 'get' is not as its schema" in output
    assert "column rain_mm" in output
    notes = list((empty.path / "products").rglob(".*.metadata"))
    assert [json.loads(note.read_text()) for note in notes] == []
