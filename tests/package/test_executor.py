"""How a build runs its tasks: what it shows, that it ends, and that tasks do not disturb others."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import NOT_OURS, TEMPLATE, WINDOWS, Project, ran

pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(WINDOWS, reason="Windows has no such signals")

#: A notebook that starts a process which leaves its session, notes the ids of all, and waits.
SLOW = """\
import json
import os
import subprocess
import sys
import time
from pathlib import Path

nap = [sys.executable, "-c", "import time; time.sleep(300)"]
child = subprocess.Popen(nap, start_new_session=True).pid
pids = {"child": child, "kernel": os.getpid(), "worker": os.getppid()}
Path("pids.part").write_text(json.dumps(pids))
os.replace("pids.part", f"{product['data']}.pids")
time.sleep(float(os.getenv("SECONDS")))
"""
#: Leaves traces everywhere, and says which are there already. A notebook that names `environ`
#: gets a kernel started anew; this one does not, so that it gets a copy of the build.
LEAK = """\
import os
import random
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import PACKAGE

try:
    from matplotlib import rcParams
except ImportError:
    rcParams = {"lines.linewidth": None}

variables = getattr(os, "env" + "iron")
found = {
    "module": getattr(PACKAGE, "leaked", None),
    "imported": "calendar" in sys.modules and hasattr(sys.modules["calendar"], "leaked"),
    "variable": variables.get("LEAKED"),
    "folder": os.getcwd() != "ROOT",
    "option": pd.options.display.max_rows == 7,
    "filter": any(item[2] is ResourceWarning and item[0] == "error" for item in warnings.filters),
    "figures": rcParams["lines.linewidth"] == 7,
}
draws = [random.random(), float(np.random.random())]
import calendar

PACKAGE.leaked = calendar.leaked = True
variables["LEAKED"] = "yes"
pd.options.display.max_rows = 7
warnings.simplefilter("error", ResourceWarning)
rcParams["lines.linewidth"] = 7
random.seed(0)
np.random.seed(0)
Path(product["data"]).write_text(repr((found, draws)))
os.chdir("/")
"""
#: Has a thread of the kernel wait for another that never answers, as one that has ended just
#: then; notes a late end.
ENDS = """\
import atexit
import sys
import threading
import time
from pathlib import Path

printing = sys.stdout.pub_thread
schedule = printing.schedule


def schedule_some(call):
    if threading.current_thread().name != "Control":
        schedule(call)


def note(late=Path(product["data"]).with_suffix(".late").resolve()):
    time.sleep(2)
    late.touch()


atexit.register(threading.Thread(target=note, daemon=True).start)
printing.schedule = schedule_some
Path(product["data"]).touch()
"""
#: What a module of the project may do when it is imported.
SETTINGS = """\
import matplotlib
import pandas as pd

pd.options.display.max_rows = matplotlib.rcParams["lines.linewidth"] = 7


"""
#: Every kind of output.
OUTPUTS = [
    "print('text'); import sys; print('error', file=sys.stderr)",
    "1 + 1;",
    "'a value'",
    "import os, time; os.system('echo from a process'); time.sleep(1)",
    "!echo from the shell",
    "import warnings; warnings.warn('take care')",
    "import logging; logging.warning('logged')",
    "from IPython.display import HTML, Image, clear_output, display; display(HTML('<b>bold</b>'))",
    "print('gone'); clear_output(); print('stays')",
    "print('gone too'); clear_output(wait=True); print('stays too')",
    "shown = display('first', display_id='one'); shown.update('second')",
    "shown = display('third', display_id='two')",
    "shown.update('fourth')",
    "import pandas as pd; pd.DataFrame({'a': [1, 2]})",
    "import matplotlib.pyplot as plt; plt.plot([1, 2])",
    "plt.plot([2, 1]);",
    "Image(b'GIF89a', format='gif')",
    "import asyncio; await asyncio.sleep(0, 'awaited')",
    "from threading import Thread; t = Thread(target=print, args='t'); t.start(); t.join()",
    "%precision 3",
    "__import__('multiprocessing').current_process().name, __name__, len(sys.argv)",
    "sys.path, sorted(name for name in getattr(os, 'env' + 'iron') if name[:2] in ('JP', 'PY'))",
    "1 / 0",
]
HEAD = '# %% tags=["parameters"]\nupstream = {upstream}\nproduct = None\n\n# %%\n'


@pytest.fixture(scope="module")
def project(at_hand: Callable[..., Project]) -> Project:
    """Return a project with nothing built."""
    return at_hand(example="empty")


@pytest.fixture
def pipeline(project: Project) -> Iterator[Callable[..., None]]:
    """Return a function that replaces the pipeline by small tasks, code by name."""

    def write(upstream: dict[str, str] | None = None, yaml: str = "", **tasks: str) -> None:
        head = project.read("pipeline.yaml").split("\ntasks:")[0]
        entries = ""
        for name, code in tasks.items():
            above = (upstream or {}).get(name)
            text = HEAD.format(upstream=[above] if above else None) + code
            project.write(f"tasks/{name}.py", text)
            nb, data = f"products/{name}.ipynb", f"products/{name}.txt"
            entries += f"  - source: tasks/{name}.py\n    product: {{nb: {nb}, data: {data}}}\n"
        project.write("pipeline.yaml", f"{head}\ntasks:\n{entries}{yaml}")

    yield write
    project.git("checkout", "--quiet", "--", ".")
    project.git("clean", "--quiet", "--force", "-d", "-x", "products", "tasks", "src")


def start(project: Project, *options: str, seconds: float = 300) -> subprocess.Popen[str]:
    """Start a build, and go on; its tasks wait so many seconds."""
    temporary = project.path.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        ["ploomber", "build", *options],
        cwd=project.path,
        env=project.environ | {"SECONDS": str(seconds), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


def wait_for(path: Path, seconds: float = 60) -> dict[str, int]:
    """Wait until a slow notebook has noted its processes; return them."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} was never written"
        time.sleep(0.1)
    noted: dict[str, int] = json.loads(path.read_text())
    return noted


def alive(pid: int) -> bool:
    """Tell whether a process lives, or waits only to be noticed by its parent."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def assert_ended(pids: list[int], seconds: float = 5) -> None:
    """Fail if one of the processes lives longer than that."""
    end = time.monotonic() + seconds
    while left := [pid for pid in pids if alive(pid)]:
        assert time.monotonic() < end, f"still alive: {left}"
        time.sleep(0.1)


def test_a_line_a_task_and_nothing_else(project: Project, pipeline: Callable[..., None]) -> None:
    """Which of how many, why, how long, and where the results are; no bars, no table."""
    code = "from pathlib import Path\n\nprint('hello')\nPath(product['data']).write_text('x')\n"
    pipeline(one=code, two=code, upstream={"two": "one"})

    first = project.ploomber("build").stdout
    assert re.search(
        r"\n1/2  one +[\d.]+ s  never run\n2/2  two +[\d.]+ s  \w.+\nDone in .+ s: products\S*\n$",
        first,
    )
    second = project.ploomber("build").stdout
    assert "Nothing to run, 2 of 2 tasks are up to date: products" in second

    project.write("products/.one.time", '{"seconds": 200, "ended": 1}')
    logged = project.ploomber("build", "--force", "--log", "info").stdout
    assert "hello" in logged
    assert ran(logged) == ["one", "two"]
    assert "one  has started, last time 3 min 20 s" in logged


@posix
def test_a_terminal_shows_what_runs(project: Project, pipeline: Callable[..., None]) -> None:
    """One line more, for as long as a task runs: its name, its time and that of its last run."""
    pipeline(one="open(product['data'], 'w').close()\n")
    project.write("products/.one.time", '{"seconds": 200, "ended": 1}')

    code, shown = project.run_in_terminal("ploomber", "build")

    assert code == 0, shown.decode()
    assert re.search(rb"running: one [\d.]+ s of 3 min 20 s last time", shown)
    assert re.search(rb"\r1/1  one +[\d.]+ s", shown)


@posix
def test_nothing_is_left_behind(project: Project, pipeline: Callable[..., None]) -> None:
    """Whoever ends the build, worker or kernel, all processes end; the next build is right.

    While a build is at work, a second one of the same products says whose turn it is, and a
    single task is let through.
    """
    end = "Path(product['data']).write_text('whole')\n"
    pipeline(slow=SLOW + end, other="open(product['data'], 'w').close()\n")
    notes = project.path / "products" / "slow.txt.pids"

    build = start(project, "--partially", "slow")
    wait_for(notes)
    second = project.ploomber("build", check=False)
    assert second.returncode == 1
    assert f"another build is making these products: process {build.pid} of " in second.stdout
    assert "Traceback" not in second.stdout
    task = project.ploomber("task", "other", "--force").stdout
    assert "'other' task executed successfully!" in task

    for number, victim, executor in [
        (signal.SIGINT, "build", "parallel"),
        (signal.SIGTERM, "build", "serial"),
        (signal.SIGHUP, "build", "parallel"),
        (signal.SIGKILL, "build", "serial"),
        (signal.SIGKILL, "worker", "serial"),
        (signal.SIGKILL, "kernel", "serial"),
        (None, "kernel", "serial"),
    ]:
        pids = wait_for(notes) | {"build": build.pid}
        if number is not None:
            os.kill(pids[victim], number)
        output, _ = build.communicate(timeout=60)
        assert_ended(list(pids.values()))
        notes.unlink()
        if number is None:
            break
        assert build.returncode != 0, victim
        assert "Traceback" not in output
        if victim == "build" and number != signal.SIGKILL:
            assert f"Stopped by {number.name}, while running slow." in output
            assert not [*(project.path.parent / "temporary").iterdir()]
        seconds = 0 if victim == "kernel" else 300
        build = start(project, "--partially", "slow", "--env--executor", executor, seconds=seconds)

    assert "slow" in ran(output)
    assert (project.path / "products" / "slow.txt").read_text() == "whole"


@posix
def test_the_time_budget_ends_what_a_notebook_has_started(
    project: Project, pipeline: Callable[..., None]
) -> None:
    """A task over its budget is stopped with its kernel and its processes, and named."""
    pipeline(slow=SLOW)

    build = start(project, "--env--time_budget", "6")
    output, _ = build.communicate(timeout=60)

    assert build.returncode == 1
    assert re.search(r"Task 'slow' was stopped in cell \d of \S+slow.ipynb", output)
    assert "longer than its time budget, 6.0 s" in output
    assert_ended(list(wait_for(project.path / "products" / "slow.txt.pids").values()))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have Jupyter's own kernels")
def test_a_kernel_ends_by_itself(project: Project, pipeline: Callable[..., None]) -> None:
    """At once: one of ipykernel in ten is ended by a signal, after seconds."""
    pipeline(ends=ENDS)

    project.run("ploomber", "build")

    assert (project.path / "products" / "ends.txt").exists()
    assert not (project.path / "products" / "ends.late").exists()


@pytest.fixture(scope="module")
def figures(uv: Path, project: Project, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PYTHONPATH that has matplotlib too."""
    folder = tmp_path_factory.mktemp("matplotlib")
    needed = ["matplotlib", "contourpy", "cycler", "fonttools", "kiwisolver", "pillow", "pyparsing"]
    project.run(uv, "pip", "install", "--quiet", "--no-deps", "--target", folder, *needed)
    return os.pathsep.join([str(folder), project.environ["PYTHONPATH"]])


def leaks(project: Project, name: str) -> tuple[dict[str, object], list[float]]:
    """Return what a leaking task has found, and the random numbers it drew."""
    found: tuple[dict[str, object], list[float]]
    found = eval((project.path / "products" / f"{name}.txt").read_text())
    return found


@posix
def test_no_task_sees_what_another_has_done(
    project: Project, pipeline: Callable[..., None], figures: str
) -> None:
    """Not its globals, imports, environment, folder, options, warnings nor random state.

    Nor does a notebook see what a module sets that only the build has imported.
    """
    code = LEAK.replace("PACKAGE", project.package).replace("ROOT", os.path.realpath(project.path))
    body = textwrap.indent(code, "    ")
    functions = "\n\n".join(f"def {name}(product):\n{body}" for name in ("one", "two"))
    project.write(f"src/{project.package}/leaky.py", functions)
    project.write(f"src/{project.package}/settings.py", SETTINGS + "def use(product):\n    pass\n")
    entry = "  - source: {0}.leaky.{1}\n    product: {{data: products/{1}.txt}}\n"
    entries = "".join(entry.format(project.package, name) for name in ("one", "two"))
    finish = f"    on_finish: {project.package}.settings.use\n"
    notebooks = {"first": code, "second": code}

    for executor, yaml in [("serial", entries), ("parallel", ""), ("serial", finish)]:
        pipeline(**notebooks, upstream={"second": "first"}, yaml=yaml)
        paths: dict[str, Any] = {"PYTHONPATH": figures} if yaml else {}
        project.run("ploomber", "build", "--force", "--env--executor", executor, **paths)

        names = ["first", "second"] + (["one", "two"] if yaml == entries else [])
        found = {name: leaks(project, name) for name in names}
        for name, (traces, _) in found.items():
            assert not any(traces.values()), (name, executor, traces)
        for number in (0, 1):
            assert len({draws[number] for _, draws in found.values()}) == len(names)


def cells(path: Path) -> list[object]:
    """Return the outputs of a notebook's cells, without what differs from run to run."""
    found = json.loads(path.read_text("utf-8"))["cells"]
    text = json.dumps([cell["outputs"] for cell in found if cell["cell_type"] == "code"][2:])
    text = re.sub(r"ipykernel_\d+", "ipykernel_N", text)
    text = re.sub(r"at 0x[0-9a-f]+", "at N", text)
    shown: list[object] = json.loads(re.sub(r"kernel-\S+json", "N", text))
    return shown


@pytest.mark.parametrize("draws", [False, True])
def test_notebooks_are_those_of_papermill(
    project: Project, pipeline: Callable[..., None], figures: str, draws: bool
) -> None:
    """A build gives the same outputs, cell by cell, as papermill with a kernel started anew."""
    other = "sys.path" if draws else "plt"  # a kernel started by a build, a copy of the build
    outputs = [text for text in OUTPUTS if other not in text]
    paths: dict[str, Any] = {"PYTHONPATH": figures} if draws else {}
    code = "open(product['data'], 'w').close()\n\n# %%\n" + "\n\n# %%\n".join(outputs)
    pipeline(outputs=code.replace("!echo", "# !echo").replace("%precision", "# %precision"))
    failed = project.run("ploomber", "build", check=False, **paths).stdout
    assert "ZeroDivisionError" in failed
    assert "IPKernelApp" not in failed
    built = project.path / "products" / "outputs.ipynb"
    notebook = json.loads(built.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    given, plain = project.path / "products" / "given.ipynb", project.path / "products/plain.ipynb"
    given.write_text(json.dumps(notebook), "utf-8")
    project.run("papermill", "--no-progress-bar", given, plain, check=False, **paths)

    assert len(cells(built)) == len(outputs) + 1
    for ours, theirs, text in zip(cells(built), cells(plain), ["", *outputs], strict=True):
        assert ours == theirs, text
        assert ours or not text or text.endswith(";") or ".update(" in text, text


def test_functions_shell_and_sql_run_too(project: Project, pipeline: Callable[..., None]) -> None:
    """Tasks of every kind that Ploomber knows, more than one at a time, on a worker each.

    An environment may say how many; a word that says nothing is refused in one sentence.
    """
    project.write(
        f"src/{project.package}/kinds.py",
        "from pathlib import Path\n\nfrom ploomber.clients import SQLAlchemyClient\n\n\n"
        "def function(product):\n    print('printed')\n    Path(product).write_text('f')\n\n\n"
        "def database():\n    return SQLAlchemyClient('sqlite:///products/data.db')\n",
    )
    project.write("tasks/query.sql", "CREATE TABLE {{product}} AS SELECT 1 AS one\n")
    project.write("tasks/shell.sh", "echo shell > {{product}}\n")
    project.write("env.sample.yaml", "meta:\n  import_from: env.yaml\n\nexecutor: 2\n")
    pipeline(
        notebook="open(product['data'], 'w').close()\n",
        yaml=f"""\
  - {{source: {project.package}.kinds.function, product: products/function.txt}}
  - {{source: tasks/shell.sh, product: products/shell.txt, name: shell}}
  - source: tasks/query.sql
    name: query
    class: SQLScript
    client: {project.package}.kinds.database
    product_class: SQLiteRelation
    product_client: {project.package}.kinds.database
    product: [numbers, table]
""",
    )
    (project.path / "products").mkdir(exist_ok=True)

    output = project.ploomber("build", PLOOMBER_ENV_FILENAME="env.sample.yaml").stdout

    assert ran(output) == ["function", "notebook", "query", "shell"]
    assert "\nprinted\n" in output
    refused = project.ploomber("build", "--env--executor", "fast", check=False).stdout
    assert "executor must be serial, parallel or a number, not 'fast'" in refused
    assert "Traceback" not in refused


def test_a_new_python_for_the_tasks_where_processes_can_not_be_copied(
    project: Project, pipeline: Callable[..., None], tmp_path: Path
) -> None:
    """As on macOS and Windows: the same lines and results, parallel too."""
    shutil.copytree(TEMPLATE / "src", tmp_path, dirs_exist_ok=True, ignore=NOT_OURS)
    worker, old = tmp_path / "nbtasks/engine/builds/worker.py", "FORKS = processes.LINUX"
    text = worker.read_text("utf-8")
    assert text.count(old) == 1
    worker.write_text(text.replace(old, "FORKS = False"), "utf-8")
    code = "open(product['data'], 'w').close()\n"
    pipeline(one=code, two=code, upstream={"two": "one"})

    words = ("ploomber", "build", "--env--executor", "2")
    paths = os.pathsep.join([str(tmp_path), project.environ["PYTHONPATH"]])
    output = project.run(*words, PYTHONPATH=paths).stdout

    assert ran(output) == ["one", "two"]
    assert "Executing" not in output
