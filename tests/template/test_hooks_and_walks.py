"""Nor does anything typed get lost with the real git hooks: see walks.py."""

from __future__ import annotations

import os

import pytest
from walks import walk

pytestmark = pytest.mark.slow

WALKS = int(os.environ.get("WALKS", "2"))


@pytest.mark.timeout(900 + 60 * WALKS)
@pytest.mark.parametrize("notebooks_in_git", ["no", "stripped"])
def test_walks(notebooks_in_git: str, request: pytest.FixtureRequest) -> None:
    fixture = {"no": "hooked_base", "stripped": "tracked_base"}[notebooks_in_git]
    walk(request.getfixturevalue(fixture), WALKS)
