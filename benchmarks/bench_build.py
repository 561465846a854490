"""A build with nothing to do: with the lock of a project, and with the newest versions.

Prints too what the time of a no-op build is spent on: which packages it imports; and what
tasks that don't need each other gain when they run at the same time.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from measure import HEAD, best, cost, environ, make_project, show
from uv import find_uv_bin

UV = find_uv_bin()
#: requirements.txt without what it pins, and without what Ploomber asks for by itself.
NEWEST = ["ploomber", "jupyterlab", "ipykernel", "pyarrow", "pandas", "plotly", "scikit-learn"]
NEWEST += ["filelock", "pandera", "joblib"]  # and what nbtasks and src/ import
START = '# %% tags=["parameters"]\nupstream = None\nproduct = None\n\n# %%\nimport time\n\n'
#: What tasks do that don't need each other, for two seconds each.
WORK = {
    "compute": "while time.process_time() < 2:\n    sum(range(1000))\n",
    "sleep": "time.sleep(2)\n",
}


def work(project: Path, env: dict[str, str]) -> None:
    """Print what eight tasks take, one after the other and at the same time."""
    locked = project / ".venv" / "bin"
    for name, code in WORK.items():
        entries = []
        for number in range(8):
            script = f"tasks/{name}_{number}.py"
            (project / script).write_text(START + code, encoding="utf-8")
            entries.append(f"  - source: {script}\n    product: products/{name}_{number}.ipynb\n")
        (project / "pipeline.yaml").write_text(HEAD + "".join(entries), encoding="utf-8")
        build = [locked / "ploomber", "build", "--force", "--env--executor"]
        rows = {kind: cost([*build, kind], cwd=project, env=env) for kind in ("serial", "parallel")}
        show(f"Eight tasks that {name} for two seconds each", rows)
        print(
            f"Parallel takes {rows['parallel'].wall / rows['serial'].wall:.2f} of the wall seconds."
        )


def main() -> None:
    """Set a project up, run it, and build it again in both environments."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environ(folder / "home", Path(UV).parent)
        project = make_project(folder, UV, env, "example=penguins")
        stock = folder / "stock" / "bin"
        install = [UV, "pip", "install", "--python", stock / "python"]
        cost(
            [UV, "venv", "--python", "3.11", stock.parent],
            [*install, *NEWEST],
            [*install, "--no-deps", *(project / "vendor").glob("*.whl"), "--editable", project],
            cwd=folder,
            env=env,
        )
        build = ["build", "--env--sample", "true"]
        locked = project / ".venv" / "bin"
        rows = {
            "no-op build, this template's lock": best(
                5, [locked / "ploomber", *build], cwd=project, env=env
            ),
            "no-op build, newest versions": best(
                5, [stock / "ploomber", *build], cwd=project, env=env
            ),
            "of the first: import ploomber.cli": best(
                5, [locked / "python", "-c", "import ploomber.cli"], cwd=project, env=env
            ),
            "all five notebooks again, serial": best(
                2, [locked / "ploomber", *build, "--force"], cwd=project, env=env
            ),
            "all five notebooks again, parallel": best(
                2,
                [locked / "ploomber", *build, "--force", "--env--executor", "parallel"],
                cwd=project,
                env=env,
            ),
        }
        show("ploomber build of the example", rows)
        printed = subprocess.run(
            [locked / "python", "-X", "importtime", "-c", "import ploomber.cli"],
            capture_output=True,
            encoding="utf-8",
            env=env,
            check=True,
        ).stderr
        spent: Counter[str] = Counter()
        for microseconds, package in re.findall(r"import time: +(\d+) \| +\d+ \| +(\w+)", printed):
            spent[package] += int(microseconds)
        print("\nWhat importing ploomber.cli is spent on, in milliseconds:")
        for package, microseconds in spent.most_common(12):
            print(f"  {package:20} {microseconds / 1000:6.0f}")
        print(f"  {'all of it':20} {spent.total() / 1000:6.0f}")
        work(project, env)


if __name__ == "__main__":
    main()
