"""The JSON schemas of pipeline.yaml and env.yaml are as strict as what Ploomber accepts.

That they take every pipeline of the other tests is looked at by `Project.ploomber`.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest
import yaml
from conftest import CHOICES, TEMPLATE, Project
from jsonschema import Draft7Validator

from nbtasks.pipeline import schema

SCHEMAS = {name: json.loads(schema.text_of(name)) for name in schema.names()}
TASK = SCHEMAS["pipeline"]["definitions"]["task"]
TOP = SCHEMAS["pipeline"]["definitions"]["pipeline"]["properties"]
#: What the constructor of a task gets from elsewhere than a key of the same name.
NOT_TYPED = {"self", "dag"}
#: Keys of every task, which pipeline.yaml has and constructors lack.
ADDED = {"class", "upstream", "grid", "on_finish", "on_render", "on_failure"}
ADDED |= {"product_class", "product_client"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_they_are_schemas(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])


def test_the_keys_at_the_top_are_those_of_ploomber() -> None:
    from ploomber.spec.dagspec import DAGSpec, Meta

    assert set(TOP["meta"]["properties"]) == Meta.VALID
    with pytest.raises(Exception, match="nokey") as refused:
        DAGSpec({"tasks": [], "nokey": 1})
    assert all(f"'{key}'" in str(refused.value) for key in TOP if key != "tasks")


def test_the_classes_are_those_of_ploomber() -> None:
    from ploomber import products, tasks

    classes = {name for name in tasks.__all__ if inspect.isclass(getattr(tasks, name))}
    # the base class, helpers of Python pipelines, and what no source leads to
    assert set(TASK["properties"]["class"]["enum"]) == classes - {
        *("Task", "TaskFactory", "TaskGroup", "Link", "Input")
    }
    kinds = set(products.__all__) - {"Product", "MetaProduct"}
    assert set(TASK["properties"]["product_class"]["enum"]) == kinds


@pytest.mark.parametrize("name", TASK["properties"]["class"]["enum"])
def test_the_keys_of_a_class_are_those_of_its_constructor(name: str) -> None:
    from ploomber import tasks

    (rule,) = (
        rule["then"]["propertyNames"]["enum"]
        for rule in TASK["allOf"]
        if rule["if"].get("properties", {}).get("class") == {"const": name}
    )
    taken = set(inspect.signature(getattr(tasks, name).__init__).parameters) - NOT_TYPED
    assert set(rule) == taken | ADDED
    assert set(rule) <= set(TASK["properties"])


ENTRY = "{source: get.py, product: get.ipynb}"
#: A pipeline -> whether Ploomber and the schema take it.
PIPELINES = {
    f"tasks: [{ENTRY}]": True,
    f"[{ENTRY}]": True,
    "location: steps.make": True,
    f"tasks: [{ENTRY}]\nmeta: {{extract_product: false}}": True,
    f"tasks: [{ENTRY}]\nmeta: {{extract_prodct: false}}": False,
    f"taks: [{ENTRY}]": False,
    f"tasks: [{ENTRY}]\nexecuter: serial": False,
    f"tasks: [{ENTRY}]\nexecutor: parallel": True,
    f"tasks: [{ENTRY}]\nexecutor: paralel": False,
    f"tasks: [{ENTRY}]\nconfig: {{hot_reload: true}}": True,
    f"tasks: [{ENTRY}]\nclients: {{SQLScrip: steps.make}}": False,
    f"tasks: [{ENTRY}]\nmeta: {{product_default_class: {{NotebookRunner: Fil}}}}": False,
    "tasks: [{source: get.py}]": False,
    "tasks: [{product: get.ipynb}]": False,
    "tasks: [{source: get.py, product: get.ipynb, parms: {a: 1}}]": False,
    "tasks: [{source: get.py, product: get.ipynb, params: {a: 1}}]": True,
    "tasks: [{source: get.py, product: get.ipynb, chunksize: 3}]": False,
    "tasks: [{source: get.py, product: get.ipynb, client: steps.make}]": False,
    "tasks: [{source: get.py, product: get.ipynb, static_analysis: disable}]": True,
    "tasks: [{source: get.py, product: get.ipynb, static_analysis: off}]": False,
    "tasks: [{source: get.py, product: {nb: get.ipynb, html: a.html}, nb_product_key: nb}]": True,
    "tasks: [{source: get.py, product: get.ipynb, class: NotebookRuner}]": False,
    "tasks: [{source: get.py, product: get.txt, class: ScriptRunner}]": True,
    "tasks: [{source: get.py, product: get.txt, class: ScriptRunner, nb_product_key: a}]": False,
    "tasks: [{source: steps.make, product: a.txt}]": True,
    "tasks: [{source: steps.make, product: a.txt, serializer: steps.make}]": True,
    "tasks: [{source: steps.make, product: a.txt, static_analysis: disable}]": False,
    "tasks: [{source: steps.make, product: a.txt, on_finish: steps.make}]": True,
    "tasks: [{source: steps.make, product: a.txt, on_finish: 3}]": False,
    "tasks: [{source: copy.sh, product: a.txt}]": True,
    "tasks: [{source: copy.sh, product: a.txt, executor_params: {}}]": False,
    "tasks: [{source: get.py, product: '[[n]].ipynb', grid: {n: [1]}, name: get-}]": True,
    "tasks: [{source: get.py, product: '[[n]].ipynb', grid: {n: [1]}}]": False,
    "tasks: [{source: get.py, product: get.ipynb, upstream: [a]}]": False,
    "tasks: [{source: get.py, product: get.ipynb, upstream: null}]": True,
    "meta: {extract_upstream: false}\ntasks: [{source: get.py, product: a.ipynb, name: a},"
    " {source: get.py, product: b.ipynb, name: b, upstream: [a]}]": True,
    "meta: {extract_product: true}\ntasks: [{source: made.py}]": True,
    "meta: {extract_product: true}\ntasks: [{source: made.py, product: a.ipynb}]": False,
}
FILES = {
    "get.py": '# %% tags=["parameters"]\nupstream = None\nproduct = None\n\n# %%\n1\n',
    "made.py": '# %% tags=["parameters"]\nupstream = None\nproduct = {"nb": "a.ipynb"}\n# %%\n1\n',
    "steps.py": "from ploomber import DAG\n\ndef make(product=None):\n    return DAG()\n",
    "copy.sh": "touch {{product}}\n",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("text", PIPELINES)
def test_ploomber_and_the_schema_agree(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ploomber.spec import DAGSpec

    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8")
    path = tmp_path / "pipeline.yaml"
    path.write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        with chdir(tmp_path):
            DAGSpec("pipeline.yaml").to_dag()
        is_taken = True
    except Exception:
        is_taken = False
    finally:
        sys.modules.pop("steps", None)
    assert is_taken is PIPELINES[text], "Ploomber has another opinion"
    assert (schema.check(path) == []) is PIPELINES[text], schema.check(path)


#: Parameters -> whether Ploomber and the schema take them.
PARAMETERS = {
    "sample: false": True,
    "db: {port: 1}": True,
    "meta: {import_from: other.yaml}": True,
    "meta: {import_form: other.yaml}": False,
    "meta: {import_from: 3}": False,
    "meta: [a]": False,
    "sample__rows: 3": False,
    "db: {port__number: 3}": False,
    "_private: 3": False,
    "db: {_port: 3}": True,
}


@pytest.mark.parametrize("text", PARAMETERS)
def test_parameters_too(text: str, tmp_path: Path) -> None:
    from ploomber.env.envdict import EnvDict

    (tmp_path / "other.yaml").write_text("seed: 1\n", "utf-8")
    path = tmp_path / "env.staging.yaml"
    path.write_text(text, "utf-8")
    try:
        EnvDict(yaml.safe_load(text), path_to_here=tmp_path)
        is_taken = True
    except Exception:
        is_taken = False
    assert is_taken is PARAMETERS[text], "Ploomber has another opinion"
    assert (schema.check(path) == []) is PARAMETERS[text], schema.check(path)


WRONG = """\
executer: serial

tasks:
  - source: tasks/get.py
    product: a.ipynb
    parms: {x: 1}
  - source: q.sql
    product: [x, table]
    static_analysis: regular
  - source: x.py
    static_analysis: regualr
    local_execution: maybe
    upstream: [get]
  - 7
"""


def test_what_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line, what is wrong, and what may be meant."""
    path, other = tmp_path / "pipeline.yaml", tmp_path / "env.yaml"
    path.write_text(WRONG, "utf-8")
    other.write_text("_seed: 1\nmeta: {import_from: [a]}\n", "utf-8")
    assert schema.main([str(path), str(other)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "pipeline.yaml:1: there is no key executer here; did you mean executor?",
        "pipeline.yaml:6: there is no key parms here; did you mean params?",
        "pipeline.yaml:9: there is no key static_analysis here",
        "pipeline.yaml:10: product is missing",
        'pipeline.yaml:11: static_analysis can\'t be "regualr"; it can be disable, regular, strict',
        'pipeline.yaml:12: local_execution can\'t be "maybe"',
        "pipeline.yaml:13: upstream is what the script says, unless meta says otherwise; "
        "leave it out",
        "pipeline.yaml:14: an item of tasks can't be 7",
        "env.yaml:1: there is no key _seed here",
        'env.yaml:2: import_from can\'t be ["a"]',
    ]


@pytest.mark.parametrize("text", ["a: [", "a: 1\n\tb: 2\n", "\xff"])
def test_what_is_no_yaml_is_said_by_another_check(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(text.encode("latin-1"))
    assert schema.check(path) == []


@pytest.mark.parametrize("example", CHOICES["example"])
@pytest.mark.parametrize("cluster", CHOICES["cluster"])
def test_projects_of_the_template_pass(
    bake: Callable[..., Project], example: str, cluster: str
) -> None:
    """By our check, and by check-jsonschema, as any tool that knows such schemas."""
    project = bake(example=example, cluster=cluster)
    for path in sorted(project.path.glob("*.yaml")):
        assert schema.check(path) == []
    for name in schema.names():
        files = sorted(map(str, project.path.glob(f"{name}*.yaml")))
        judge(name, *files)


def judge(name: str, *files: str) -> None:
    """Check files by check-jsonschema."""
    given = TEMPLATE / "src" / "nbtasks" / "pipeline" / "schemas" / f"{name}.json"
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(given), *files]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_key_is_explained() -> None:
    """VS Code shows it where the mouse is."""
    for keys in (TOP, TOP["meta"]["properties"], TASK["properties"]):
        assert all(value["description"] for value in keys.values())
