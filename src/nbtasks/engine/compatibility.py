"""Keep Ploomber, which nobody maintains any more, running on new versions of what it uses.

This is the one place where code of others is changed while it runs: a fix upstream will never
come, and a copy of Ploomber would be 30,000 lines to look after. Each mend is a few lines, says
what breaks without it, and does nothing where that does not break.
"""

from __future__ import annotations

import ast
import functools
import inspect
import types
from typing import Any


class IsText(type):
    """Tells whether a node of a syntax tree is a text, as `isinstance(node, ast.Str)` did."""

    def __instancecheck__(cls, node: object) -> bool:
        """See above."""
        return isinstance(node, ast.Constant) and isinstance(node.value, str)


class Str(metaclass=IsText):
    """What `ast.Str` was, which Python 3.14 has no more."""


def mend_functions_with_upstream() -> None:
    """Without it, a function that names its upstream is: module 'ast' has no attribute 'Str'."""
    from ploomber.static_analysis import python

    if not hasattr(python.ast, "Str"):
        python.ast = types.SimpleNamespace(**{**vars(python.ast), "Str": Str})


def mend_pictures() -> None:
    """Without it, `ploomber plot` and `report` are: KeyError: 'links' (networkx 3.6)."""
    from networkx.readwrite import json_graph
    from ploomber.dag import plot

    parameters = inspect.signature(json_graph.node_link_data).parameters
    if "edges" not in parameters or parameters["edges"].default != "edges":
        return
    for name in ("with_d3", "with_mermaid"):
        draw = getattr(plot, name)
        if not hasattr(draw, "mends"):
            setattr(plot, name, with_links(draw))


def with_links(draw: Any) -> Any:
    """Return a function that draws a graph whose lines have their new name."""

    @functools.wraps(draw)
    def drawn(graph: dict[str, Any], *words: Any, **options: Any) -> Any:
        return draw({"links": graph.get("edges"), **graph}, *words, **options)

    drawn.mends = draw  # type: ignore[attr-defined]
    return drawn


def mend_engines_of_papermill() -> None:
    """Without it, a notebook that asks for an engine of papermill is: conflicting options.

    Ploomber 0.23 takes `engine_name` for the name of its own executor. Older ones passed it on,
    and are what NCAR's CUPiD is held at for that.
    """
    from ploomber.tasks import NotebookRunner

    begin: Any = NotebookRunner.__init__
    if hasattr(begin, "mends"):
        return

    @functools.wraps(begin)
    def init(self: Any, *words: Any, **options: Any) -> None:
        key = "executor_params" if options.get("executor_params") else "papermill_params"
        given = dict(options.get(key) or {})
        name = given.pop("engine_name", None)
        if name in (None, "papermill", "ploomber-engine") or options.get("debug_mode"):
            begin(self, *words, **options)
        else:
            begin(self, *words, **options | {key: given})
            self.executor_params["engine_name"] = name

    init.mends = begin  # type: ignore[attr-defined]
    NotebookRunner.__init__ = init


def mend() -> None:
    """Apply all mends, once or more often."""
    mend_functions_with_upstream()
    mend_pictures()
    mend_engines_of_papermill()
