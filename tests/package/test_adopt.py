"""A pipeline that was never ours: the lines that it needs, and what it gets by them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TEMPLATE, Project, clean_environ, copied, read_ours

from nbtasks.pipeline import adopt_code
from nbtasks.pipeline.adopt import change_yaml

LINES = "executor: {dotted_path: nbtasks.Executor, workers: serial}\non_render: nbtasks.on_render\n"
#: As in Ploomber's own examples: functions beside pipeline.yaml, no src/, no env.yaml.
THEIRS = {
    "flow/pipeline.yaml": """# Ours
meta: {extract_product: false}

tasks:
  - source: tasks.get
    product: output/get.csv

  - source: ../scripts/fit.py
    name: fit
    product: {nb: output/fit.html, data: output/fit.txt}
""",
    "flow/tasks.py": """import helpers


def get(product):
    with open(product, "w") as file:
        file.write(helpers.HEAD)
""",
    "flow/helpers.py": 'HEAD = "n\\n1\\n"\n',
    "scripts/fit.py": """# %% tags=["parameters"]
upstream = ["get"]
product = None
# %%
from pathlib import Path

text = Path(upstream["get"]).read_text()
Path(product["data"]).write_text(text * 2)
text
""",
}
#: As in NCAR's CUPiD: no YAML, a loop over notebooks, an engine of papermill of one's own.
MADE = '''"""Make and run the pipeline."""
from pathlib import Path

import papermill
import ploomber
from papermill.engines import NBClientEngine


class Engine(NBClientEngine):
    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **kwargs):
        super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        nb_man.nb.cells[-1].outputs[0].text += kwargs["jinja_data"]


papermill.engines.papermill_engines.register("own", Engine)
dag = ploomber.DAG(executor=ploomber.executors.Serial())
for name in ("a", "b"):
    ploomber.tasks.NotebookRunner(
        Path("show.py"), ploomber.products.File(f"run/{name}.ipynb"), dag, name=name,
        executor_params={"engine_name": "own", "jinja_data": " with an engine", "cwd": "."},
        params={"who": name},
    )


def count(product, upstream):
    """Count; Python 3.14 starts its own processes in a way that finds no such function."""
    Path(product).write_text(str(len(Path(upstream["c"]).read_text())))


script = ploomber.tasks.ScriptRunner(
    Path("write.py"), ploomber.products.File(Path("run/c.txt").resolve()), dag, name="c"
)
script >> ploomber.tasks.PythonCallable(count, ploomber.products.File("run/d.txt"), dag)
dag.build()
'''
SHOW = '# %% tags=["parameters"]\nupstream = None\nproduct = None\nwho = None\n# %%\nprint(who)\n'
WRITE = (
    '# %% tags=["parameters"]\nupstream = None\nproduct = None\n# %%\nfrom pathlib import Path\n\n'
)
WRITE += 'Path(product).write_text("made")\n'


def folder_with(path: Path, files: dict[str, str]) -> Project:
    """Return somebody's folder, under git, with some files."""
    project = copied(Project(path, "theirs", clean_environ(path / "home")), path)
    for name, text in files.items():
        project.write(name, text)
    project.write(".gitignore", "home\noutput\nrun\n__pycache__\n")
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Theirs")
    return project


def test_the_lines_are_shown_and_written_when_asked_to(tmp_path: Path) -> None:
    project = folder_with(tmp_path, THEIRS | {"make.py": MADE, "venv/pyvenv.cfg": "", "old.py": ""})
    project.write("venv/lib/its.py", MADE)
    typed = re.findall(r"(?m)^nbtasks (adopt.*)$", read_ours("docs/adopt.md"))
    shown = project.nbtasks(*typed[0].split()).stdout
    assert project.git("status", "--porcelain") == "?? venv/lib/"
    assert re.search(r"(?m)^\+executor: \{dotted_path: nbtasks.Executor, workers: serial\}$", shown)
    assert re.search(r'(?m)^\+dag = ploomber.DAG\(executor=nbtasks.Executor\("serial"\)\)$', shown)
    assert "flow/pipeline.yaml: ../scripts/fit.py lies outside" in shown
    assert "nbtasks adopt --write" in shown and "its.py" not in shown
    shown = project.nbtasks(*typed[1].split()).stdout
    assert "Written: flow/pipeline.yaml" in shown and "Written: make.py" in shown
    assert project.read("flow/pipeline.yaml").endswith(LINES)
    assert project.git("diff", "--stat").endswith("2 files changed, 7 insertions(+), 1 deletion(-)")
    again = project.nbtasks("adopt", check=False)
    assert again.returncode == 1 and again.stdout.startswith("Nothing to adopt")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tasks: [{source: a.py, product: a.html}]", None),
        ("tasks:\r\n  - source: a.py\r\n", None),
        (
            "# Fast\nexecutor: parallel\n\ntasks:\n  - source: a.py\n",
            "# Fast\nexecutor: {dotted_path: nbtasks.Executor, workers: parallel}\n\n"
            "tasks:\n  - source: a.py\n",
        ),
        (
            "executor:\n  dotted_path: dask.Executor\n  n: 3\ntasks:\n  - source: a.py\n",
            "executor: {dotted_path: nbtasks.Executor, workers: serial}\n"
            "tasks:\n  - source: a.py\n",
        ),
    ],
)
def test_lines_for_yaml(before: str, after: str | None) -> None:
    found, _ = change_yaml(before)
    hook = "on_render: nbtasks.on_render"
    if after is None:
        assert found.startswith(before.rstrip()) and LINES in found.replace("\r\n", "\n")
        assert ("\r\n" in before) == (found.count("\n") == found.count("\r\n"))
    else:
        assert found.startswith(after) and found.endswith(f"{hook}\n")
    assert change_yaml(found) == (found, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tasks: [{source: a.py}]\non_render: hooks.own\n", "let that take `dag`, and end with"),
        ("tasks: [{source: a.py}]\non_render: {dotted_path: hooks.own}\n", "hooks.own: let that"),
        ("location: package.make\n", "made by package.make"),
        ("tasks: [{source: a.py, static_analysis: false}]\n", "write `disable`"),
        ("tasks: [{source: a.py, executor: ploomber-engine}]\n", "time budget"),
        ("executor: {dotted_path: my.Own}\ntasks: [{source: a.py}]\n", "the place of my.Own"),
        ("{tasks: [{source: a.py}]}\n", "add these lines by hand: executor:"),
    ],
)
def test_what_is_left_to_its_owner_is_said(text: str, says: str) -> None:
    assert says in "\n".join(change_yaml(text)[1])


@pytest.mark.parametrize(
    "text", ["tasks: 3", "tasks: [{name: a}]", "a: [", "- 1", "jobs: {tasks: 1}"]
)
def test_what_is_no_pipeline_is_left_alone(text: str) -> None:
    assert change_yaml(text) == (text, [])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("DAG()", 'DAG(executor=nbtasks.Executor("serial"))'),
        ('DAG(name="a")', 'DAG(name="a", executor=nbtasks.Executor("serial"))'),
        ("DAG(executor=Parallel())", 'DAG(executor=nbtasks.Executor("parallel"))'),
        ('DAG(executor="parallel")', 'DAG(executor=nbtasks.Executor("parallel"))'),
        ("DAG(executor=Parallel(processes=n))", "DAG(executor=nbtasks.Executor(n))"),
        (
            'DAG("ä", executor=Serial(\n    False))',
            'DAG("ä", executor=nbtasks.Executor("serial"))',
        ),
    ],
)
def test_lines_for_python(made: str, expected: str) -> None:
    text = f"def f():\n    from ploomber import DAG\n    dag = {made}\n    dag.build()\n"
    after, notes = adopt_code.change(text)
    assert notes == []
    assert after == (
        "def f():\n    import nbtasks\n    from ploomber import DAG\n"
        f"    dag = {expected}\n    dag.on_render = nbtasks.on_render\n    dag.build()\n"
    )
    assert adopt_code.change(after) == (after, [])


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("make(DAG())\nDAG()", "line 3: pass executor=nbtasks.Executor()"),
        ("dag = DAG()\ndag.on_render = own", "line 2: its on_render has to end with"),
        ("dag = DAGSpec('pipeline.yaml').to_dag()", "line 2: DAGSpec: the two lines belong"),
        ("dag = DAGConfigurator().create()", "line 2: DAGConfigurator: after `.create()`"),
    ],
)
def test_python_that_its_owner_has_to_change(code: str, says: str) -> None:
    text = f"from ploomber import DAG, DAGConfigurator, DAGSpec\n{code}\n"
    assert says in "\n".join(adopt_code.change(text)[1])


def test_code_without_a_pipeline_is_left_alone() -> None:
    for text in ("import ploomber\n", "from airflow import DAG\ndag = DAG()\n", "def f(:"):
        assert adopt_code.change(text) == (text, [])


@pytest.mark.slow
def test_a_pipeline_of_yaml_gets_reasons_checks_and_a_page(tmp_path: Path) -> None:
    project = folder_with(tmp_path, THEIRS)
    flow = tmp_path / "flow"
    project.nbtasks("adopt", "--write")
    printed = project.ploomber("build", cwd=flow).stdout
    assert "2/2  fit" in printed and "output/index.html" in printed
    assert "Nothing to run" in project.ploomber("build", cwd=flow).stdout
    # What we remember has a .gitignore of its own
    assert project.git("status", "--porcelain") == "M flow/pipeline.yaml"

    project.write("flow/helpers.py", 'HEAD = "n\\n2\\n"\n')
    status = project.quickly("nbtasks", "status", cwd=flow).stdout
    assert re.search(r"(?m)^get +will run: helpers.py", status)
    (flow / "output/get.csv").write_text("half")
    project.git("checkout", "--quiet", "--", "flow/helpers.py")
    status = project.quickly("nbtasks", "status", cwd=flow).stdout
    assert re.search(r"(?m)^get +will run: its product changed", status)
    (flow / "output/fit.html").unlink()
    project.write("scripts/fit.py", THEIRS["scripts/fit.py"] + "\n1 / 0\n")
    failed = project.ploomber("build", cwd=flow, check=False)
    assert failed.returncode == 1
    assert "../scripts/fit.py" in failed.stdout and "ZeroDivisionError" in failed.stdout


@pytest.mark.slow
def test_a_pipeline_in_python_gets_them_too(tmp_path: Path) -> None:
    files = {"make.py": MADE, "show.py": SHOW, "write.py": WRITE}
    project = folder_with(tmp_path, files)
    environ = project.environ | {"PYTHONPATH": str(TEMPLATE / "src")}

    def make() -> str:
        command = [sys.executable, "make.py"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    project.nbtasks("adopt", "--write")
    assert "4/4" in make() and (tmp_path / "run/d.txt").read_text() == "4"
    assert (tmp_path / "run/index.html").is_file()
    cells = json.loads((tmp_path / "run/b.ipynb").read_text("utf-8"))["cells"]
    assert "".join(cells[-1]["outputs"][0]["text"]) == "b\n with an engine"
    assert "Nothing to run" in make()
    project.write("show.py", SHOW + "1\n")
    assert "2/2" in make()
