"""Draw the pipeline as a picture, without a network.

Graphviz, which comes with pygraphviz, places the tasks and their arrows.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from nbtasks.project import root

INCH = 72  # Graphviz measures in inches, SVG in pixels
HEIGHT, LETTER, MARGIN = 40, 8.6, 44
#: State of a task -> what stands before its name, and the colours of line and inside. They
#: differ in lightness too, for people who see colours differently.
LOOKS = {
    "done": ("✓", "#00785a", "#e8f5f0"),
    "failed": ("✗", "#b42318", "#fdeceb"),
    "to run": ("○", "#667085", "#ffffff"),
}
STYLE = (
    "text{font:500 15px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;"
    "text-anchor:middle;dominant-baseline:central;fill:#1f2430}"
    "path{fill:none;stroke:#98a2b3;stroke-width:1.5}marker path{fill:#98a2b3;stroke:none}"
)


class Node(NamedTuple):
    """A task in the picture: its state is a key of ``LOOKS``, ``link`` where a click leads."""

    name: str
    upstream: list[str]
    state: str = "to run"
    link: str = ""


def draw(nodes: list[Node]) -> str:
    """Return the picture of a pipeline, an SVG element.

    Parameters
    ----------
    nodes
        Its tasks. Upstream tasks that are not among them are left out.
    """
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, rankdir="LR", nodesep=0.3, ranksep=0.55)
    # Sizes are ours, so that no font of this machine matters.
    graph.node_attr.update(label="", shape="box", fixedsize="true", height=HEIGHT / INCH)
    graph.edge_attr.update(arrowhead="none")
    numbers = {node.name: number for number, node in enumerate(nodes)}
    for node in nodes:
        graph.add_node(numbers[node.name], width=width(node) / INCH)
        for name in node.upstream:
            if name in numbers:
                graph.add_edge(numbers[name], numbers[node.name])
    placed = [line.split() for line in graph.draw(format="plain", prog="dot").decode().split("\n")]
    wide, high = (float(size) * INCH for size in placed[0][2:4])
    shapes = []
    for kind, *words in filter(None, placed):
        if kind == "edge":
            shapes.append(arrow([float(word) for word in words[3 : 3 + 2 * int(words[2])]], high))
        elif kind == "node":
            x, y = float(words[1]) * INCH, high - float(words[2]) * INCH
            shapes.append(box(nodes[int(words[0])], x, y))
    size = f"-10 -4 {wide + 20:.0f} {high + 8:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" width="{wide + 20:.0f}" '
        f'height="{high + 8:.0f}" role="img"><title>The pipeline</title><style>{STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
        f"{''.join(shapes)}</svg>"
    )


def width(node: Node) -> float:
    """Return how wide the box of a task is."""
    return len(node.name) * LETTER + MARGIN


def box(node: Node, x: float, y: float) -> str:
    """Return the box of a task around a point."""
    sign, line, inside = LOOKS[node.state]
    wide, dash = width(node), ' stroke-dasharray="5 4"' if node.state == "to run" else ""
    shape = (
        f"<g><title>{escape(node.name)}: {node.state}</title>"
        f'<rect x="{x - wide / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{wide:.1f}" '
        f'height="{HEIGHT}" rx="9" fill="{inside}" stroke="{line}" stroke-width="1.5"{dash}/>'
        f'<text x="{x:.1f}" y="{y:.1f}"><tspan fill="{line}">{sign}</tspan> '
        f"{escape(node.name)}</text></g>"
    )
    return f"<a href={quoteattr(node.link)}>{shape}</a>" if node.link else shape


def arrow(numbers: list[float], high: float) -> str:
    """Return an arrow along the points of a curve."""
    points = [
        f"{x * INCH:.1f} {high - y * INCH:.1f}"
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    return f'<path d="M{points[0]}C{" ".join(points[1:])}" marker-end="url(#tip)"/>'


def state(task: Any) -> str:
    """Return the state of a task as ``LOOKS`` names it."""
    return {"Executed": "done", "Skipped": "done", "Errored": "failed"}.get(
        task.exec_status.name, "to run"
    )


def nodes_of(dag: Any) -> list[Node]:
    """Return the tasks of a pipeline that has been rendered."""
    return [Node(task.name, list(task.upstream), state(task)) for task in dag.values()]


def main(arguments: list[str]) -> int:
    """Draw the pipeline, chosen as `ploomber plot` does, into a file."""
    parser = argparse.ArgumentParser(prog="nbtasks picture", description=__doc__)
    parser.add_argument("--output", type=Path, default=root() / "products" / "pipeline.svg")
    options, rest = parser.parse_known_args(arguments)
    from nbtasks import status

    output = options.output.resolve()
    dag = status.load(rest, "picture")
    if dag is None:
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(draw(nodes_of(dag)) + "\n", encoding="utf-8")
    print(f"The pipeline, to open in a browser: {output}")
    return 0
