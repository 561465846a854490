"""Reports for people who don't read code: what a notebook shows, without what it types.

Every notebook product whose name ends in .html becomes one, unless pipeline.yaml names another
exporter for it (`nbconvert_exporter_name`). The page is templates/report/index.html.j2.
"""

from __future__ import annotations

import ast
import pkgutil
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert import HTMLExporter
from ploomber.tasks import NotebookRunner
from traitlets import default
from traitlets.config import Config

from nbtasks.pages import about

TEMPLATES = Path(__file__).resolve().parent / "pages" / "templates"
#: How plotly stores a figure in a notebook: as data, which JupyterLab and VS Code draw.
FIGURE = "application/vnd.plotly.v1+json"


def use(dag: Any) -> None:
    """Make reports of a pipeline's .html products, and tell them what they are about.

    Parameters
    ----------
    dag
        The pipeline, rendered. Tasks that name an exporter keep it.
    """
    for task in dag.values():
        if isinstance(task, NotebookRunner) and not task.nbconvert_exporter_name:
            for converter in as_list(task._converter):
                if converter._exporter is HTMLExporter:
                    converter._exporter = Report
                if converter._exporter is Report:
                    # pipeline.yaml may share one dictionary between tasks: make another
                    given = converter._nbconvert_export_kwargs
                    resources = given.get("resources", {}) | {"report": describe(task)}
                    converter._nbconvert_export_kwargs = given | {"resources": resources}


def as_list(value: Any) -> list[Any]:
    """Return a list, also of a single value."""
    return value if isinstance(value, list) else [value]


def describe(task: Any) -> dict[str, Any]:
    """Return what the head of a report needs to know of a task."""
    tasks = about.lineage(task)
    paths = [str(path) for other in tasks.values() for path in about.files(other).values()]
    return {
        "task": task.name,
        "environment": about.environment(next(iter(about.files(task).values()))),
        "parameters": about.parameters(tasks),
        "tables": [path for path in paths if path.endswith(".parquet")],
    }


class Report(HTMLExporter):
    """An exporter of nbconvert: text, tables and figures; the code behind one button."""

    @default("template_name")
    def _template_name_default(self) -> str:
        return "report"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    @default("extra_template_paths")
    def _extra_template_paths_default(self) -> list[str]:
        return [str(TEMPLATES)]  # for what templates include

    @property
    def default_config(self) -> Config:
        """Return the options: draw figures from their data, leave the parameters out."""
        priority = super().default_config.NbConvertBase.display_data_priority
        config = Config(
            {
                "NbConvertBase": {"display_data_priority": [FIGURE, *priority]},
                "TagRemovePreprocessor": {
                    "enabled": True,
                    "remove_cell_tags": {"parameters", "injected-parameters"},
                },
                "CSSHTMLHeaderPreprocessor": {"style": "default"},
            }
        )
        merged = super().default_config.copy()
        merged.merge(config)
        return merged

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of an executed notebook."""
        facts = (resources or {}).get("report", {})
        run = nb.metadata.get("papermill", {})
        title = heading(nb) or facts.get("task", "Report")
        facts |= {
            "title": title,
            "project": about.project(),
            "commit": about.commit(),
            "date": date(run.get("end_time")),
            "sample": about.sample(facts.get("parameters", {}), facts.get("tables", [])),
            "needs": needs(nb),
            "has_heading": bool(heading(nb)),
            "has_figures": has_figures(nb),
        }
        drop_paths(nb, run.get("parameters", {}).get("product", {}))
        name = " · ".join(filter(None, [title, facts["project"], facts["sample"]]))
        resources = (resources or {}) | {"report": facts, "metadata": {"name": name}}
        html, resources = super().from_notebook_node(nb, resources, **options)
        if facts["has_figures"]:  # only now: nbconvert would parse these 5 MB too
            script = pkgutil.get_data("plotly", "package_data/plotly.min.js").decode("utf-8")
            html = html.replace("/* plotly.js */", script, 1)
        return html, resources


def date(written: str | None) -> str:
    """Return when a notebook has run, in the time of this machine."""
    moment = datetime.fromisoformat(written) if written else datetime.now()
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def heading(nb: Any) -> str:
    """Return the first heading of a notebook."""
    texts = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
    found = re.search(r"(?m)^# +(.+?)[ #]*$", "\n".join(texts))
    return found[1] if found else ""


def outputs(nb: Any) -> list[Any]:
    """Return the outputs of all cells."""
    return [output for cell in nb.cells for output in cell.get("outputs", [])]


def has_figures(nb: Any) -> bool:
    """Tell whether a notebook has figures of plotly."""
    return any(FIGURE in output.get("data", {}) for output in outputs(nb))


def needs(nb: Any) -> dict[str, bool]:
    """Tell which scripts from the internet a notebook can't be shown without."""
    shown = [output.get("data", {}) for output in outputs(nb)]
    texts = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
    texts += [data.get("text/html", "") + data.get("application/javascript", "") for data in shown]
    return {
        "math": any("text/latex" in data for data in shown)
        or any(re.search(r"\$\$|\\\(|\\\[|\\begin\{|\$\S[^$\n]*\S\$", text) for text in texts),
        "require": any(re.search(r"\brequire(js)?\b[.(]", text) for text in texts),
        "mermaid": any("text/vnd.mermaid" in data for data in shown),
    }


def drop_paths(nb: Any, product: Any) -> None:
    """Take results out that are nothing but paths of products, as `joblib.dump` returns them."""
    paths = set(product.values()) if isinstance(product, dict) else {product}
    for cell in nb.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if not is_path(output, paths)]


def is_path(output: Any, paths: set[str]) -> bool:
    """Tell whether an output is one of some paths, or a list of them."""
    data = output.get("data", {})
    if output.output_type != "execute_result" or set(data) != {"text/plain"}:
        return False
    try:
        value = ast.literal_eval(data["text/plain"])
    except (ValueError, SyntaxError):
        return False
    values = value if isinstance(value, (list, tuple)) else [value]
    return bool(values) and all(isinstance(one, str) and one in paths for one in values)
