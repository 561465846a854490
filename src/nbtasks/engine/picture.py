"""Draw the pipeline into a file, an SVG picture."""

import argparse
from pathlib import Path

from nbtasks.engine import building, plain
from nbtasks.pipeline import picture
from nbtasks.project import root


def main(arguments: list[str]) -> int:
    """Draw the pipeline, chosen as `ploomber plot` does, into a file."""
    parser = argparse.ArgumentParser(prog="nbtasks picture", description=__doc__)
    parser.add_argument("--output", type=Path, default=root() / "products" / "pipeline.svg")
    options, rest = parser.parse_known_args(arguments)
    output = options.output.resolve()
    dag = building.load(rest, "picture")
    if dag is None:
        return 1
    nodes = [picture.node_of(task) for task in plain.describe(dag).values()]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(picture.draw(nodes) + "\n", encoding="utf-8")
    print(f"The pipeline, to open in a browser: {output}")
    return 0
