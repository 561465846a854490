"""Parameters: environments, types, misspellings; and the parts of a pipeline in isolation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from conftest import WINDOWS, Project, forget, ran, read_ours
from preloaded import run

from nbtasks.engine import building
from nbtasks.pipeline import parameters

pytestmark = pytest.mark.slow

BUILD = ("build", "--env--sample", "true")


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project that nothing has been run in."""
    return at_hand()


def show(project: Project, *arguments: str, **environ: str) -> dict[str, dict[str, Any]]:
    """Return what the tasks get for a command line and environment variables."""

    def as_json() -> None:
        dag = building.load(list(arguments), "status")
        params = {n: dag[n].params.to_json_serializable(params_only=True) for n in dag}
        products = {name: str(dag[name].product["nb"]) for name in dag}
        print(json.dumps({"params": params, "products": products}))

    code, printed = run(["nbtasks"], project.path, project.environ | environ, call=as_json)
    assert code == 0, printed
    shown: dict[str, dict[str, Any]] = json.loads(printed.splitlines()[-1])
    return shown


def resources(project: Project) -> dict[str, object]:
    """Return the parameter that names the files which the task `get` reads."""
    return {"resources_": {"raw": str(project.path / "data" / "raw" / "penguins.csv")}}


@pytest.fixture
def change(project: Project) -> Iterator[Callable[[str, str, str], None]]:
    """Return a function that changes a file until the end of the test."""

    def change(name: str, old: str, new: str) -> None:
        assert project.read(name).count(old) == 1
        project.write(name, project.read(name).replace(old, new))

    yield change
    project.git("checkout", "--quiet", "--", ".")


# --- environments and types -------------------------------------------------------------


def test_development_is_what_runs_by_default(project: Project) -> None:
    shown = show(project)

    expected = {"sample": False, "sample_rows": 60, "seed": 42}
    assert shown["params"]["get"] == expected | resources(project)
    assert "products/development/sample=False/get.ipynb" in shown["products"]["get"]


@pytest.mark.parametrize("name", ["staging", "production"])
def test_each_environment_has_its_parameters_and_its_products(project: Project, name: str) -> None:
    shown = show(project, PLOOMBER_ENV_FILENAME=f"env.{name}.yaml")

    assert shown["params"]["train"] == {"test_size": 0.1, "seed": 42}
    assert all(f"products/{name}/sample=False/" in path for path in shown["products"].values())


def test_types_arrive_from_the_command_line_as_from_a_file(project: Project) -> None:
    line = ["--env--sample", "true", "--env--seed", "7", "--env--test_size", "0.5"]
    params = show(project, *line)["params"]

    expected = {"sample": True, "sample_rows": 60, "seed": 7}
    assert params["get"] == expected | resources(project)
    assert params["get"]["sample"] is True
    assert [type(value) for value in params["train"].values()] == [float, int]


def test_a_whole_number_will_do_for_a_fraction_from_any_folder(project: Project) -> None:
    line = ["status", "--env--test_size", "1"]
    project.ploomber(*line)
    assert "train" in project.ploomber(*line, cwd=project.path / "tasks").stdout


def test_types_arrive_in_the_notebook(project: Project) -> None:
    project.ploomber(*BUILD, "--partially", "get", "--env--seed", "7")

    path = project.path / "products/development/sample=True/get.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    tags = ["injected-parameters"]
    injected = next("".join(c["source"]) for c in cells if c["metadata"].get("tags") == tags)
    assert "sample = True\nsample_rows = 60\nseed = 7\n" in injected


def refusal(project: Project, *arguments: str, **environ: str) -> str:
    """Return how `ploomber status` refuses, without what it prints of its progress."""
    done = project.ploomber("status", *arguments, check=False, **environ)
    assert done.returncode != 0
    return done.stdout


def test_a_misspelt_parameter_on_the_command_line_is_refused(project: Project) -> None:
    output = refusal(project, "--env--sampel", "true")

    assert "unrecognized arguments: --env--sampel true" in output
    for name in ("sample", "sample_rows", "seed", "test_size"):
        assert f"[--env--{name} " in output


def test_a_misspelt_parameter_in_a_file_is_refused(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    change("env.production.yaml", "test_size:", "tset_size:")

    output = refusal(project)  # even when that file is not in use

    assert "env.production.yaml: there is no parameter tset_size; those that exist" in output
    assert "sample, sample_rows, seed, test_size" in output
    assert "Traceback" not in output


def test_a_misspelt_parameter_in_env_yaml_is_refused(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    change("env.yaml", "\nseed:", "\nsead:")

    assert "{{seed}}: Ensure the placeholder is defined" in refusal(project)


def test_a_misspelt_environment_is_refused(project: Project) -> None:
    output = refusal(project, PLOOMBER_ENV_FILENAME="env.stagign.yaml")

    assert "'env.stagign.yaml' but there isn't a file with such name" in output


@pytest.mark.parametrize("value", ["yes", "1", "flase"])
def test_a_value_of_another_type_is_refused(project: Project, value: str) -> None:
    output = refusal(project, "--env--sample", value)

    assert f"--env--sample {value}: the parameter sample can't be" in output
    assert "in env.yaml it is False (bool)" in output


def test_a_value_of_another_type_in_a_file_is_refused(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    change("env.staging.yaml", "test_size: 0.1", "test_size: a tenth")

    assert "env.staging.yaml: the parameter test_size can't be 'a tenth'" in refusal(project)


# --- what can't be built is refused in one line, not by a traceback ----------------------


def last_line(project: Project, *words: str) -> str:
    """Return what Ploomber says at last, as it refuses without a traceback."""
    return refused_in_a_line(project.ploomber(*words, check=False))


def refused_in_a_line(done: CompletedProcess[str]) -> str:
    """Return the last line of a refusal without a traceback."""
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    return done.stdout.splitlines()[-1]


def test_a_date_for_a_notebook_is_refused_in_a_line(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    change(
        "pipeline.yaml",
        'sample: "{{sample}}"',
        'limits: {day: 2024-01-31}\n      sample: "{{sample}}"',
    )

    line = last_line(project, *BUILD)

    assert "pipeline.yaml: the parameter limits.day of the task 'get' is a date" in line
    assert line.endswith('with quotes it is a text: day: "2024-01-31"')


def test_a_cell_of_parameters_without_its_tag_is_refused_in_a_line(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    change("tasks/clean.py", ' tags=["parameters"]', "")

    line = last_line(project, *BUILD)

    assert "tasks/clean.py: the cell with `upstream = ...` has to have the tag" in line
    assert project.git("diff", "--stat").count("changed") == 1  # Ploomber has added no cell


def test_notebooks_that_need_each_other_are_refused_in_a_line(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    change("tasks/get.py", "upstream = None", 'upstream = {"train": None}')

    circle = ": get -> clean -> features -> train -> get."
    assert circle in last_line(project, *BUILD)
    assert circle in refused_in_a_line(project.nbtasks("status", check=False))


def test_functions_and_scripts_that_need_each_other_are_refused_in_a_line(project: Project) -> None:
    project.write("tasks/functions.py", "def first(product, upstream):\n    upstream['second']\n")
    project.write("tasks/second.sql", "SELECT * FROM {{upstream['first']}}\n")
    project.write(
        "pipeline.circle.yaml",
        "executor: {dotted_path: nbtasks.Executor}\n"
        "tasks:\n"
        "  - {source: tasks.functions.first, product: products/first.csv}\n"
        "  - {source: tasks/second.sql, product: products/second.csv, name: second}\n",
    )

    line = last_line(project, "build", "--entry-point", "pipeline.circle.yaml")

    assert "first -> second -> first" in line
    project.git("clean", "--force", "--quiet", "--", "tasks", "pipeline.circle.yaml")


def test_a_notebook_that_is_none_is_refused_in_a_line(project: Project) -> None:
    project.write("tasks/merged.ipynb", '<<<<<<< HEAD\n{"cells": []}\n')
    project.write(
        "pipeline.merged.yaml",
        "executor: {dotted_path: nbtasks.Executor}\n"
        "tasks: [{source: tasks/merged.ipynb, product: products/merged.ipynb}]\n",
    )

    line = last_line(project, "build", "--entry-point", "pipeline.merged.yaml")

    assert "tasks/merged.ipynb can't be read as a notebook: " in line
    project.git("clean", "--force", "--quiet", "--", "tasks", "pipeline.merged.yaml")


def test_a_task_that_does_not_exist_is_refused_in_a_line(project: Project) -> None:
    line = last_line(project, "build", "--partially", "claen")

    assert line.endswith("no task 'claen'. The tasks are: get, clean, features, train, explore")


# --- what goes together -------------------------------------------------------------------


def test_parameters_are_compared_in_depth_and_by_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What env.yaml has, what env.staging.yaml has, and what is said of it."""
    cases = {
        ("db: {port: 1, host: a}", "db: {port: 2}"): "None",
        ("db: {port: 1, host: a}", "db: {prot: 2}"): "env.staging.yaml: there is no parameter "
        "db.prot; those that exist (env.yaml): db.port, db.host",
        ("db: {port: 1}", "db: {port: b}"): "env.staging.yaml: the parameter db.port can't be 'b'; "
        "in env.yaml it is 1 (int)",
        ("db: {port: 1}", "db: 5"): "env.staging.yaml: the parameter db can't be 5; "
        "in env.yaml it is a group of others",
        ("limit: null", "limit: 3"): "None",
        ("limit: 3", "limit: null"): "None",
        ("limit: null", "limit: [a]"): "None",
        ("limit: null", "limit: {a: b}"): "None",
        ("limit: {a: b}", "limit: null"): "None",
        ("start: 2024-01-31", "start: 2024-02-01"): "None",
        ("start: 2024-01-31", "start: yesterday"): "None",
        ("start: yesterday", "start: 2024-01-31"): "None",
        ("start: 2024-01-31", "start: 7"): "env.staging.yaml: the parameter start can't be 7; "
        "in env.yaml it is datetime.date(2024, 1, 31) (date)",
    }
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.yaml").touch()
    said = {}
    for base, given in cases:
        forget()
        (tmp_path / "env.yaml").write_text(base)
        (tmp_path / "env.staging.yaml").write_text(given)
        try:
            parameters.check({})
            said[base, given] = "None"
        except ValueError as error:
            said[base, given] = str(error)
    forget()
    assert said == cases


def test_a_second_pipeline_and_a_task_have_parameters_of_their_own(project: Project) -> None:
    """env.own.yaml is that of pipeline.own.yaml; a literal of a task is compared with nothing.

    The notebook may be an .ipynb; `static_analysis: disable` is for our checks too.
    """
    code: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "outputs": [],
        "metadata": {},
    }
    tagged = {"metadata": {"tags": ["parameters"]}, "source": "upstream = None\nthreshold = None"}
    cells = [code | {"id": "one"} | tagged, code | {"id": "two", "source": "threshold"}]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    project.write("tasks/own.ipynb", json.dumps(about | {"cells": cells}))
    project.write("env.own.yaml", "only_here: 1\nsample: many\n")
    pipeline = (
        "on_render: nbtasks.on_render\ntasks:\n  - source: tasks/own.ipynb\n"
        "    product: products/own.ipynb\n"
        "    params: {sample: 7, only: '{{only_here}}', word: '{{sample}}', treshold: 1}\n"
    )
    project.write("pipeline.own.yaml", pipeline)
    words = ("--entry-point", "pipeline.own.yaml")

    said = refusal(project, *words)
    assert "task 'own': pipeline.yaml gives it the parameter treshold" in said
    assert "`parameters` of own.ipynb has threshold" in said

    project.write("pipeline.own.yaml", f"{pipeline}    static_analysis: disable\n")
    assert "never run" in project.ploomber("status", *words).stdout
    project.git("clean", "--force", "--quiet", "--", "tasks", "*.own.yaml")


def test_git_ignores_the_file_of_secrets(project: Project) -> None:
    assert project.git("check-ignore", ".env") == ".env"


# --- parts in isolation -----------------------------------------------------------------


def test_one_task(project: Project) -> None:
    project.ploomber("build", "--partially", "clean", "--env--sample", "true")

    output = project.ploomber("task", "clean", "--force", "--env--sample", "true").stdout

    assert "'clean' task executed successfully!" in output


def test_a_task_and_all_it_needs(project: Project) -> None:
    printed = project.ploomber(*BUILD, "--partially", "train", "--force").stdout

    assert ran(printed) == ["clean", "features", "get", "train"]


@pytest.mark.skipif(WINDOWS, reason="Windows has no such terminal")
def test_a_debugger_at_the_failing_cell(
    project: Project, change: Callable[[str, str, str], None]
) -> None:
    """As docs/tasks.md tells; an error deep in a library, whose traceback takes its time."""
    project.ploomber("build", "--partially", "get", "--env--sample", "true")
    change("tasks/clean.py", "table.head()", "table['absent']")
    (line,) = re.findall(r"(?m)^dag\[.*$", read_ours("docs/tasks.md"))

    typed = f"{line}\nu\nu\nlen(table)\nq\nexit\n"
    command = ("ploomber", "interact", "--env--sample", "true")
    code, shown = project.run_in_terminal(*command, typed=typed, IPY_TEST_SIMPLE_PROMPT="1")

    assert code == 0, shown.decode()
    assert b"KeyError" in shown
    assert b"ipdb> len(table)\r\n59\r\n" in shown
