"""Heights of things in a column: near to those that are wanted, and far enough apart."""

from __future__ import annotations

import math
from collections.abc import Hashable
from itertools import pairwise
from typing import TypeVar

Thing = TypeVar("Thing", bound=Hashable)


def spread(pulls: list[tuple[float, float]], rooms: list[float]) -> list[float]:
    """Return heights near to those wanted, in order and far enough apart (pool adjacent violators).

    Parameters
    ----------
    pulls
        The height that each wants, and how much it weighs.
    rooms
        What each needs above and below.
    """
    offsets = [0.0]
    for one, other in pairwise(rooms):
        offsets.append(offsets[-1] + one + other)
    blocks: list[tuple[float, float, int]] = []
    for (wanted, weight), offset in zip(pulls, offsets, strict=False):
        blocks.append((wanted - offset, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, v, m), (b, w, n) = blocks[-2:]
            blocks[-2:] = [((a * v + b * w) / (v + w), v + w, m + n)]
    levels = [level for level, _, count in blocks for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]


def level(
    run: list[Thing], found: dict[Thing, float], limits: dict[Thing, tuple[float, float]]
) -> None:
    """Bring what follows each other to one height, or parts of it to one each."""
    part, low, high = [run[0]], *limits[run[0]]
    rest: list[Thing | None] = [*run[1:], None]
    for one in rest:
        least, most = limits[one] if one is not None else (math.inf, -math.inf)
        if max(low, least) > min(high, most):
            height = min(max(mean([found[each] for each in part], 0), low), high)
            found.update(dict.fromkeys(part, height))
            part, low, high = [], -math.inf, math.inf
        if one is not None:
            part = [*part, one]
        low, high = max(low, least), min(high, most)


def mean(numbers: list[float], default: float) -> float:
    """Return the mean; of no numbers the default."""
    return sum(numbers) / len(numbers) if numbers else default
