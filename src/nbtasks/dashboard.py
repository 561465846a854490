"""Serve the dashboard of src/: what was made last, a new build at the next page load."""

import argparse
import html
import importlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbtasks.engine import building, plain
from nbtasks.pipeline import new
from nbtasks.pipeline.tasks import Task
from nbtasks.project import package, root, traces
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
<p>This page shows what the tasks {tasks} make:</p>
<ul>{problems}</ul>
<p>In the folder of the project, type:</p>
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
    """Return the web application: the dashboard, or a page that says what is lacking; `/health`.

    An error of the page itself is shown on it, with its line.
    """
    from dash import html as tags
    from flask import request

    name = about.project()
    whole = Whole(load, dashboard.TASKS)
    style = STYLE.read_text(encoding="utf-8")
    app = dashboard.make_app(whole.read, name)
    app.index_string = app.index_string.replace("</head>", f"<style>{style}</style></head>")
    texts = {"name": name, "tasks": " and ".join(dashboard.TASKS), "command": command}
    texts = {key: html.escape(text) for key, text in texts.items()}
    page = app.layout

    def show() -> Any:
        try:
            return page() if callable(page) else page
        except Exception as error:
            shown = traces.show(traces.of_exception(error)[-1:])
            return tags.Div([tags.H1("This page can't be drawn"), tags.Pre(f"{shown}\n{error!r}")])

    app.layout = show

    def show_what_is_missing() -> Any:
        if request.path == "/health":
            results = whole.read()
            return {"made": results.made if results else None}, 200 if results else 503
        if whole.read() is None:
            problems = "".join(f"<li>{html.escape(text)}</li>" for text in whole.problems)
            return MISSING.format(style=style, problems=problems, **texts), 503
        return None

    app.server.before_request(show_what_is_missing)
    return app.server


def explain(error: ImportError) -> int:
    """Say what the dashboard can't import, such as a module of src/ that was renamed; return 1."""
    print(f"The dashboard in src/ can't be imported: {error}")
    if error.name == f"{package().name}.dashboard":
        print("Next: nbtasks new --dashboard")
    elif error.name in {"waitress", *new.IMPORTS}:
        print(f"Next: {new.next_of_dashboard()}")
    return 1


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
    except ImportError as error:
        return explain(error)
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
