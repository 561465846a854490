"""Generating a project and nothing else: this template, kedro and ploomber scaffold."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from measure import TEMPLATE, cost, environ, show
from uv import find_uv_bin


def main() -> None:
    """Install each generator, then generate a few times with each."""
    uv = find_uv_bin()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environ(folder / "home", HOME=str(folder / "home"), KEDRO_DISABLE_TELEMETRY="1")
        rows = {}
        for title, package, program, arguments in [
            (
                "this template, environment=none",
                "cookiecutter",
                "cookiecutter",
                [TEMPLATE, "--no-input", "environment=none"],
            ),
            (
                "kedro new (blank project)",
                "kedro",
                "kedro",
                [
                    "new",
                    "--name",
                    "blank",
                    "--tools",
                    "none",
                    "--example",
                    "n",
                    "--telemetry",
                    "no",
                ],
            ),
            (
                "ploomber scaffold",
                "ploomber<0.24 networkx<3.6 jsonschema<4.25 setuptools",
                "ploomber",
                ["scaffold", "scaffolded"],
            ),
        ]:
            venv = folder / package.split("<")[0]
            quiet = {"check": True, "env": env, "capture_output": True}
            subprocess.run([uv, "venv", "--python", "3.11", venv], **quiet)
            subprocess.run(
                [uv, "pip", "install", "--python", venv / "bin" / "python", *package.split()],
                **quiet,
            )
            runs = []
            for attempt in range(4):  # the first one also compiles modules
                place = folder / f"{venv.name}-{attempt}"
                place.mkdir()
                command = [venv / "bin" / program, *arguments]
                runs.append(cost(command, cwd=place, env=env))
                shutil.rmtree(place)
            rows[title] = min(runs[1:])
        show("Generating a project", rows)


if __name__ == "__main__":
    main()
