"""Have the .html products of notebooks made as reports."""

from collections.abc import Mapping
from typing import Any

from nbconvert import HTMLExporter
from ploomber.tasks import NotebookRunner

from nbtasks.pipeline.tasks import Task
from nbtasks.results.report import Report, describe


def use(dag: Any, known: Mapping[str, Task]) -> None:
    """Make reports of a pipeline's .html products, and tell them what they are about.

    Parameters
    ----------
    dag
        The pipeline, rendered. Tasks that name an exporter keep it.
    known
        Its tasks as plain data.
    """
    for task in dag.values():
        if isinstance(task, NotebookRunner) and not task.nbconvert_exporter_name:
            for converter in as_list(task._converter):
                if converter._exporter is HTMLExporter:
                    converter._exporter = Report
                if converter._exporter is Report:
                    # pipeline.yaml may share one dictionary between tasks: make another
                    given = converter._nbconvert_export_kwargs
                    about = {"report": describe(known[task.name])}
                    resources = given.get("resources", {}) | about
                    converter._nbconvert_export_kwargs = given | {"resources": resources}


def as_list(value: Any) -> list[Any]:
    """Return a list, also of a single value."""
    return value if isinstance(value, list) else [value]
