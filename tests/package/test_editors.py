"""Cells that editors send get the real parameters of their task, by the very statements they send.

VS Code sends `__file__ = '...'` by itself, then cells with their first line; for a notebook
`__vsc_ipynb_file__`. Positron tells the file with each cell, Spyder in its magic, Jupyter by a
variable, PyCharm's console and IPython not at all.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Project, copied
from kernel import as_ipython_finds_it, cells_of, started

from nbtasks.editors.cells import SPYDER, end_of_parameters

ALL = "clean: parameters of development, all data (PLOOMBER_ENV_FILENAME chooses)\n"
WAITS = "Its input get has not run yet. Next: ploomber build --partially get\n"
PARAMETERS = '# %% tags=["parameters"]\nupstream = ["get"]\nproduct = None\n'


@pytest.fixture(scope="module")
def base(at_hand: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the complete example; a kernel in it has the IPython configuration of ours."""
    project = at_hand()
    project.environ |= as_ipython_finds_it(tmp_path_factory.mktemp("settings"))
    for name in ("get", "clean"):
        path = project.path / f"products/development/sample=False/{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".ipynb").touch()
        path.touch()
    return project


@pytest.mark.parametrize(
    ("cell", "end"),
    [
        ("upstream = None\nproduct = None", 2),
        ("import os\nproduct = {'nb': 'a'}\nseed: int = 3\nupstream = ['a']\nprint(1)", 4),
        ("upstream = None\nproduct = None\nsample = None\nsample = True", 3),  # the next cell's
        ("upstream = None\nprint(1)\nproduct = None", None),
        ("upstream = read()\nproduct = None", None),
        ("upstream, product = None, None", None),
        ("def f():\n    upstream = None\n    product = None", None),
        ("product = None", None),
        ("", None),
    ],
)
def test_what_is_a_parameters_cell(cell: str, end: int | None) -> None:
    assert end_of_parameters(ast.parse(cell).body) == end


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    """Return a copy of it, with inputs that look as if they had been made."""
    return copied(base, tmp_path / "project")


def params(project: Project, name: str, folder: str = "development/sample=False") -> str:
    """Return the path of a product."""
    return str(project.path / "products" / folder / name)


def test_cells_one_by_one(base: Project) -> None:
    parameters = cells_of(base, "tasks/clean.py")[1]
    assert parameters.startswith(PARAMETERS)
    with started(base) as kernel:
        kernel.tell_file(base.path / "tasks" / "clean.py")
        assert kernel.send("# %%\nimport my_pipeline.clean") == ""
        assert kernel.send(parameters) == ALL
        assert kernel.value("product") == {
            "nb": params(base, "clean.ipynb"),
            "data": params(base, "clean.parquet"),
        }
        assert kernel.value("upstream['get']['data']") == params(base, "get.parquet")
        assert kernel.value("__import__('os').getcwd()") == str(base.path)
        # again, and after others: the same
        assert kernel.send("product = 'mine'") == ""
        assert kernel.value("product") == "mine"
        assert kernel.send(parameters) == ALL
        assert kernel.value("product['data']") == params(base, "clean.parquet")
        assert kernel.send("%task") == ALL
    assert base.git("status", "--short") == ""


def test_the_other_parameters(base: Project) -> None:
    with started(base) as kernel:
        kernel.tell_file(base.path / "tasks" / "get.py")
        assert kernel.send(cells_of(base, "tasks/get.py")[1]) == ALL.replace("clean", "get")
        found = kernel.value("[upstream, sample, sample_rows, seed, resources_]")
    assert found == [None, False, 60, 42, {"raw": str(base.path / "data/raw/penguins.csv")}]


def test_a_whole_file_in_one_cell(project: Project) -> None:
    """What "Run Current File in Interactive Window" sends."""
    project.write("tasks/clean.py", f"{PARAMETERS}\n# %%\nprint(product['data'])\n")
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "clean.py")
        shown = kernel.send(project.read("tasks/clean.py"))
    assert shown == f"{ALL}{params(project, 'clean.parquet')}\n"


def test_a_cell_out_of_order_fails_as_it_would(base: Project) -> None:
    with started(base) as kernel:
        kernel.tell_file(base.path / "tasks" / "clean.py")
        assert kernel.send("upstream['get']") == "NameError: name 'upstream' is not defined\n"
        assert kernel.send(PARAMETERS) == ALL


@pytest.mark.parametrize("name", ["tasks/renamed.py", "exploration/draft.py", "Untitled-1"])
def test_a_file_that_is_no_task(base: Project, name: str) -> None:
    """Renamed, unsaved, or a draft: the cell runs on, and a sentence says what to do."""
    with started(base) as kernel:
        kernel.tell_file(base.path / name if "/" in name else name)
        shown = kernel.send(f"{PARAMETERS}\nprint('the rest')")
        assert shown == (
            f"The parameters stay as they are: {name} is the script of no task. Next: add it to "
            "pipeline.yaml (nbtasks docs tasks), or have those of another task: %task NAME\n"
            "the rest\n"
        )
        assert kernel.value("product") is None
        assert kernel.send("%task clean") == ALL
        assert kernel.send(PARAMETERS) == ALL  # from now on


@pytest.mark.parametrize("where", ["beside it", "in the project"])
def test_a_file_elsewhere_is_nobodys_task(base: Project, tmp_path: Path, where: str) -> None:
    with started(base, cwd=tmp_path if where == "beside it" else None) as kernel:
        kernel.tell_file(tmp_path / "clean.py")
        assert kernel.send(PARAMETERS) == ""
        kernel.send(f"%cd {base.path}")
        assert kernel.send("%task clean") == ALL  # unless it is asked for


@pytest.mark.slow  # the pipeline is read several times
def test_changed_files_count(project: Project) -> None:
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "clean.py")
        assert kernel.send(PARAMETERS) == ALL
        good = project.read("pipeline.yaml")
        project.write("pipeline.yaml", good + "  - source: tasks/none.py\n")
        shown = kernel.send(PARAMETERS)
        assert shown.startswith("The parameters stay as they are: pipeline.yaml:")
        assert "there is no file tasks/none.py" in shown and shown.count("\n") == 1
        project.write("pipeline.yaml", good.replace("clean.parquet", "tidy.parquet"))
        assert kernel.send(PARAMETERS) == ALL
        assert kernel.value("product['data']") == params(project, "tidy.parquet")
        project.write("env.yaml", project.read("env.yaml").replace("development", "mine"))
        assert kernel.send(PARAMETERS).startswith("clean: parameters of mine, all data (")
        project.write("tasks/clean.py", "# %% tags=['parameters']\nupstream = None\nproduct = None")
        assert "the last cell in the script is the parameters cell" in kernel.send(PARAMETERS)
        assert kernel.value("upstream") == ["get"]  # as it was sent


@pytest.mark.slow  # the pipeline is read several times
def test_changes_while_it_is_read(project: Project) -> None:
    """Reading begins with the first cell; what changes before the parameters cell counts."""
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "clean.py")
        kernel.hidden("from nbtasks.editors.reading import RUNNING")
        assert kernel.value("[process.wait() for process, _ in RUNNING.values()]") == [0]
        project.write("env.yaml", project.read("env.yaml").replace("development", "mine"))
        assert kernel.send(PARAMETERS).startswith("clean: parameters of mine, all data (")
        kernel.send("import os; os.environ['PLOOMBER_ENV_FILENAME'] = 'env.sample.yaml'")
        assert kernel.send(PARAMETERS).startswith("clean: parameters of mine, the sample (")


def test_an_input_that_has_not_run(base: Project) -> None:
    with started(base, PLOOMBER_ENV_FILENAME="env.sample.yaml") as kernel:
        kernel.tell_file(base.path / "tasks" / "clean.py")
        assert kernel.send(PARAMETERS) == ALL.replace("all data", "the sample") + WAITS
        assert kernel.value("upstream['get']['data']") == params(
            base, "get.parquet", "development/sample=True"
        )
        assert os.path.isdir(params(base, "", "development/sample=True"))  # to be written to


@pytest.mark.slow  # the pipeline is read several times
def test_task_chooses(base: Project) -> None:
    waits = WAITS.replace("get\n", "get --env--sample true\n")
    sample = "clean: parameters of development, the sample (%task chooses)\n" + waits
    with started(base) as kernel:
        assert kernel.send("%task").startswith("No parameters were filled in yet.\n%task  ")
        assert kernel.send(PARAMETERS) == ""  # as in nbclient: no file, nobody asked
        assert kernel.send("%task claen") == (
            "The parameters stay as they are: there is no task claen with cells. "
            "Did you mean clean?\n"
        )
        assert kernel.send("%task clean --sample") == sample
        assert kernel.send(PARAMETERS) == sample
        assert kernel.send("%task clean --env nowhere") == (
            "there is no env.nowhere.yaml. Next: --env production or sample or staging\n"
        )
        assert "can't be 'x'" in kernel.send("%task clean --env--sample x")
        assert kernel.send("%task") == sample  # what was refused changes nothing
        assert kernel.send("%task get --env staging") == (
            "get: parameters of staging, all data (%task chooses)\n"
        )
        assert kernel.value("product['data']") == params(
            base, "get.parquet", "staging/sample=False"
        )
        assert kernel.send("%task get --env--seed 3") == (
            "get: parameters of development, all data (%task chooses)\n"
        )
        assert kernel.value("seed") == 3
        assert kernel.send("%task clean") == ALL


def test_task_without_a_name_is_that_of_the_file(base: Project) -> None:
    with started(base) as kernel:
        kernel.tell_file(base.path / "tasks" / "clean.py")
        assert "clean: parameters of development, the sample" in kernel.send("%task --sample")
        assert "clean: parameters of development, the sample" in kernel.send(PARAMETERS)


def test_a_notebook_in_vs_code(base: Project) -> None:
    pair = base.path / "notebooks" / "clean.ipynb"
    with started(base, cwd=base.path) as kernel:
        assert kernel.hidden(f'__vsc_ipynb_file__ = "{pair}"') == ""
        assert kernel.send(PARAMETERS) == ALL


def test_a_cell_of_positron(base: Project) -> None:
    uri = (base.path / "tasks" / "clean.py").as_uri()
    with started(base, cwd=base.path) as kernel:
        header = kernel.client.session
        content = {
            "code": PARAMETERS,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "positron": {"code_location": {"uri": uri}},
        }
        kernel.client.shell_channel.send(header.msg("execute_request", content))
        texts = []
        while (message := kernel.client.get_iopub_msg(timeout=60))["msg_type"] != "stream":
            texts.append(message["msg_type"])
        assert message["content"]["text"] == ALL, texts


@pytest.mark.parametrize(
    ("shown", "environ"),
    [
        pytest.param(ALL, {}, id="a server of another environment"),
        pytest.param("", {"NBTASKS_IN_JUPYTERLAB": "1"}, id="our JupyterLab, which adds a cell"),
        pytest.param("", {"NBTASKS_KERNEL": "1"}, id="a kernel that a kernel has started"),
    ],
)
def test_jupyter(base: Project, shown: str, environ: dict[str, Any]) -> None:
    name = str(base.path / "notebooks" / "clean.ipynb")
    with started(base, JPY_SESSION_NAME=name, **environ) as kernel:
        assert kernel.send(PARAMETERS) == shown


#: What Spyder's %runcell does, in spyder_kernels/customize/code_runner.py: it asks the editor for
#: the text, and has __file__ only as long as that runs.
RUNCELL = """
from IPython.core.magic import register_line_magic

TEXTS = {}

@register_line_magic
def runcell(line):
    names = get_ipython().user_ns
    names["__file__"] = line.split(" ", 2)[2].strip("'")
    try:
        exec(TEXTS[int(line.split()[1])], names)
    finally:
        names.pop("__file__")
"""


def test_spyder(base: Project, tmp_path: Path) -> None:
    path = base.path / "tasks" / "clean.py"
    with started(base, cwd=tmp_path) as kernel:
        kernel.send(RUNCELL)
        kernel.send(f"TEXTS[1] = {PARAMETERS!r}; TEXTS[2] = 'print(product[\"data\"])'")
        assert kernel.send(f"%runcell -i 1 {path}") == ALL
        assert kernel.send(f"%runcell -i 2 '{path}'") == f"{params(base, 'clean.parquet')}\n"
        assert kernel.value("__import__('os').getcwd()") == str(base.path)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("%runcell -i 0 /home/ada/p/tasks/clean.py", "/home/ada/p/tasks/clean.py"),
        ("%runcell -n 'tags=[\"parameters\"]' /p/tasks/clean.py", "/p/tasks/clean.py"),
        ("%runcell -n 'My cell' '/a b/tasks/clean.py'", "/a b/tasks/clean.py"),
        (r"%runcell -i 0 C:\Users\ada\tasks\clean.py", r"C:\Users\ada\tasks\clean.py"),
        ("runcell(1, '/p/tasks/clean.py')", "/p/tasks/clean.py"),
        ("%runfile /p/tasks/clean.py", None),
        ("print('runcell')", None),
    ],
)
def test_how_spyder_names_a_file(sent: str, path: str | None) -> None:
    found = SPYDER.search(sent)
    assert (found[1] if found else None) == path


def run_ipython(project: Project, typed: str, *options: str, **environ: Any) -> str:
    """Type lines in a terminal's IPython, and return what it has shown."""
    command = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", *options]
    return project.run(
        sys.executable, *command, cwd=project.path / "tasks", typed=typed, **environ
    ).stdout


def test_ipython_in_a_terminal(base: Project) -> None:
    typed = "upstream = ['get']; product = None\n%task clean\nprint(product['data'])\nexit\n"
    shown = run_ipython(base, typed)
    assert "The parameters stay as they are: this console does not tell which task" in shown
    assert ALL.strip() in shown and params(base, "clean.parquet") in shown


#: How PyCharm's console makes a session (pydev_ipython_console_011.py): no application, so nothing
#: of the environment's configuration; and how it runs a cell.
PYCHARM = """
import sys
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from IPython.terminal.ipapp import load_default_config

shell = TerminalInteractiveShell.instance(config=load_default_config())
for cell in sys.argv[1:]:
    shell.run_cell(cell, store_history=True)
"""


def test_pycharm(base: Project) -> None:
    cells = ["%load_ext nbtasks", PARAMETERS, "%task clean", PARAMETERS, "print(product['data'])"]
    done = base.run(sys.executable, "-c", PYCHARM, *cells)
    hint = "The parameters stay as they are: this console does not tell which task it runs. Next: "
    path = params(base, "clean.parquet")
    assert done.stdout == f"{hint}%task NAME\n{ALL}{ALL}{path}\n"


def test_outside_of_a_project_nothing_is_said(base: Project, tmp_path: Path) -> None:
    typed = "upstream = product = None\nupstream = None; product = None\nexit\n"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner"],
        cwd=tmp_path,
        env=base.environ,
        input=typed,
        capture_output=True,
        encoding="utf-8",
    )
    assert "parameters" not in done.stdout + done.stderr


def test_edited_modules_are_loaded_anew(project: Project) -> None:
    module = f"src/{project.package}/step.py"
    project.write(module, "def step():\n    return 'before'\n")
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "clean.py")
        assert kernel.send(f"from {project.package}.step import step\nstep()") == "'before'\n"
        kernel.send(PARAMETERS)
        project.write(module, "def step():\n    return 'edited'\n")
        assert kernel.send("step()") == "'edited'\n"


def test_what_a_user_decides_on_reloading_stays(project: Project) -> None:
    module = f"src/{project.package}/step.py"
    project.write(module, "def step():\n    return 'before'\n")
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "clean.py")
        kernel.send(f"%load_ext autoreload\n%autoreload 0\nfrom {project.package}.step import step")
        assert kernel.send(PARAMETERS) == ALL
        project.write(module, "def step():\n    return 'edited'\n")
        assert kernel.send("step()") == "'before'\n"


GRID = """
  - source: tasks/fit.py
    name: fit-
    product: {nb: "{{products}}/fit.ipynb"}
    grid: {depth: [1, 2]}
"""


def test_a_script_of_several_tasks(project: Project) -> None:
    text = '# %% tags=["parameters"]\nupstream = None\nproduct = None\ndepth = None\n'
    project.write("tasks/fit.py", f"{text}\n# %%\ndepth\n")
    project.write("pipeline.yaml", project.read("pipeline.yaml").rstrip() + GRID)
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "fit.py")
        first, others = kernel.send(text).splitlines()
        assert first.startswith("fit-0: parameters of development")
        assert others == "The script is that of fit-1 too. Next: %task NAME"
        kernel.send("%task fit-1")
        assert kernel.send(text).startswith("fit-1: ")
        assert kernel.value("depth") == 2


def test_a_second_pipeline(project: Project) -> None:
    text = '# %% tags=["parameters"]\nupstream = None\nproduct = None\n'
    project.write("tasks/serve.py", f"{text}\n# %%\n1\n")
    entry = 'tasks:\n  - source: tasks/serve.py\n    product: {nb: "{{products}}/serve.ipynb"}\n'
    project.write("pipeline.serve.yaml", f"meta: {{extract_product: false}}\n{entry}")
    project.write("env.serve.yaml", "products: products/serving\n")
    with started(project) as kernel:
        kernel.tell_file(project.path / "tasks" / "serve.py")
        assert kernel.send(text).startswith("serve: parameters of serving (")


def test_fifty_tasks(project: Project) -> None:
    entries = []
    for number in range(50):
        name = f"step_{number}"
        upstream = "None" if number == 0 else f"['step_{number - 1}']"
        text = f'# %% tags=["parameters"]\nupstream = {upstream}\nproduct = None\n'
        project.write(f"tasks/{name}.py", f"{text}\n# %%\n1\n")
        entries.append(
            f'  - source: tasks/{name}.py\n    product: "{{{{products}}}}/{name}.ipynb"\n'
        )
    project.write("pipeline.yaml", project.read("pipeline.yaml").rstrip() + "\n" + "".join(entries))
    with started(project) as kernel:
        for name, before in (("step_49", "step_48"), ("step_7", "step_6")):
            kernel.tell_file(project.path / "tasks" / f"{name}.py")
            shown = kernel.send(cells_of(project, f"tasks/{name}.py")[0])
            assert shown.startswith(f"{name}: parameters of development, all data (")
            assert kernel.value("[product, upstream]") == [
                str(project.path / f"products/development/{name}.ipynb"),
                {before: str(project.path / f"products/development/{before}.ipynb")},
            ]


def test_the_session_imports_nothing_slow(base: Project) -> None:
    code = (
        "import sys, nbtasks.editors.session\nprint(*{name.split('.')[0] for name in sys.modules})"
    )
    names = set(base.run(sys.executable, "-c", code, cwd=base.path.parent).stdout.split())
    assert (
        names - set(sys.stdlib_module_names) <= {"nbtasks", "sitecustomize", "__main__"} | hooks()
    )


def hooks() -> set[str]:
    """Return what Python imports here before anything else, by files *.pth."""
    code = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    return set(done.stdout.split())


def test_a_folder_that_is_gone_stops_no_cell(base: Project, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    with started(base) as kernel:
        kernel.tell_file("clean.py")
        kernel.send(f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})")
        shown = kernel.send(f"{PARAMETERS}\nprint('the rest')")
    assert shown.startswith("The parameters stay as they are: FileNotFoundError: ")
    assert shown.endswith("\nthe rest\n")


def test_it_can_be_switched_off(base: Project) -> None:
    with started(base) as kernel:
        kernel.tell_file(base.path / "tasks" / "clean.py")
        assert kernel.send("%unload_ext nbtasks") == ""
        assert kernel.send(PARAMETERS) == ""
        assert kernel.value("product") is None
        assert kernel.send("%load_ext nbtasks") == ""
        assert kernel.send(PARAMETERS) == ALL


def test_nothing_of_it_stops_a_cell(base: Project) -> None:
    """Not even when it fails in a way that nobody has thought of."""
    with started(base) as kernel:
        kernel.tell_file(base.path / "tasks" / "clean.py")
        kernel.hidden("import nbtasks.editors.lookup as t; t.find = lambda *a: 1 / 0")
        shown = kernel.send(f"{PARAMETERS}\nprint('the rest')")
    assert shown == (
        "The parameters stay as they are: ZeroDivisionError: division by zero\nthe rest\n"
    )
