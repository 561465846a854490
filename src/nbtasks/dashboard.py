"""Serve the dashboard of src/: what was made last, a new build at the next page load."""

from __future__ import annotations

import argparse
import html
import importlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbtasks.engine import building, plain
from nbtasks.pipeline.tasks import Task
from nbtasks.project import package, root
from nbtasks.results import about
from nbtasks.results.whole import Whole

STYLE = Path(__file__).parent / "results" / "templates" / "style.css"
LISTEN = "127.0.0.1:8050"
#: Requests that are answered at the same time.
THREADS = 8
#: What is shown when there is nothing to show.
MISSING = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{name}</title><style>{style}</style></head>
<body>
<header><p class="crumbs">{name}</p></header>
<h1>Nothing to show yet</h1>
<p>This page shows what the tasks {tasks} make. They have not run, or their last run has failed.
In the folder of the project, type:</p>
<pre>{command}</pre>
<p>Then load the page again.</p>
</body>
</html>
"""


def read_options(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="nbtasks dashboard", description=__doc__)
    names = sorted(path.name.split(".")[1] for path in root().glob("env.*.yaml"))
    parser.add_argument("--environment", choices=names, help="env.NAME.yaml rather than env.yaml")
    parser.add_argument("--sample", action="store_true", help="the results of the data sample")
    parser.add_argument(
        "--listen",
        metavar="ADDRESS:PORT",
        default=LISTEN,
        help="default: %(default)s, this machine",
    )
    return parser.parse_args(arguments)


def build_command(sample: bool) -> str:
    """Return the command that makes what is missing, as it is typed on this system."""
    file, build = os.environ.get("PLOOMBER_ENV_FILENAME"), "ploomber build"
    build += " --env--sample true" if sample else ""
    if not file:
        return build
    if os.name == "nt":
        return f'$env:PLOOMBER_ENV_FILENAME = "{file}"; {build}'
    return f"PLOOMBER_ENV_FILENAME={file} {build}"


def make_server(dashboard: Any, load: Callable[[], Mapping[str, Task]], command: str) -> Any:
    """Return the web application: the dashboard, or a page that names a command; `/health`."""
    from flask import request

    name = about.project()
    whole = Whole(load, dashboard.TASKS)
    style = STYLE.read_text(encoding="utf-8")
    app = dashboard.make_app(whole.read, name)
    app.index_string = app.index_string.replace("</head>", f"<style>{style}</style></head>")
    texts = {"name": name, "tasks": " and ".join(dashboard.TASKS), "command": command}
    missing = MISSING.format(style=style, **{k: html.escape(text) for k, text in texts.items()})

    def show_what_is_missing() -> Any:
        if request.path == "/health":
            results = whole.read()
            return {"made": results.made if results else None}, 200 if results else 503
        if request.path == "/" and whole.read() is None:
            return missing, 503
        return None

    app.server.before_request(show_what_is_missing)
    return app.server


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C."""
    options = read_options(arguments)
    if options.environment:
        os.environ["PLOOMBER_ENV_FILENAME"] = f"env.{options.environment}.yaml"
    dag = building.load(["--env--sample", "true"] if options.sample else [], "dashboard")
    if dag is None:
        return 1
    try:
        from waitress.server import create_server

        dashboard = importlib.import_module(f"{package().name}.dashboard")
    except ImportError as error:  # such as a module of src/ that has been renamed or deleted
        print(f"The dashboard in src/ can't be imported: {error}")
        return 1
    gone = [name for name in dashboard.TASKS if name not in dag]
    if gone:
        print(f"No task is called {', '.join(gone)}: see TASKS in dashboard.py")
        return 1
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # visitors may wait a little

    def load() -> dict[str, Task]:
        return plain.describe(dag, fresh=True)

    server = make_server(dashboard, load, build_command(options.sample))
    try:
        serving = create_server(server, listen=options.listen, threads=THREADS)
    except (OSError, ValueError) as error:
        print(f"Can't listen on {options.listen}: {error}. Choose another: --listen 127.0.0.1:8051")
        return 1
    print(f"The dashboard: http://{options.listen}   (Ctrl-C ends it)", flush=True)
    serving.run()
    return 0
