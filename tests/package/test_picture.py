"""The picture of a pipeline: nothing lies on anything else, and no system library is needed."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import plain
from conftest import match_of
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtasks.pipeline.picture import Drawing, Node, draw

BOX = re.compile(r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="(\d+)"')
CURVE = re.compile(r"M([-\d.]+) ([-\d.]+)H([-\d.]+)C\S+ \S+ \S+ \S+ ([-\d.]+) ([-\d.]+)H([-\d.]+)")


@st.composite
def pipelines(draw: st.DrawFn) -> list[Node]:
    """Return a pipeline of up to 14 tasks, in any order."""
    count = draw(st.integers(1, 14))
    nodes: list[Any] = []
    for number in range(count):
        above = draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        nodes.append(Node(f"t{'x' * (number % 5)}{number}", [nodes[one].name for one in above]))
    return draw(st.permutations(nodes))


def boxes(text: str) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of each box."""
    found = [tuple(map(float, numbers)) for numbers in BOX.findall(text)]
    return [(x, y, x + wide, y + high) for x, y, wide, high in found]


@settings(deadline=None, max_examples=150)
@given(pipelines())
def test_nothing_lies_on_a_task(nodes: list[Node]) -> None:
    """Boxes are apart, arrows run beside them and to the right, and all of it is in the picture."""
    text = draw(nodes)
    found = boxes(text)
    assert len(found) == len(nodes)
    for a, b in combinations(found, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] + 5 <= b[1] or b[3] + 5 <= a[1]
    lines = [tuple(map(float, numbers)) for numbers in CURVE.findall(text)]
    assert len(lines) == text.count("<path ") - 1  # the tip
    for start, high, left, right, low, end in lines:
        assert start <= left + 0.2 and left < right and right <= end + 0.2  # numbers are rounded
        for x, y, right_side, bottom in found:
            for level, begin, stop in [(high, start, left), (low, right, end)]:
                inside = begin < right_side - 0.2 and stop > x + 0.2
                assert not (inside and y < level < bottom)
            assert not (left < right_side - 0.2 and right > x + 0.2)  # no box where it bends
    left, top, wide, high = map(float, match_of(r'viewBox="(.*?)"', text)[1].split())
    for box in found:
        assert left <= box[0] and top <= box[1]
        assert box[2] <= left + wide and box[3] <= top + high


@settings(deadline=None, max_examples=150)
@given(pipelines())
def test_every_task_has_an_arrow_from_what_it_needs(nodes: list[Node]) -> None:
    """Following the parts of arrows from column to column leads to those tasks and no others."""
    graph = Drawing(nodes).graph
    for spot in list(graph.steps):
        if not graph.passes(spot):
            reached, parts = set(), [spot]
            while parts:
                for other in graph.steps[parts.pop()]:
                    assert other.column > spot.column
                    if graph.passes(other):
                        parts.append(other)
                    else:
                        reached.add(other.name)
            assert reached == {node.name for node in nodes if spot.name in node.upstream}


def test_a_chain_is_a_straight_line_and_a_fork_is_even() -> None:
    nodes = [Node("get", []), Node("clean", ["get"]), Node("fit", ["clean"])]
    assert len({top for _, top, _, _ in boxes(draw(nodes))}) == 1
    nodes += [Node("explore", ["clean"])]
    tops = {node.name: top for node, (_, top, _, _) in zip(nodes, in_order(nodes), strict=True)}
    assert tops["get"] == tops["clean"] == (tops["fit"] + tops["explore"]) / 2


def in_order(nodes: list[Node]) -> list[tuple[float, float, float, float]]:
    """Return the boxes of tasks, in the order of the tasks."""
    text = draw(nodes)
    names = re.findall(r"<title>([^<:]+): ", text)
    found = dict(zip(names, boxes(text), strict=True))
    return [found[node.name] for node in nodes]


def test_the_page_needs_no_library_of_the_system(tmp_path: Path) -> None:
    """As where Graphviz can't be loaded: the page has its picture, and `picture` draws."""
    project = plain.make(tmp_path)
    project.write("pygraphviz.py", "raise ImportError('libgobject-2.0.so.0: cannot open')\n")
    project.task("print(1)")
    project.pipeline("  - {source: tasks/one.py, product: products/one.ipynb}\n")
    printed = project.build()
    assert "could not be written" not in printed and "index.html" in printed
    assert " one</text>" in project.read("products/index.html")
    project.nbtasks("picture")
    assert " one</text>" in project.read("products/pipeline.svg")
