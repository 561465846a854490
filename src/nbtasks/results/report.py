"""Reports for people who don't read code: what a notebook shows, without what it types.

Every notebook product whose name ends in .html becomes one, unless pipeline.yaml names another
exporter for it (`nbconvert_exporter_name`). The page is templates/report/index.html.j2.
"""

import ast
import re
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert import HTMLExporter
from traitlets import default
from traitlets.config import Config

from nbtasks.pipeline.tasks import Task
from nbtasks.results import about, embedded, finish, network, offline
from nbtasks.results.offline import FIGURE

TEMPLATES = Path(__file__).resolve().parent / "templates"


def describe(task: Task) -> dict[str, Any]:
    """Return what the head of a report needs to know of a task."""
    tasks = task.lineage()
    paths = [str(path) for other in tasks.values() for path in other.files().values()]
    return {
        "task": task.name,
        "environment": about.environment(next(iter(task.files().values()))),
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
        merged: Config = super().default_config.copy()
        merged.merge(config)
        return merged

    # nbconvert's HTMLExporter returns a text, its base class says a notebook
    def from_notebook_node(  # type: ignore[override]
        self, nb: Any, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of an executed notebook."""
        facts = (resources or {}).get("report", {})
        run = nb.metadata.get("papermill", {})
        given = run.get("parameters", {})
        title = heading(nb) or facts.get("task", "Report")
        drop_paths(nb, given.get("product", {}))
        urls = {
            "math": self.mathjax_url,
            "mermaid": self.mermaid_js_url,
            "require": self.require_js_url,
            "widgets": self.jupyter_widgets_base_url,
        }
        needs = offline.prepare(nb, [*self.config.NbConvertBase.display_data_priority], urls)
        warn(needs, facts.get("task", title))
        finish.prepare(nb)
        used = {name: value for name, value in given.items() if name not in about.OWN}
        facts = {"parameters": used} | facts
        has_figures = any(FIGURE in output.get("data", {}) for output in outputs(nb))
        facts |= {
            "title": title,
            "project": about.project(),
            "author": about.author(),
            "commit": about.commit(),
            "date": date(run.get("end_time")),
            "sample": about.sample(facts.get("parameters", {}), facts.get("tables", [])),
            "needs": needs.tools,
            "scripts": dict.fromkeys(needs.scripts + ["plotly"] * has_figures),
            "has_heading": bool(heading(nb)),
            "has_figures": has_figures,
        }
        name = " · ".join(filter(None, [title, facts["project"], facts["sample"]]))
        resources = (resources or {}) | {"report": facts, "metadata": {"name": name}}
        html, resources = super().from_notebook_node(nb, resources, **options)
        html = finish.add_contents(html)
        for name in facts["scripts"]:  # only now: nbconvert would parse these 5 MB too
            html = html.replace(f"/* {name}.js */", embedded.script(name), 1)
        return html, resources

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Return the HTML of a text, with formulas that need no script."""
        attachments = context.get("cell", {}).get("attachments", {})
        links = {"anchor_link_text": self.anchor_link_text, "embed_images": self.embed_images}
        path = context.get("resources", {}).get("metadata", {}).get("path", "")
        return embedded.render(source, attachments=attachments, path=path, **links)[0]


def warn(needs: offline.Needs, task: str) -> None:
    """Warn of what a report loads from the network."""
    if needs.addresses:
        hosts = ", ".join(network.hosts(needs.addresses))
        said = [f"the report of {task} needs a network: it loads from {hosts}", *needs.advice()]
        said += [f"({needs.addresses[0]})"]
        warnings.warn("; ".join(said[:-1]) + f" {said[-1]}", network.NetworkWarning, stacklevel=2)


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
