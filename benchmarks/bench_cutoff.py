"""A day of small edits: what runs again, and what it costs, in pipelines of 5 and 50 tasks.

All tasks but the first read what the first has made. The edits: a comment in the first task, a
function that one task calls and that returns the same as before, a parameter of one task. Side by
side: this template, DVC, snakemake and kedro, each with the same steps. Other numbers of tasks
can be given; the last is drawn to cutoff.svg beside this file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench_tasks import install
from measure import HEAD, cost, environ, fill, make_project
from uv import find_uv_bin

UV = Path(find_uv_bin())
PICTURE = Path(__file__).with_name("cutoff.svg")
EDITS = ("a comment in the first task", "a function of one task", "a parameter of one task")
#: What each step does: it says that it has run, and writes a text.
WORK = """\
from pathlib import Path

from {package}.step_{n} import step

with Path("{folder}/ran.txt").open("a") as file:
    print({n}, file=file)
Path({output}).write_text(step({before}, {length}))
"""
STEP = "def step(text, length):\n    return text + '.' * length\n"
TASK = '# %% tags=["parameters"]\nupstream = {upstream}\nproduct = None\nlength = None\n\n# %%\n'


class Tool(NamedTuple):
    """How a pipeline is run, and where its files are."""

    folder: Path
    command: list[str | Path]
    script: Callable[[int], Path]
    module: Callable[[int], Path]
    parameters: Path


def write(path: Path, text: str) -> None:
    """Write a file, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def ours(project: Path, tasks: int) -> Tool:
    """Write the pipeline of this template."""
    fill(project, tasks)
    entries = ""
    for n in range(tasks):
        first = "Path(upstream['task_0']['data']).read_text()" if n else "''"
        slots = {"output": "product['data']", "before": first, "length": "length"}
        code = WORK.format(package="my_pipeline", n=n, folder=project, **slots)
        head = TASK.format(upstream=["task_0"] if n else None)
        write(project / "tasks" / f"task_{n}.py", head + code)
        write(project / "src" / "my_pipeline" / f"step_{n}.py", STEP)
        product = f"{{nb: 'products/task_{n}.ipynb', data: 'products/task_{n}.txt'}}"
        length = '"{{length}}"' if n == 1 else "1"
        entries += f"  - source: tasks/task_{n}.py\n    product: {product}\n"
        entries += f"    params: {{length: {length}}}\n"
    write(project / "pipeline.yaml", HEAD + entries)
    given = (project / "env.yaml").read_text(encoding="utf-8").partition("\nlength:")[0]
    write(project / "env.yaml", f"{given.rstrip()}\nlength: 1\n")
    command = [project / ".venv" / "bin" / "ploomber", "build"]
    src = project / "src" / "my_pipeline"
    return Tool(
        project,
        command,
        lambda n: project / "tasks" / f"task_{n}.py",
        lambda n: src / f"step_{n}.py",
        project / "env.yaml",
    )


def scripts(folder: Path, tasks: int) -> None:
    """Write the steps as programs, for DVC and snakemake."""
    for n in range(tasks):
        first = "Path('out/task_0.txt').read_text()" if n else "''"
        length = "int(Path('params.yaml').read_text().split()[-1])" if n == 1 else "1"
        slots = {"output": f"'out/task_{n}.txt'", "before": first, "length": length}
        code = WORK.format(package="steps", n=n, folder=folder, **slots)
        write(folder / f"task_{n}.py", f"import sys\n\nsys.path.insert(0, {str(folder)!r})\n{code}")
        write(folder / "steps" / f"step_{n}.py", STEP)
    write(folder / "params.yaml", "length: 1\n")
    (folder / "out").mkdir(exist_ok=True)


def dvc(folder: Path, tasks: int, env: dict[str, str]) -> Tool:
    """Write the pipeline of DVC."""
    scripts(folder, tasks)
    text = "stages:\n"
    for n in range(tasks):
        deps = [f"task_{n}.py", f"steps/step_{n}.py", *(["out/task_0.txt"] if n else [])]
        text += f"  task_{n}:\n    cmd: .venv/bin/python task_{n}.py\n    deps: {deps}\n"
        text += f"    outs: [out/task_{n}.txt]\n" + "    params: [length]\n" * (n == 1)
    write(folder / "dvc.yaml", text)
    program = folder / ".venv" / "bin" / "dvc"
    if not (folder / ".dvc").exists():
        cost([program, "init", "--no-scm", "--quiet"], cwd=folder, env=env)
    return beside(folder, [program, "repro", "--quiet", "--no-run-cache"])


def snakemake(folder: Path, tasks: int) -> Tool:
    """Write the pipeline of snakemake."""
    scripts(folder, tasks)
    text = f"rule all:\n    input: {[f'out/task_{n}.txt' for n in range(tasks)]}\n"
    for n in range(tasks):
        inputs = [f"task_{n}.py", f"steps/step_{n}.py", *(["out/task_0.txt"] if n else [])]
        inputs += ["params.yaml"] * (n == 1)
        text += f"rule task_{n}:\n    input: {inputs}\n    output: 'out/task_{n}.txt'\n"
        text += f"    shell: '.venv/bin/python task_{n}.py'\n"
    write(folder / "Snakefile", text)
    program = folder / ".venv" / "bin" / "snakemake"
    return beside(folder, [program, "--cores", "1", "--quiet", "all"])


def beside(folder: Path, command: list[str | Path]) -> Tool:
    """Return a tool whose files are in one folder."""
    return Tool(
        folder,
        command,
        lambda n: folder / f"task_{n}.py",
        lambda n: folder / "steps" / f"step_{n}.py",
        folder / "params.yaml",
    )


def kedro(project: Path, tasks: int) -> Tool:
    """Write the pipeline of kedro, whose steps are functions."""
    folder = project / "src" / "steps"
    for n in range(tasks):
        slots = {"output": f"'data/{n}.txt'", "before": "before", "length": "length"}
        code = WORK.format(package="steps", n=n, folder=project, **slots)
        body = "".join(f"    {line}\n" for line in code.splitlines())
        text = f"def run(before='', length=1):\n{body}    return Path('data/{n}.txt').read_text()\n"
        write(folder / f"task_{n}.py", text)
        write(folder / f"step_{n}.py", STEP)
    (project / "data").mkdir(exist_ok=True)
    names = ", ".join(f"task_{n}" for n in range(tasks))
    nodes = "".join(
        f"        node(task_{n}.run, {['task_0'] + ['params:length'] * (n == 1) if n else None}, "
        f"'task_{n}', name='task_{n}'),\n"
        for n in range(tasks)
    )
    pipeline = folder / "pipelines" / "all"
    write(pipeline / "__init__.py", "from .pipeline import create_pipeline\n")
    head = f"from kedro.pipeline import Pipeline, node\n\nfrom steps import {names}\n\n\n"
    body = f"def create_pipeline(**kwargs):\n    return Pipeline([\n{nodes}    ])\n"
    write(pipeline / "pipeline.py", head + body)
    write(project / "conf" / "base" / "catalog.yml", "")
    write(project / "conf" / "base" / "parameters.yml", "length: 1\n")
    return Tool(
        project,
        [project.parent / ".venv" / "bin" / "kedro", "run"],
        lambda n: folder / f"task_{n}.py",
        lambda n: folder / f"step_{n}.py",
        project / "conf" / "base" / "parameters.yml",
    )


def edit(tool: Tool, what: str) -> None:
    """Make one of the edits."""
    if what == EDITS[0]:
        with tool.script(0).open("a", encoding="utf-8") as file:
            file.write("# a remark\n")
    elif what == EDITS[1]:
        tool.module(1).write_text(STEP.replace("'.' * length", "length * '.'"), encoding="utf-8")
    else:
        text = tool.parameters.read_text(encoding="utf-8")
        tool.parameters.write_text(text.replace("length: 1", "length: 2"), encoding="utf-8")


def day(tool: Tool, env: dict[str, str]) -> dict[str, tuple[float, int]]:
    """Return for each edit the CPU seconds of the next run, and how many tasks it ran."""
    ran, found = tool.folder / "ran.txt", {}
    ran.unlink(missing_ok=True)
    cost(tool.command, cwd=tool.folder, env=env)
    for what in EDITS:
        edit(tool, what)
        ran.write_text("", encoding="utf-8")
        spent = cost(tool.command, cwd=tool.folder, env=env)
        found[what] = (round(spent.cpu, 2), len(ran.read_text(encoding="utf-8").split()))
    return found


def measure(folder: Path, sizes: list[int]) -> dict[str, dict[str, tuple[float, int]]]:
    """Measure all tools; print a table for each number of tasks, return the last."""
    env = environ(folder / "home", UV.parent, KEDRO_DISABLE_TELEMETRY="1", DVC_NO_ANALYTICS="1")
    project = make_project(folder, UV, env)
    kedros = install(folder / "kedro", env, "kedro", "kedro-datasets[text]")
    new = ["new", "--name", "steps", "--tools", "none", "--example", "n", "--telemetry", "no"]
    cost([kedros / ".venv" / "bin" / "kedro", *new], cwd=kedros, env=env)
    dvcs, snakes = (install(folder / name, env, name) for name in ("dvc", "snakemake"))
    last: dict[str, dict[str, tuple[float, int]]] = {}
    for tasks in sizes:
        tools = {
            "this template": ours(project, tasks),
            "DVC": dvc(dvcs, tasks, env),
            "snakemake": snakemake(snakes, tasks),
            "kedro": kedro(kedros / "steps", tasks),
        }
        last = {name: day(tool, env) for name, tool in tools.items()}
        print(f"\n{tasks} tasks: CPU s, tasks run\n\n{'':30}" + "".join(f"{n:>18}" for n in last))
        for what in EDITS:
            cells = (f"{found[what][0]:10.2f}, {found[what][1]:3}" for found in last.values())
            print(f"{what:30}" + "".join(f"{cell:>18}" for cell in cells), flush=True)
    return last


def draw(found: dict[str, dict[str, list[float]]]) -> None:
    """Draw CPU seconds as bars, with the number of tasks run; called with matplotlib installed."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
    width = 0.8 / len(found)
    for at, (name, rows) in enumerate(found.items()):
        places = [row + at * width for row in range(len(rows))]
        bars = axes.bar(places, [cpu for cpu, _ in rows.values()], width, label=name)
        axes.bar_label(bars, [f"{int(number)}" for _, number in rows.values()], fontsize=8)
    axes.set_xticks([row + 0.4 - width / 2 for row in range(len(EDITS))], EDITS)
    axes.set(ylabel="CPU seconds", title="After a small edit (numbers: tasks that ran)")
    axes.legend()
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    """Measure, print and draw."""
    if sys.argv[1:2] == ["--draw"]:
        draw(json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
        return
    sizes = [int(word) for word in sys.argv[1:]] or [5, 50]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = folder / "results.json"
        kept.write_text(json.dumps(measure(folder, sizes)), encoding="utf-8")
        drawing = ["--no-project", "--with", "matplotlib,uv", "python", __file__, "--draw", kept]
        cost([UV, "run", *drawing], cwd=PICTURE.parent, env=environ(folder / "home"))


if __name__ == "__main__":
    main()
