"""What the checks cost: of 200 up-to-date tasks, and of a table of 1 GB.

The first table has a build with nothing to do, with the checks and without them (Ploomber
alone, on the same pipeline), and what the checks cost a task. The second has the greatest
memory of a process that checks a parquet file of 1 GB against its schema, and of one that
does what one would write instead: read it by pandas, and validate it.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from measure import HEAD, best, cost, environ, fill, make_project, show
from uv import find_uv_bin

UV = Path(find_uv_bin())
TASKS = 200
#: 16 columns of a million rows each, in as many row groups as are 1 GB; random: not compressed.
WRITE = """\
import numpy, pyarrow, pyarrow.parquet

draw = numpy.random.default_rng(1)
names = [f"c{number}" for number in range(16)]
writer = None
for _ in range(8):
    table = pyarrow.table({name: draw.random(1_000_000) for name in names})
    writer = writer or pyarrow.parquet.ParquetWriter("large.parquet", table.schema)
    writer.write_table(table)
writer.close()
"""
SCHEMA = """\
import resource
import pandas
import pandera.pandas as pa

columns = {f"c{n}": pa.Column(float, pa.Check.in_range(0, 1)) for n in range(16)}
schema = pa.DataFrameSchema(columns)
"""
MEMORY = "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
WAYS = {
    "the check of nbtasks": (
        "from ploomber.products import File\n"
        "from nbtasks.checking import frames\n"
        "frames.validate(File('large.parquet'), schema, 'the table', ValueError)\n"
    ),
    "pandas.read_parquet and schema.validate": (
        "schema.validate(pandas.read_parquet('large.parquet'), lazy=True)\n"
    ),
}


def tasks(project: Path, env: dict[str, str]) -> None:
    """Print what the checks cost a task."""
    fill(project, TASKS)
    pipeline = project / "pipeline.yaml"
    build = ["ploomber", "build"]
    cost(build, cwd=project, env=env)
    rows = {"with the checks": best(3, build, cwd=project, env=env)}
    text = pipeline.read_text(encoding="utf-8")
    plain = HEAD.replace("on_render: nbtasks.on_render\n", "")
    plain = re.sub("executor: .*\n", 'executor: "{{executor}}"\n', plain)
    pipeline.write_text(text.replace(HEAD, plain), encoding="utf-8")
    rows["Ploomber alone"] = best(3, build, cwd=project, env=env)
    show(f"A build of {TASKS} tasks with nothing to do", rows)
    more = (rows["with the checks"].cpu - rows["Ploomber alone"].cpu) / TASKS
    print(f"The checks cost {more:.4f} CPU s a task.")


def table(project: Path, env: dict[str, str]) -> None:
    """Print what the check of a large table takes."""
    cost(["python", "-c", WRITE], cwd=project, env=env)
    size = (project / "large.parquet").stat().st_size / 1e9
    rows, memory = {}, {}
    for name, code in WAYS.items():
        command = ["python", "-c", SCHEMA + code + MEMORY]
        rows[name] = cost(command, cwd=project, env=env)
        done = subprocess.run(command, cwd=project, env=env, check=True, stdout=subprocess.PIPE)
        memory[name] = int(done.stdout.split()[-1])
    show(f"A table of {size:.1f} GB against its schema", rows)
    for name, megabytes in memory.items():
        print(f"{name:48} {megabytes:8,} MB at most")


def main() -> None:
    """Set a project up, and measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = make_project(folder, UV, environ(folder / "home", UV.parent))
        env = environ(folder / "home", project / ".venv" / "bin")
        tasks(project, env)
        table(project, env)


if __name__ == "__main__":
    main()
