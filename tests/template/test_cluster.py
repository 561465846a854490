"""The pipeline on a SLURM cluster of two nodes, and each way in which that can go wrong.

What docs/cluster.md says is typed. Then tasks fail, are killed and cancelled, a node is lost, the
login session ends, the disk is full, two exports come at once: nothing half-made is taken for
good, and the next export finishes the work. The project's folder has a space in its name.

Without SLURM these tests fail, and say how to get it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Project, match_of, read_ours
from test_readme import commands

SLURM = Path(__file__).parents[1] / "slurm"
STATE = Path("/var/spool/slurm-tests")  # as in slurm/start.sh
ENVIRON: dict[str, Any] = {"SLURM_CONF": str(STATE / "slurm.conf")}
SUDO = [] if os.name == "nt" or os.geteuid() == 0 else ["sudo", "--non-interactive"]


def test_none_leaves_no_trace(bake: Callable[..., Project]) -> None:
    """A project without a cluster does not speak of one, but for its lock and its answers."""
    project = bake()
    assert not any(path.is_dir() for path in project.path.glob("cluster"))
    for name in project.files() - {"requirements.lock"}:
        if not name.endswith(".whl"):
            text = project.read(name).replace('\ncluster = "none"\n', "\n")
            assert not re.search("slurm|soopervisor|cluster", name + text, re.I), name


# --- SLURM, and a project on it ---------------------------------------------------------


def control(*command: str | Path) -> str:
    """Run a command as the one who looks after SLURM; return what it printed."""
    done = subprocess.run(
        [*SUDO, "env", f"SLURM_CONF={ENVIRON['SLURM_CONF']}", *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    if done.returncode:
        pytest.fail(f"{command} exited with {done.returncode}:\n{done.stdout}", pytrace=False)
    return done.stdout


@pytest.fixture(scope="module")
def slurm() -> Iterator[None]:
    """Two nodes that answer; stopped in the end, unless they ran already."""
    if not shutil.which("sbatch"):
        pytest.fail("these tests need SLURM: apt-get install slurm-wlm munge", pytrace=False)
    running = not subprocess.run(
        ["sinfo"], env=os.environ | ENVIRON, capture_output=True
    ).returncode
    control(SLURM / "start.sh")
    yield
    if not running:
        control(SLURM / "stop.sh")


#: A pipeline of tasks that are written by the tests.
SPEC = """\
meta:
  extract_upstream: true
  extract_product: false
on_render: nbtasks.on_render
tasks:
"""
ENTRY = """\
  - source: tasks/{name}.py
    product:
      nb: "{{{{products}}}}/{name}.ipynb"
      data: "{{{{products}}}}/{name}.parquet"
"""
SCRIPT = """\
# %% tags=["parameters"]
upstream = {upstream}
product = None

# %%
import os, signal, time
from pathlib import Path
import pandas as pd

with open("runs", "a") as runs:
    print("{name}", file=runs)
value = {value}
{body}
pd.DataFrame({{"value": [value]}}).to_parquet(product["data"])
"""
#: What a task does until the test lets it go on.
WAIT = 'while not Path("go").exists():\n    time.sleep(0.1)'
SCHEMAS = """
VALUE = pa.DataFrameSchema({{"value": pa.Column(int)}})
SCHEMAS = dict.fromkeys({names}, VALUE)
"""


class Cluster:
    """A project on the cluster, and what its user types there."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.schemas = project.read(f"src/{project.package}/schemas.py")

    def start(self, **upstream: str) -> None:
        """Begin a new pipeline: the names of its tasks, and what each one needs."""
        spec = SPEC + "".join(ENTRY.format(name=name) for name in upstream)
        self.project.write("pipeline.yaml", spec)
        for name in upstream:
            self.write(name, upstream=upstream[name])
        schemas = self.schemas + SCHEMAS.format(names=sorted(upstream))
        self.project.write(f"src/{self.project.package}/schemas.py", schemas)
        for name in ("runs", "go"):
            (self.project.path / name).unlink(missing_ok=True)
        for log in (self.project.path / "cluster").glob("*.log"):
            log.unlink()

    def write(self, name: str, body: str = "", upstream: str = "", value: str = "1") -> None:
        """Write the script of a task."""
        text = SCRIPT.format(
            name=name, body=body, upstream=[upstream] if upstream else None, value=value
        )
        self.project.write(f"tasks/{name}.py", text)

    def export(self, **environ: Any) -> list[str]:
        """Hand over what is out of date; return the names of these tasks."""
        done = self.project.run("soopervisor", "export", "cluster", **environ)
        assert not (self.project.path / "_job.sh").exists()
        return re.findall(r"--job-name=(\w+)", done.stdout)

    def jobs(self, *columns: str) -> dict[str, str]:
        """Return the state of the last job of each task, or other columns of squeue."""
        wanted = ["%Z", "%j", " ".join(columns) or "%T"]
        show = ("squeue", "--noheader", "--states=all", "--sort=i", f"--format={'|'.join(wanted)}")
        rows = [line.split("|") for line in self.project.run(*show).stdout.splitlines()]
        return {name: shown for folder, name, shown in rows if folder == str(self.project.path)}

    def wait(self, seconds: float = 240, **states: str) -> dict[str, str]:
        """Wait until tasks are in a state, or until no job is left; return all states."""
        active = {"PENDING", "RUNNING", "COMPLETING"}

        def is_there() -> bool:
            jobs = self.jobs()
            return states.items() <= jobs.items() if states else not active & set(jobs.values())

        self.wait_for(is_there, seconds)
        return self.jobs()

    def wait_for(self, happens: Callable[[], bool], seconds: float = 240) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not happens():
            if time.monotonic() > deadline:
                pytest.fail(f"after {seconds} s: {self.jobs()}\n{self.logs()}", pytrace=False)
            time.sleep(0.5)

    def logs(self, name: str = "*") -> str:
        """Return what the jobs of a task have printed."""
        paths = sorted((self.project.path / "cluster").glob(f"{name}-*.log"))
        return "\n".join(path.read_text("utf-8") for path in paths)

    def runs(self) -> list[str]:
        """Return the names of the tasks that began to run, in order."""
        path = self.project.path / "runs"
        return path.read_text("utf-8").split() if path.exists() else []

    def began(self, name: str, times: int) -> bool:
        """Tell whether so many tasks have begun, and the last of them is this one."""
        return len(self.runs()) == times and self.runs()[-1] == name

    def value(self, name: str, products: str = "products/development") -> int:
        """Return what the table of a task holds."""
        read = f"import pandas; print(*pandas.read_parquet('{products}/{name}.parquet')['value'])"
        return int(self.project.run("python", "-c", read).stdout)


@pytest.fixture(scope="module")
def cluster(
    slurm: None, set_up: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory
) -> Cluster:
    """Return a project with an empty queue, in a folder with a space in its name."""
    project = set_up(cluster="slurm", into=tmp_path_factory.mktemp("my cluster"))
    project.environ |= ENVIRON
    return Cluster(project)


# --- what the page says -----------------------------------------------------------------


@pytest.mark.slow
def test_the_page_is_typed(cluster: Cluster) -> None:
    """Each command of docs/cluster.md, in order: only what is out of date is handed over.

    What a task needs is a line in the job template, and SLURM gives it; what SLURM refuses is
    said in its words. The index page shows what the jobs have made.
    """
    project = cluster.project
    page, template = read_ours("docs/cluster.md"), project.read("cluster/template.sh")
    example = match_of(r"(?s)```jinja\n(.*?)```", page)[1]
    table = match_of(r"(?s)\{%- set resources = .*?%\}\n", template)[0]
    wanted = table.replace("}", '    "train": "--time=00:07:00 --mem=200M",\n}', 1)
    lines, printed = commands(page), {}
    for line in lines:
        if line.startswith("source "):
            continue  # test_set_up.py types this one
        if line == "soopervisor export cluster" and line not in printed:
            project.write("cluster/template.sh", template.replace(table, example))
            refused = project.run("soopervisor", "export", "cluster", check=False)
            assert refused.returncode == 1
            assert "SLURM refused a job: sbatch: error: invalid partition" in refused.stdout
            assert "Traceback" not in refused.stdout
            project.write("cluster/template.sh", template.replace(table, wanted))
        setting = " --environment current" if line == "python bootstrap.py" else ""
        printed[line] = project.run("bash", "-c", line + setting, **ENVIRON).stdout
        if line == "squeue --me":
            assert "train" in printed[line]
            tasks = ("get", "clean", "features", "train", "explore")
            assert cluster.wait() == dict.fromkeys(tasks, "COMPLETED"), cluster.logs()
            given = cluster.jobs("%l", "%m")
            assert (given["clean"], given["train"]) == ("1:00:00 0", "7:00 200M")
    assert len(printed) == 7
    assert "'train' task executed successfully" in printed["tail -n 30 cluster/train-*.log"]
    # Typed once more: all has been done, on the cluster and on the sample.
    for line in lines[-2:]:
        assert "no tasks to submit" in printed[line]

    built = project.run("ploomber", "build").stdout
    assert "Nothing to run, 5 of 5 tasks are up to date: products/development/sample=False" in built
    shown = project.read("products/development/sample=False/index.html")
    for task in tasks:
        assert f"{task}.ipynb" in shown


# --- what can go wrong ------------------------------------------------------------------


@pytest.mark.slow
def test_two_exports_at_once_run_each_task_once(cluster: Cluster) -> None:
    """The jobs of the second find all up to date, which is no failure.

    Later a task that waits, and so reads, keeps the job of another export from writing: both
    tables end up new.
    """
    cluster.start(first="", second="first")
    typed = ["soopervisor", "export", "cluster"]
    exports = [
        subprocess.Popen(
            typed,
            cwd=cluster.project.path,
            env=cluster.project.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    for export in exports:
        said, _ = export.communicate()
        assert export.returncode == 0, said.decode()
    states = cluster.wait()

    assert set(states.values()) == {"COMPLETED"}, cluster.logs()
    assert sorted(cluster.runs()) == ["first", "second"]
    assert cluster.logs().count(" is up to date") == 2

    copy = 'value = int(pd.read_parquet(upstream["first"]["data"])["value"][0])'
    cluster.write("second", f"{WAIT}\n{copy}", upstream="first")
    assert cluster.export() == ["second"]
    cluster.wait_for(lambda: cluster.began("second", 3))
    cluster.write("first", value="2")
    assert cluster.export() == ["first", "second"]
    cluster.wait_for(lambda: "or a task that reads its products" in cluster.logs("first"))
    assert cluster.value("first") == 1
    cluster.project.write("go", "")
    assert set(cluster.wait().values()) == {"COMPLETED"}, cluster.logs()
    assert (cluster.value("first"), cluster.value("second")) == (2, 2)


@pytest.mark.slow
def test_a_lost_node_and_a_lost_session(cluster: Cluster) -> None:
    """The terminal is closed, then the node is gone: its job goes on elsewhere, and all is done.

    What ran on the node still does, as it may when only the network is gone: the job waits for
    it rather than write the same files.
    """
    cluster.start(first="", second="first")
    cluster.write("first", WAIT)
    master, terminal = os.openpty()
    typed = subprocess.Popen(
        ["bash", "-c", "soopervisor export cluster; touch exported; sleep 600"],
        cwd=cluster.project.path,
        env=cluster.project.environ,
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(terminal)
    cluster.wait(first="RUNNING", second="PENDING")
    os.killpg(typed.pid, signal.SIGHUP)  # what closing the terminal sends
    os.close(master)
    assert typed.wait() == -signal.SIGHUP
    cluster.wait_for(lambda: cluster.began("first", 1))

    node = cluster.jobs("%N")["first"]
    control("kill", "-KILL", Path(STATE / f"slurmd.{node}.pid").read_text().strip())
    cluster.wait_for(lambda: "Waiting: another job is running first" in cluster.logs("first"))
    assert f"Node failure on {node}" in cluster.logs("first")
    assert cluster.jobs("%N")["first"] != node
    cluster.project.write("go", "")
    states = cluster.wait()
    assert {states["first"], states["second"]} == {"COMPLETED"}, cluster.logs()
    assert cluster.runs() == ["first", "second"]
    assert cluster.export() == []
    control(SLURM / "start.sh")


@pytest.mark.slow
def test_a_full_disk(cluster: Cluster) -> None:
    """A task that finds no space fails and says so; once there is space the work is finished.

    Its environment reaches the jobs: the products of this one are on a disk of 1 MB.
    """
    products = STATE / "full" / cluster.project.path.parent.name
    setting = f"meta:\n  import_from: env.yaml\nproducts: {products.as_posix()}\n"
    cluster.project.write("env.full.yaml", setting)
    cluster.start(first="", second="first")
    environ: dict[str, Any] = {"PLOOMBER_ENV_FILENAME": "env.full.yaml"}
    cluster.project.run("ploomber", "build", **environ)

    cluster.write("first", 'Path(product["data"]).write_bytes(bytes(2_000_000))')
    cluster.export(**environ)
    states = cluster.wait()
    assert (states["first"], states["second"]) == ("FAILED", "CANCELLED")
    assert "No space left on device" in cluster.logs("first")

    cluster.write("first")
    (products / "first.parquet").unlink()
    assert cluster.export(**environ) == ["first", "second"]
    states = cluster.wait()
    assert {states["first"], states["second"]} == {"COMPLETED"}, cluster.logs()
    assert cluster.value("first", str(products)) == 1
    shutil.rmtree(products)


@pytest.mark.slow
def test_what_fails_leaves_nothing_half_made(cluster: Cluster) -> None:
    """An error, a killed kernel, a wrong table and `scancel`, in tasks that once were done.

    They take what waits for them out of the queue; then the scripts are again as they were
    when all was done, and yet the four run again.
    """
    cluster.start(hangs="", after_hangs="hangs", raises="", dies="", unfit="")
    cluster.project.run("ploomber", "build")
    (cluster.project.path / "runs").unlink()
    half = 'Path(product["data"]).write_bytes(b"half")\n'
    cluster.write("raises", half + 'raise ValueError("no birds today")')
    cluster.write("dies", half + "os.kill(os.getpid(), signal.SIGKILL)")
    cluster.write("unfit", value="'text'")
    cluster.write("hangs", half + "time.sleep(600)")
    names = ["after_hangs", "dies", "hangs", "raises", "unfit"]
    assert sorted(cluster.export()) == names
    cluster.wait(raises="FAILED", dies="FAILED", unfit="FAILED", hangs="RUNNING")
    cluster.project.run("scancel", "--name=hangs")
    states = cluster.wait()

    assert states["hangs"] == states["after_hangs"] == "CANCELLED"
    assert "no birds today" in cluster.logs("raises")
    assert "Kernel died" in cluster.logs("dies")
    assert "column value" in cluster.logs("unfit")
    assert sorted(cluster.runs()) == ["dies", "hangs", "raises", "unfit"]

    (cluster.project.path / "runs").unlink()
    for name in ("raises", "dies", "unfit", "hangs"):
        cluster.write(name)
    assert sorted(cluster.export()) == names
    assert set(cluster.wait().values()) == {"COMPLETED"}, cluster.logs()
    assert set(cluster.runs()) >= {"raises", "dies", "unfit", "hangs"}
    assert [cluster.value(name) for name in names] == [1] * len(names)
