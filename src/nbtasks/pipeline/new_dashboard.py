"""Make a dashboard to start from, on the tables that the pipeline makes."""

from __future__ import annotations

import json
import re

from nbtasks.errors import Refusal
from nbtasks.notebooks import replace
from nbtasks.pipeline import pipeline_file
from nbtasks.project import package, root

#: What it imports, which requirements.txt has to name.
IMPORTS = ("dash", "plotly")
PAGE = '''\
"""The dashboard, for people who don't read code. `nbtasks dashboard` serves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.express as px
from dash import Dash, Input, Output, dcc, html

#: The tasks whose tables it shows.
TASKS = TABLES


def make_app(read: Callable[[], Any], name: str) -> Dash:
    """Return the app.

    ``read()`` has ``tables``, by task and product, and ``sample`` and ``about``, texts for the
    head; it is None if nothing is made yet.
    """
    app = Dash(__name__, title=name, suppress_callback_exceptions=True)

    def show() -> html.Div:
        results = read()
        return make_page(results, name) if results else html.Div()

    app.layout = show

    @app.callback(Output("figure", "figure"), Input("column", "value"))
    def redraw(number: int) -> Any:
        _, table, column = list_columns(read())[number]
        return px.histogram(table, x=column)

    return app


def list_columns(results: Any) -> list[tuple[str, Any, Any]]:
    """Return what to call each column, its table and its name."""
    return [
        (f"{task}: {column}", table, column)
        for task, tables in results.tables.items()
        for table in tables.values()
        for column in table.columns
    ]


def make_page(results: Any, name: str) -> html.Div:
    """Lay out the page: how the values of a column are spread, and the first rows of each table."""
    sample = [html.Strong(results.sample, className="sample")] if results.sample else []
    about = [*sample, *(html.Span(text) for text in results.about)]
    labels = [label for label, _, _ in list_columns(results)]
    options = [{"label": label, "value": number} for number, label in enumerate(labels)]
    page = [
        html.Header([html.P(name, className="crumbs"), html.P(about, className="facts")]),
        html.H1("How values are spread"),
        dcc.Dropdown(options, 0, id="column", clearable=False),
        dcc.Graph(id="figure"),
    ]
    for task, tables in results.tables.items():
        for product, table in tables.items():
            head = html.Thead(html.Tr([html.Th(str(column)) for column in table.columns]))
            rows = table.head().to_numpy()
            cells = [html.Tr([html.Td(str(value)) for value in row]) for row in rows]
            page.append(html.H2(f"{task}: {product}, {len(table):,} rows"))
            page.append(html.Table([head, html.Tbody(cells)], className="dataframe"))
    return html.Div(page)
'''


def main(arguments: list[str]) -> int:
    """Make the dashboard and say what to type next; return 1 if it is refused."""
    try:
        if arguments != ["--dashboard"]:
            raise Refusal("Type --dashboard alone: a dashboard is no task.")
        make()
    except (Refusal, ValueError) as error:
        print(f"No dashboard was made. {error}")
        return 1
    print(f"Next: {next_step()}")
    return 0


def make() -> None:
    """Write src/<package>/dashboard.py, which must not exist yet."""
    path = package() / "dashboard.py"
    place = path.relative_to(root()).as_posix()
    if path.exists():
        raise Refusal(f"{place} exists already. Next: nbtasks dashboard")
    names = []
    for name, task in pipeline_file.read_tasks().items():
        product = task["product"]
        files = product.values() if isinstance(product, dict) else [product]
        if "grid" not in task and any(str(file).endswith((".parquet", ".csv")) for file in files):
            names.append(name)
    if not names:
        raise Refusal("No task of pipeline.yaml makes a .parquet or .csv table to show.")
    path.write_bytes(PAGE.replace("TABLES", json.dumps(names)).encode("utf-8"))
    print(f"A dashboard of {', '.join(names)}:\n  {place}")


def next_step() -> str:
    """Return what to type, after pyproject.toml was told to ask for the server too."""
    path = root() / "pyproject.toml"
    before = path.read_bytes().decode("utf-8")
    extras = r'(?m)^( *"nbtasks)(?:\[(?!.*dashboard)(.*?)\])?=='
    after = re.sub(extras, lambda found: f"{found[1]}[{found[2] or ''},dashboard]==", before)
    replace(path, after := after.replace("[,dashboard]", "[dashboard]"))
    asked = (root() / "requirements.txt").read_text(encoding="utf-8-sig")
    if missing := [name for name in IMPORTS if not re.search(rf"(?mi)^{name}\b", asked)]:
        return f"nbtasks add {' '.join(missing)}"
    return "ploomber build" if after == before else "nbtasks lock, python bootstrap.py"
