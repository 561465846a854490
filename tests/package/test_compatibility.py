"""Each mend of Ploomber is needed, and mends: with the oldest and the newest Python alike."""

from __future__ import annotations

import ast
import types

import pytest
from ploomber.static_analysis import python

from nbtasks.engine import compatibility

CODE = """
def two(product, upstream):
    return upstream["one"], upstream[0], upstream[name], other["three"]
"""


def without(module: types.ModuleType, name: str) -> types.SimpleNamespace:
    """Return a module as it is in a Python that has a name no more."""
    return types.SimpleNamespace(**{key: v for key, v in vars(module).items() if key != name})


def test_functions_that_name_their_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python 3.14 has it: `ast.Str` is gone."""
    monkeypatch.setattr(python, "ast", without(ast, "Str"))
    extract = python.PythonCallableExtractor(CODE).extract_upstream
    with pytest.raises(AttributeError, match="Str"):
        extract()
    compatibility.mend()
    assert extract() == {"one"}
    compatibility.mend()
    assert extract() == {"one"}


def test_a_python_that_has_all_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = types.SimpleNamespace(**vars(ast) | {"Str": str})
    monkeypatch.setattr(python, "ast", whole)
    compatibility.mend()
    assert python.ast is whole
