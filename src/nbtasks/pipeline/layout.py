"""Where the tasks of a picture go: in columns from left to right, with few crossings.

The usual way in four steps: columns by the longest path, points on the way of arrows that pass
columns, an order in each column that crosses few arrows, and heights that keep arrows straight.
"""

import math
from bisect import bisect_right, insort
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple, TypeVar

T = TypeVar("T")
#: How often the columns are gone through, there and back.
SWEEPS = 12
#: How much straighter an arrow is kept between two points that it passes, or one.
PASSING = {0: 1.0, 1: 2.0, 2: 8.0}


class Spot(NamedTuple):
    """A task, or the place where arrows of a task pass a column."""

    name: str
    column: int


class Graph:
    """The tasks in their columns, and the steps of their arrows from one column to the next."""

    def __init__(self, upstream: dict[str, list[str]]) -> None:
        """Place the tasks, each given with those that it needs."""
        self.columns_of = columns(upstream)
        self.steps: dict[Spot, list[Spot]] = {}
        for name, column in self.columns_of.items():
            self.steps.setdefault(Spot(name, column), [])
        for name, needed in upstream.items():
            for other in needed:
                self.lead(other, name)
        self.back = turned(self.steps)
        count = max(self.columns_of.values(), default=-1) + 1
        self.columns = [[s for s in self.steps if s.column == number] for number in range(count)]

    def lead(self, start: str, end: str) -> None:
        """Lead an arrow through the columns; arrows of one task go together as far as they can."""
        spot = Spot(start, self.columns_of[start])
        for column in range(spot.column + 1, self.columns_of[end] + 1):
            there = Spot(end if column == self.columns_of[end] else start, column)
            if there not in self.steps[spot]:
                self.steps[spot].append(there)
            self.steps.setdefault(there, [])
            spot = there

    def passes(self, spot: Spot) -> bool:
        """Tell whether arrows only pass there."""
        return self.columns_of[spot.name] != spot.column

    def crossings(self) -> int:
        """Return how many pairs of arrows cross."""
        total = 0
        for column, following in pairwise(self.columns):
            places = {spot: place for place, spot in enumerate(following)}
            ends: list[int] = []
            for spot in column:
                reached = sorted(places[other] for other in self.steps[spot])
                total += sum(len(ends) - bisect_right(ends, place) for place in reached)
                for place in reached:
                    insort(ends, place)
        return total

    def order(self) -> None:
        """Order each column by where the neighbours are, and keep the best of all."""
        best, fewest = self.columns, self.crossings()
        for number in range(2 * SWEEPS):
            if not fewest:
                break
            self.columns = [list(column) for column in self.columns]
            forth = number % 2 == 0
            neighbours = self.back if forth else self.steps
            for column in self.columns[1:] if forth else self.columns[-2::-1]:
                beside = self.columns[column[0].column + (-1 if forth else 1)]
                places = {spot: place for place, spot in enumerate(beside)}
                own = {spot: place for place, spot in enumerate(column)}
                column.sort(key=lambda spot: mean([places[n] for n in neighbours[spot]], own[spot]))
            found = self.crossings()
            if found < fewest:
                best, fewest = self.columns, found
        self.columns = best

    def heights(self, apart: dict[bool, float]) -> dict[Spot, float]:
        """Return how far down each spot is.

        `apart` is half of the room between two tasks, and two arrows that pass: by `passes`.
        """
        rooms = {spot: apart[self.passes(spot)] for spot in self.steps}
        found = dict.fromkeys(self.steps, 0.0)
        for number in range(2 * SWEEPS):
            for column in self.columns if number % 2 == 0 else self.columns[::-1]:
                pulls = [self.pull(spot, found) for spot in column]
                found.update(zip(column, spread(pulls, [rooms[s] for s in column]), strict=True))
        self.straighten(found, rooms)
        return found

    def straighten(self, found: dict[Spot, float], rooms: dict[Spot, float]) -> None:
        """Bring spots that follow each other to one height, as far as the others leave room."""
        limits = dict.fromkeys(self.steps, (-math.inf, math.inf))
        for spot in [s for column in self.columns for s in column if self.before(s) is None]:
            for column in self.columns:
                for above, below in pairwise(column):
                    room = rooms[above] + rooms[below]
                    limits[above] = limits[above][0], found[below] - room
                    limits[below] = found[above] + room, limits[below][1]
            level(self.run(spot), found, limits)

    def before(self, spot: Spot) -> Spot | None:
        """Return the spot that this one follows as the only one, if there is such."""
        back = self.back[spot]
        if len(back) != 1 or (len(self.steps[back[0]]) > 1 and not self.passes(back[0])):
            return None
        return back[0] if len(self.steps[back[0]]) == 1 or self.passes(spot) else None

    def run(self, spot: Spot) -> list[Spot]:
        """Return the spots that follow each other from this one on."""
        found = [spot]
        while following := [s for s in self.steps[found[-1]] if self.before(s) == found[-1]]:
            found += following[:1]
        return found

    def pull(self, spot: Spot, found: dict[Spot, float]) -> tuple[float, float]:
        """Return where the neighbours of a spot would have it, and how much they pull."""
        beside = self.back[spot] + self.steps[spot]
        weights = [PASSING[self.passes(spot) + self.passes(other)] for other in beside]
        total = sum(weights)
        if not total:
            return found[spot], 0.01
        return sum(w * found[o] for w, o in zip(weights, beside, strict=True)) / total, total


def turned(arrows: dict[T, list[T]]) -> dict[T, list[T]]:
    """Return arrows the other way round: what leads to each."""
    found: dict[T, list[T]] = {name: [] for name in arrows}
    for name, ends in arrows.items():
        for end in ends:
            found[end].append(name)
    return found


def columns(upstream: dict[str, list[str]]) -> dict[str, int]:
    """Return the column of each task: after all that it needs, and not far before its first use."""
    found: dict[str, int] = {}
    for name in TopologicalSorter(upstream).static_order():
        found[name] = max((found[other] + 1 for other in upstream[name]), default=0)
    used = turned(upstream)
    for name in sorted(upstream, key=lambda name: -found[name]):
        if len(used[name]) > len(upstream[name]):
            found[name] = max(found[name], min(found[other] for other in used[name]) - 1)
    return {name: found[name] for name in upstream}


def spread(pulls: list[tuple[float, float]], rooms: list[float]) -> list[float]:
    """Return heights near to those wanted, in order and far enough apart (pool adjacent violators).

    Given are the height that each wants and how much it weighs; what it needs above and below.
    """
    offsets = [0.0]
    for one, other in pairwise(rooms):
        offsets.append(offsets[-1] + one + other)
    blocks: list[tuple[float, float, int]] = []
    for (wanted, weight), offset in zip(pulls, offsets, strict=True):
        blocks.append((wanted - offset, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, v, m), (b, w, n) = blocks[-2:]
            blocks[-2:] = [((a * v + b * w) / (v + w), v + w, m + n)]
    levels = [level for level, _, count in blocks for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def level(
    run: list[Spot], found: dict[Spot, float], limits: dict[Spot, tuple[float, float]]
) -> None:
    """Bring what follows each other to one height, or parts of it to one each."""
    part, low, high = [run[0]], *limits[run[0]]
    for one in [*run[1:], None]:
        least, most = limits[one] if one else (math.inf, -math.inf)
        if max(low, least) > min(high, most):
            height = min(max(mean([found[each] for each in part], 0), low), high)
            found.update(dict.fromkeys(part, height))
            part, low, high = [], -math.inf, math.inf
        part += [one] if one else []
        low, high = max(low, least), min(high, most)


def mean(numbers: list[float], default: float) -> float:
    """Return the mean; of no numbers the default."""
    return sum(numbers) / len(numbers) if numbers else default
