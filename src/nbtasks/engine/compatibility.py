"""Keep Ploomber, which nobody maintains any more, running on new versions of Python.

This is the one place where code of others is changed while it runs: each mend is a few lines,
says what breaks without it, and does nothing where that does not break.
"""

from __future__ import annotations

import ast
import types


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


def mend() -> None:
    """Apply all mends, once or more often."""
    mend_functions_with_upstream()
