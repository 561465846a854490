"""The record that each build leaves, and `nbtasks runs`, which shows, compares and keeps runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import plain
import pytest
from conftest import WINDOWS

from nbtasks.pipeline.tasks import Product, Source, Task
from nbtasks.results import about, history, records, runs

ENV = "depth: 1\nout: out\n"
PIPELINE = """\
  - source: tasks/one.py
    product: {nb: "{{out}}/one.ipynb", metrics: "{{out}}/metrics.json"}
    params: {depth: "{{depth}}"}
"""
#: A metric that the parameter decides on, and a nested one.
SCORE = """
import json
with open(product["metrics"], "w") as file:
    json.dump({"score": 1 - 1 / depth, "of": {"loss": 1 / depth}, "name": "x", "ok": True}, file)
"""


def make(folder: Path) -> plain.Plain:
    """Return a project in git, with a task that measures something."""
    project = plain.make(folder)
    project.pipeline(PIPELINE)
    project.write("env.yaml", ENV)
    script = plain.SCRIPT.replace("product = None\n", "product = None\ndepth = None\n")
    project.write("tasks/one.py", script + SCORE)
    project.write(".gitignore", "out\n.cache\n")
    project.git("init", "--quiet")
    commit(project)
    return project


def commit(project: plain.Plain) -> str:
    """Commit everything; return the name of the commit."""
    project.git("add", "--all")
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    project.git(*own, "commit", "--quiet", "--message", "Work")
    return project.git("rev-parse", "HEAD")


def recorded(project: plain.Plain) -> list[dict[str, Any]]:
    """Return the records, the oldest first."""
    paths = sorted((project.path / "out" / "runs").glob("*.json"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


@pytest.mark.slow
def test_a_build_leaves_a_record_of_what_it_did(tmp_path: Path) -> None:
    """What has been run, why, from what code, what came out; nothing of a build of nothing."""
    project = make(tmp_path)
    head = project.git("rev-parse", "HEAD")
    project.build("--env--depth", "2")
    project.build("--env--depth", "2")
    [one] = recorded(project)
    assert (one["outcome"], one["commit"], one["edited"]) == ("done", head, False)
    assert one["parameters"]["depth"] == 2
    assert one["metrics"] == {"one": {"score": 0.5, "of.loss": 0.5}}
    task = one["tasks"]["one"]
    assert (task["state"], task["why"]) == ("done", "never run") and task["seconds"] > 0
    assert list(task["code"]) == ["tasks/one.py"]
    assert set(one["products"]) == {"out/one.ipynb", "out/metrics.json"}
    assert re.fullmatch(r"\d{8}-\d{6}-\d{6}-[a-z]{4}", one["name"])

    project.write("tasks/one.py", project.read("tasks/one.py") + "\n1 / 0\n")
    project.build("--env--depth", "4", check=False)
    _, two = recorded(project)
    assert (two["outcome"], two["edited"], two["metrics"]) == ("failed", True, {})
    assert two["tasks"]["one"]["code"] != task["code"]

    page = project.read("out/index.html")
    known = json.loads(history.RUNS.search(page)[1])["runs"]  # type: ignore[index]
    assert [run["outcome"] for run in known] == ["failed", "done"]


@pytest.mark.slow
def test_the_terminal_shows_compares_and_keeps_runs(tmp_path: Path) -> None:
    """A line a run, what changed, git's own diff; copies that no build overwrites."""
    project = make(tmp_path)
    project.build("--env--depth", "2")
    project.write("tasks/one.py", project.read("tasks/one.py") + "shown = 1\n")
    first, second = project.git("rev-parse", "HEAD")[:7], commit(project)[:7]
    project.build("--env--depth", "4")
    project.build("--env--depth", "1")
    names = [run["name"][-4:] for run in recorded(project)]
    shown = project.nbtasks("runs").stdout.splitlines()
    assert re.split("  +", shown[1]) == [
        *("run", "when", "commit", "took", "one.score", "one.of.loss", "changed")
    ]
    cells = [re.split("  +", line) for line in shown[2:5]]
    assert [row[0] for row in cells] == names[::-1]
    assert cells[1][2] == second
    assert cells[1][4:] == [*("0.75 (+0.25)", "0.25 (-0.25)", "depth 2 -> 4, tasks/one.py")]
    assert cells[2][4:] == ["0.5", "0.5"]
    for metric in ("score", "loss"):  # of which less is better
        best = project.nbtasks("runs", "--sort", metric, "--last", "1").stdout
        assert re.findall(r"(?m)^([a-z]{4}) ", best) == [names[1]]
    assert len(json.loads(project.nbtasks("runs", "--json").stdout)) == 3

    done = project.quickly("nbtasks", "runs", names[0], names[1]).stdout
    assert re.search(r"(?m)^depth +2 +4 +\(\+2\)$", done)
    assert re.search(r"\none.score +0.5 +0.75 +\(\+0.25\)\n", done)
    assert "tasks/one.py differs; used by one\n" in done
    assert re.search(rf"git diff {first}\w* {second}\w*\n", done) and "\n+shown = 1\n" in done

    project.nbtasks("runs", "keep", names[2])
    kept = next(path for path in (tmp_path / "out" / "runs").iterdir() if path.is_dir())
    before = (kept / "metrics.json").read_bytes()
    project.build("--env--depth", "8")
    assert (kept / "metrics.json").read_bytes() == before and (kept / "one.ipynb").exists()
    refused = project.nbtasks("runs", "keep", names[0], check=False)
    assert refused.returncode == 1
    assert refused.stdout.startswith("one.ipynb, metrics.json: not as that run has left it")
    assert f"git switch --detach {first}, and build" in refused.stdout
    for typed in (["zzzz", names[0]], ["keep", ""], [names[0]]):
        assert project.nbtasks("runs", *typed, check=False).returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(WINDOWS, reason="Windows has no such signals")
def test_a_build_that_was_stopped_has_a_record_too(tmp_path: Path) -> None:
    project = make(tmp_path)
    end = "import os, signal, psutil\nbuild = psutil.Process().parent().parent()\n"
    end += "build.send_signal(signal.SIGINT)\nimport time; time.sleep(30)\n"
    project.write("tasks/one.py", project.read("tasks/one.py") + end)
    project.build("--env--depth", "2", check=False)
    [one] = recorded(project)
    assert (one["outcome"], one["tasks"]["one"]["state"]) == ("stopped", "failed")
    assert one["metrics"] == {}


def test_a_script_in_another_language_is_code_too(tmp_path: Path) -> None:
    """What Python knows nothing of is told by its text."""
    made = {"": Product("t", None, {}, is_table=True)}
    texts = ("SELECT 1", "SELECT 2")
    tasks = [Task("q", Source(tmp_path / "q.sql", t, "sql"), {}, made, "done") for t in texts]
    one, two = (dict(records.code_of(task, {"src/a.py": "0" * 64})) for task in tasks)
    assert records.differing(one, two) == [str(tmp_path / "q.sql")]
    assert one["src/a.py"] == "0" * 8


def record(number: int, **changes: Any) -> dict[str, Any]:
    """Return the record of a pipeline of 50 tasks, as a month of work leaves them."""
    name = f"20270131-{number:06}-000000-abcd"
    tasks = {
        f"task-{n}": {
            "state": "done",
            "code": {
                f"tasks/task_{n}.py": f"{number * (n == number % 50):08x}",
                **{f"src/my_package/module_{n % 20}.py": f"{number // 20:08x}"},
            },
        }
        for n in range(50)
    }
    metrics = {f"m{n}": round((number + 1) / 7**n, 6) for n in range(5)}
    return {
        "name": name,
        "started": "2027-01-31T09:00:00+00:00",
        "seconds": 12.34,
        "outcome": "failed" if number % 10 == 3 else "done",
        "commit": f"{number:040x}",
        "edited": False,
        "sample": "",
        "pipeline": "pipeline.yaml",
        "environment": "development",
        "parameters": {f"parameter_{n}": number // (n + 1) for n in range(15)},
        "tasks": tasks,
        "products": {},
        "metrics": {"task-49": metrics},
        **changes,
    }


def fill(folder: Path, count: int) -> None:
    """Write records of that many runs."""
    folder.mkdir(parents=True)
    for number in range(count):
        made = record(number)
        (folder / f"{made['name']}.json").write_text(json.dumps(made), "utf-8")


def test_500_runs_take_less_than_a_megabyte_of_the_page(tmp_path: Path) -> None:
    fill(tmp_path / "runs", 500)
    found = history.update(tmp_path / "runs", [])
    assert len(found) == 500
    assert len(json.dumps(history.page_data(found))) < 800_000


def test_the_page_adds_a_run_as_if_it_read_them_all(tmp_path: Path) -> None:
    """Also when the oldest has gone, or files have come from another machine."""
    folder = tmp_path / "runs"
    fill(folder, 6)
    paths = sorted(folder.iterdir())
    aside = tmp_path / paths[-1].name
    paths[-1].rename(aside)
    before = history.update(folder, [])
    assert history.update(folder, before) is before
    aside.rename(paths[-1])
    paths[0].unlink()
    assert history.update(folder, before) == history.update(folder, [])
    other = record(3, name="20270101-000000-000000-zzzz")
    (folder / f"{other['name']}.json").write_text(json.dumps(other), "utf-8")
    (folder / "20270101-000000-000000-half.json").write_text('{"name": ', "utf-8")
    merged = history.update(folder, before)
    assert [run["name"] for run in merged][-1] == other["name"] and len(merged) == 6


def test_old_records_go_and_kept_ones_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By number: never below the limit, and not in silence where it is more than one."""
    folder = tmp_path / "runs"
    fill(folder, 5)
    first = records.find(folder)[0]
    (folder / first).mkdir()
    made = record(5)
    records.write(made, folder, 5)
    assert len(records.find(folder)) == 6 and capsys.readouterr().out == ""
    records.write(record(6), folder, 2)
    assert records.find(folder) == [first, made["name"], record(6)["name"]]
    assert "4 old records of runs were deleted: keep_runs is 2" in capsys.readouterr().out


def task_with(path: Path, key: str = "data") -> Task:
    """Return a task that has made a file."""
    made = {key: Product(str(path), path, {})}
    return Task("fit", Source(None, "", "python"), {}, made, "done")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("metrics.json", '{"a": {"b": 1}, "c": NaN, "d": "x", "e": true}', {"a.b": 1, "c": "nan"}),
        ("metrics.csv", "a,b,name\n1,0.5,x\n", {"a": 1, "b": 0.5}),
        ("other.json", '{"a": 1}', {}),
    ],
)
def test_metrics_are_the_numbers_of_a_product(
    tmp_path: Path, name: str, text: str, expected: dict[str, Any]
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert dict(records.metrics(task_with(tmp_path / name))) == expected


def test_a_table_of_one_row_has_metrics(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "scores.parquet"
    pd.DataFrame({"a": [3], "ok": [True], "b": [float("inf")]}).to_parquet(path)
    assert dict(records.metrics(task_with(path, "metrics"))) == {"a": 3, "b": "nan"}


@pytest.mark.parametrize("text", ["[1, 2]", "{", "a,b\n1,2\n3,4\n"])
def test_metrics_that_can_not_be_read_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / ("metrics.csv" if text.startswith("a") else "metrics.json")
    path.write_text(text, "utf-8")
    assert records.metrics(task_with(path)) == []
    assert f"The metrics of fit can't be read, {path.name}: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("metric", "less"),
    [("fit.rmse", True), ("fit.log_loss", True), ("fit.accuracy", False), ("neg_error", False)],
)
def test_less_is_better_of_errors(metric: str, less: bool) -> None:
    assert records.is_less_better(metric) is less


@pytest.mark.parametrize(
    ("remote", "web"),
    [
        ("git@example.com:team/proj.git", "https://example.com/team/proj"),
        ("https://ada:secret@example.com/team/proj.git", "https://example.com/team/proj"),
        ("ssh://git@example.com:2222/team/proj", "https://example.com/team/proj"),
        ("/srv/git/proj.git", ""),
        ("../proj", ""),
        ("C:/proj", ""),
    ],
)
def test_a_remote_is_a_page_without_secrets(
    monkeypatch: pytest.MonkeyPatch, remote: str, web: str
) -> None:
    monkeypatch.setattr("nbtasks.project.git.ask", lambda *words: f"{remote}\n")
    assert about.web() == web


def test_there_are_no_runs_yet(tmp_path: Path) -> None:
    project = plain.make(tmp_path)
    project.pipeline("")
    assert project.nbtasks("runs").stdout.startswith("There are no runs yet; each build")
    assert runs.text(None) == "-"
