"""Draw the pipeline into a file, an SVG picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nbtasks.engine import status
from nbtasks.pipeline import picture
from nbtasks.project import root


def nodes_of(dag: Any) -> list[picture.Node]:
    """Return the tasks of a pipeline that has been rendered."""
    return [
        picture.Node(task.name, list(task.upstream), picture.state(task)) for task in dag.values()
    ]


def main(arguments: list[str]) -> int:
    """Draw the pipeline, chosen as `ploomber plot` does, into a file."""
    parser = argparse.ArgumentParser(prog="nbtasks picture", description=__doc__)
    parser.add_argument("--output", type=Path, default=root() / "products" / "pipeline.svg")
    options, rest = parser.parse_known_args(arguments)
    output = options.output.resolve()
    dag = status.load(rest, "picture")
    if dag is None:
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(picture.draw(nodes_of(dag)) + "\n", encoding="utf-8")
    print(f"The pipeline, to open in a browser: {output}")
    return 0
