"""Draw the pipeline as a picture, with nothing but Python: no network, no system library."""

from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from nbtasks.pipeline.layout import Graph, Spot
from nbtasks.pipeline.tasks import Task

#: Sizes in pixels: of the box of a task, and of a letter, so that no font of this machine matters.
HEIGHT, LETTER, MARGIN = 40, 8.6, 44
#: Half of the room between two tasks of a column (False), and two arrows that pass it (True).
APART = {False: HEIGHT / 2 + 11, True: 7.0}
#: Between two columns: at least, at most, and how much of the height that an arrow climbs there.
GAP, WIDEST, SLOPE = 44.0, 120.0, 0.3
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


class Half(NamedTuple):
    """Half of a size."""

    wide: float
    high: float


class Drawing:
    """Where the tasks of a picture are."""

    def __init__(self, nodes: list[Node]) -> None:
        """Place the tasks, those of each column beneath each other."""
        self.nodes = {node.name: node for node in nodes}
        upstream = {node.name: [n for n in node.upstream if n in self.nodes] for node in nodes}
        self.graph = Graph(upstream)
        self.graph.order()
        found = self.graph.heights(APART)
        top = min((found[spot] - self.half(spot).high for spot in found), default=0)
        self.heights = {spot: height - top for spot, height in found.items()}
        #: Where each column begins and ends.
        self.sides: list[tuple[float, float]] = []
        x = 0.0
        for column in self.graph.columns:
            wide = 2 * max(self.half(spot).wide for spot in column)
            self.sides.append((x, x + wide))
            x += wide + self.gap(column)

    def half(self, spot: Spot) -> Half:
        """Return half the size of a task, or of an arrow that passes."""
        if self.graph.passes(spot):
            return Half(0, 2)
        return Half(width(self.nodes[spot.name]) / 2, HEIGHT / 2)

    def gap(self, column: list[Spot]) -> float:
        """Return the room after a column: more where arrows are steep."""
        steps = [(spot, other) for spot in column for other in self.graph.steps[spot]]
        climbed = [abs(self.heights[a] - self.heights[b]) for a, b in steps]
        return min(max(GAP, SLOPE * max(climbed, default=0)), WIDEST)

    def size(self) -> tuple[float, float]:
        """Return how wide and how high the picture is."""
        lowest = max((self.heights[s] + self.half(s).high for s in self.heights), default=0)
        return self.sides[-1][1] if self.sides else 0, lowest

    def boxes(self) -> list[str]:
        """Return the boxes of the tasks."""
        return [
            box(self.nodes[spot.name], sum(self.sides[spot.column]) / 2, self.heights[spot])
            for spot in self.graph.steps
            if not self.graph.passes(spot)
        ]

    def arrows(self) -> list[str]:
        """Return the arrows, in parts from column to column; they bend between columns only."""
        parts = []
        for spot, following in self.graph.steps.items():
            for other in following:
                (begin, left), (right, end) = self.sides[spot.column], self.sides[other.column]
                a, b, middle = self.heights[spot], self.heights[other], (left + right) / 2
                tail = (begin + left) / 2 + self.half(spot).wide
                line = f"M{tail:.1f} {a:.1f}H{left:.1f}"
                line += f"C{middle:.1f} {a:.1f} {middle:.1f} {b:.1f} {right:.1f} {b:.1f}"
                # One that only passes is drawn to the middle of the column.
                line += f"H{(right + end) / 2 - self.half(other).wide:.1f}"
                tip = "" if self.graph.passes(other) else ' marker-end="url(#tip)"'
                parts.append(f'<path d="{line}"{tip}/>')
        return parts


def draw(nodes: list[Node]) -> str:
    """Return the picture of a pipeline, an SVG element.

    Upstream tasks that are not among its nodes are left out.
    """
    drawing = Drawing(nodes)
    wide, high = drawing.size()
    shapes = [*drawing.arrows(), *drawing.boxes()]
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


def node_of(task: Task) -> Node:
    """Return a task as it is drawn."""
    return Node(task.name, list(task.upstream), state(task))


def state(task: Task) -> str:
    """Return the state of a task as ``LOOKS`` names it."""
    return {"up to date": "done", "done": "done", "failed": "failed"}.get(task.state, "to run")
