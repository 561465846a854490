"""What a task costs: pipelines of 1, 10, 50 and 200 tasks that do next to nothing.

Side by side: this template, the same scripts by plain Python, the same notebooks by
papermill in a loop, and kedro and snakemake with as many steps. Each is run from nothing
and once more with nothing to do. Costs are fitted to a + b * n, and drawn to tasks.svg
beside this file. Other numbers of tasks can be given.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Cost, best, cost, environ, fill, make_project, show
from uv import find_uv_bin

UV = Path(find_uv_bin())
PICTURE = Path(__file__).with_name("tasks.svg")
#: Runs the notebooks in one process, as one would without a pipeline.
PAPERMILL = """\
import sys
from pathlib import Path

import jupytext
import papermill

for name in sys.argv[1:]:
    products = {"data": f"products/{name}.txt"}
    upstream = None if name == "task_0" else {"task_0": {"data": "products/task_0.txt"}}
    source, target = Path("products", f"{name}.in.ipynb"), Path("products", f"{name}.ipynb")
    jupytext.write(jupytext.read(f"tasks/{name}.py"), source)
    parameters = {"upstream": upstream, "product": products}
    papermill.execute_notebook(source, target, parameters, kernel_name="python3", language="python",
                               progress_bar=False)
"""
#: Runs one script as a program.
SCRIPT = """\
import sys
from pathlib import Path

from my_pipeline.step import step

before = Path(sys.argv[2]).read_text() if sys.argv[2:] else ""
Path(sys.argv[1]).write_text(step(before))
"""
KEDRO = """\
from kedro.pipeline import Pipeline, node

from .step import step


def create_pipeline(**kwargs):
    first = node(lambda: step(""), None, "task_0", name="task_0")
    rest = [node(step, "task_0", f"task_{n}", name=f"task_{n}") for n in range(1, TASKS)]
    return Pipeline([first, *rest])
"""


def ours(project: Path, tasks: int, env: dict[str, str]) -> tuple[Cost, Cost]:
    """Build with this template."""
    fill(project, tasks)
    build = [project / ".venv" / "bin" / "ploomber", "build"]
    return cost(build, cwd=project, env=env), best(2, build, cwd=project, env=env)


def papermill(project: Path, tasks: int, env: dict[str, str]) -> tuple[Cost, None]:
    """Run the same notebooks, with the same packages, in a loop; it knows no 'up to date'."""
    names = fill(project, tasks)
    (project / "products").mkdir()
    run = [project / ".venv" / "bin" / "python", "-c", PAPERMILL, *names]
    return cost(run, cwd=project, env=env), None


def python(project: Path, tasks: int, env: dict[str, str]) -> tuple[Cost, None]:
    """Run as many scripts as programs, one after the other."""
    names = fill(project, tasks)
    (project / "products").mkdir()
    runs = [
        [project / ".venv" / "bin" / "python", "-c", SCRIPT, f"products/{name}.txt", *first]
        for name in names
        for first in [["products/task_0.txt"] if name != "task_0" else []]
    ]
    return cost(*runs, cwd=project, env=env), None


def kedro(project: Path, tasks: int, env: dict[str, str]) -> tuple[Cost, None]:
    """Run as many nodes in kedro; it runs all of them again each time."""
    pipeline = project / "src" / "steps" / "pipelines" / "all"
    pipeline.mkdir(parents=True, exist_ok=True)
    (pipeline / "__init__.py").write_text("from .pipeline import create_pipeline\n")
    (pipeline / "pipeline.py").write_text(KEDRO.replace("TASKS", str(tasks)))
    (pipeline / "step.py").write_text('def step(text: str) -> str:\n    return f"{text}."\n')
    catalog = "".join(
        f"task_{n}: {{type: text.TextDataset, filepath: data/task_{n}.txt}}\n" for n in range(tasks)
    )
    (project / "conf" / "base" / "catalog.yml").write_text(catalog)
    return cost([project.parent / ".venv" / "bin" / "kedro", "run"], cwd=project, env=env), None


def snakemake(folder: Path, tasks: int, env: dict[str, str]) -> tuple[Cost, Cost]:
    """Run as many rules in snakemake, each a script."""
    command = [folder / ".venv" / "bin" / "snakemake", "--cores", "1", "--quiet", "all"]
    (folder / "step.py").write_text(
        "from pathlib import Path\n"
        "before = Path(snakemake.input[0]).read_text() if snakemake.input else ''\n"
        "Path(snakemake.output[0]).write_text(f'{before}.')\n"
    )
    rules = [
        f"rule task_{n}:\n    output: 'out/{tasks}/task_{n}.txt'\n"
        + (f"    input: 'out/{tasks}/task_0.txt'\n" if n else "")
        + "    script: 'step.py'\n"
        for n in range(tasks)
    ]
    outputs = [f"out/{tasks}/task_{n}.txt" for n in range(tasks)]
    text = f"rule all:\n    input: {outputs!r}\n" + "".join(rules)
    (folder / "Snakefile").write_text(text)
    return cost(command, cwd=folder, env=env), best(2, command, cwd=folder, env=env)


def install(folder: Path, env: dict[str, str], *packages: str) -> Path:
    """Return a folder with an environment in it."""
    folder.mkdir()
    cost(
        [UV, "venv", "--python", "3.11", ".venv"],
        [UV, "pip", "install", "--python", ".venv/bin/python", *packages],
        cwd=folder,
        env=env,
    )
    return folder


def fit(points: dict[int, float]) -> tuple[float, float]:
    """Return a and b of the line a + b * n nearest to some points, b = 0 for a single one."""
    mean_n = sum(points) / len(points)
    mean = sum(points.values()) / len(points)
    spread = sum((n - mean_n) ** 2 for n in points)
    b = sum((n - mean_n) * (y - mean) for n, y in points.items()) / spread if spread else 0.0
    return mean - b * mean_n, b


def draw(results: dict[str, dict[int, float]], path: Path) -> None:
    """Draw CPU seconds over the number of tasks; called with matplotlib installed."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, points in results.items():
        axes.loglog([int(n) for n in points], [*points.values()], marker="o", label=name)
    axes.set(xlabel="tasks", ylabel="CPU seconds", title="A pipeline run from nothing")
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def measure(folder: Path, sizes: list[int]) -> dict[str, dict[int, float]]:
    """Measure all of them; print a table for each number of tasks and the fitted lines."""
    env = environ(folder / "home", UV.parent, KEDRO_DISABLE_TELEMETRY="1")
    project = make_project(folder, UV, env)
    kedros = install(folder / "kedro", env, "kedro", "kedro-datasets[text]")
    new = ["new", "--name", "steps", "--tools", "none", "--example", "n", "--telemetry", "no"]
    cost([kedros / ".venv" / "bin" / "kedro", *new], cwd=kedros, env=env)
    snakes = install(folder / "snakemake", env, "snakemake")
    ways: dict[str, Callable[[int], tuple[Cost, Cost | None]]] = {
        "this template": lambda n: ours(project, n, env),
        "papermill in a loop": lambda n: papermill(project, n, env),
        "plain python": lambda n: python(project, n, env),
        "kedro": lambda n: kedro(kedros / "steps", n, env),
        "snakemake": lambda n: snakemake(snakes, n, env),
    }
    cold: dict[str, dict[int, float]] = {name: {} for name in ways}
    idle: dict[str, dict[int, float]] = {}
    for n in sizes:
        rows = {}
        for name, way in ways.items():
            first, again = way(n)
            rows[name] = first
            cold[name][n] = first.cpu
            if again:
                rows[f"{name}, again"] = again
                idle.setdefault(f"{name}, again", {})[n] = again.cpu
        show(f"{n} tasks", rows)
    print("\nCPU seconds are about a + b * n for n tasks:")
    for name, points in (cold | idle).items():
        a, b = fit(points)
        print(f"  {name:24} {a:6.2f} + {b:6.3f} n")
    return cold


def main() -> None:
    """Measure, print and draw."""
    if sys.argv[1:2] == ["--draw"]:
        draw(json.loads(Path(sys.argv[2]).read_text()), PICTURE)
        return
    sizes = [int(word) for word in sys.argv[1:]] or [1, 10, 50, 200]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = folder / "results.json"
        kept.write_text(json.dumps(measure(folder, sizes)))
        drawing = ["--no-project", "--with", "matplotlib,uv", "python", __file__, "--draw", kept]
        tools = environ(folder / "home")
        cost([UV, "run", *drawing], cwd=PICTURE.parent, env=tools)


if __name__ == "__main__":
    main()
