"""Whatever people do, in any order, nothing typed gets lost: see walks.py."""

from __future__ import annotations

import os

import pytest
from walks import walk

WALKS = int(os.environ.get("WALKS", "4"))


@pytest.mark.timeout(900 + 60 * WALKS)
@pytest.mark.parametrize("notebooks_in_git", ["no", "stripped"])
def test_walks(notebooks_in_git: str, request: pytest.FixtureRequest) -> None:
    fixture = {"no": "base", "stripped": "stripped_base"}[notebooks_in_git]
    walk(request.getfixturevalue(fixture), WALKS)
