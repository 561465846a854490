"""Find what flows from one part of a notebook to another."""

from __future__ import annotations

import re
from typing import Any

from tools.importer.parts import RANDOM, Part, join, texts
from tools.importer.statements import Statement


class Join(Exception):
    """Parts from one number to another must stay one."""


class Flow:
    """What flows between parts.

    Parameters
    ----------
    parts
        The parts; those that can't be parted are joined.
    moved
        Statements that move to the new module.
    seen
        What a run saw after the last cell of a part: its number -> name -> what it was like.
    """

    def __init__(
        self, parts: list[Part], moved: list[Statement], seen: dict[int, dict[str, dict[str, Any]]]
    ) -> None:
        self.parts, self.seen = parts, seen
        self.moved = {name for item in moved for name in item.binds}
        self.joined: list[str] = []
        text = "\n".join(item.text for part in parts for item in part.statements)
        self.seeded = {name for name, (seed, *_) in RANDOM.items() if re.search(seed, text)}
        self.connect()

    def connect(self) -> None:
        """Find what each part needs, from the last part to the first."""
        for part in self.parts:
            part.needs, part.gives, part.copies = {}, set(), []
            part.moved, part.unresolved = set(), set()
        try:
            for index in reversed(range(len(self.parts))):
                self.resolve(index)
        except Join as error:
            why, first, last = error.args
            self.joined.append(f"{why}: {', '.join(p.name for p in self.parts[first : last + 1])}")
            join(self.parts, first, last)
            self.connect()

    def resolve(self, index: int) -> None:
        """Find where a part has from what it does not make itself."""
        part = self.parts[index]
        before = [item for earlier in self.parts[:index] for item in earlier.statements]
        part.copies = [item for item in before if item.kind == "setting"]
        wanted, bound = set(self.seeded & part.gives), set()
        for item in part.copies + part.statements:
            if not item.binds & self.moved:
                wanted |= item.needs - bound
                bound |= item.surely
        wanted |= {name for name in part.gives - bound if name in self.made(index)}
        wanted |= {name for name in self.seeded if self.draws(index, name)}
        done: set[str] = set()
        while wanted:
            name = wanted.pop()
            done.add(name)
            wanted |= self.find(index, name, before) - done

    def find(self, index: int, name: str, before: list[Statement]) -> set[str]:
        """Find one name that a part needs; return what it takes in turn."""
        part = self.parts[index]
        source = next((item for item in reversed(before) if name in item.binds), None)
        if name in self.moved:
            part.moved.add(name)
        elif source is not None and source.kind in ("import", "function"):
            part.copies += [source] * (source not in part.copies)
            return source.needs
        elif source is not None or name in self.seeded:
            giver = self.giver(index, name)
            if giver is not None:
                part.needs[name] = giver
                self.parts[giver].gives.add(name)
                return set(self.look(giver, name).get("classes", ()))
        elif not part.has(name, "binds"):
            stars = [item for item in before if item.kind == "names"]
            part.copies += [item for item in stars if item not in part.copies]
            if not stars and not any(item.kind == "names" for item in part.statements):
                part.unresolved.add(name)
        return set()

    def made(self, index: int) -> set[str]:
        """Return the names that earlier parts bind."""
        return {n for part in self.parts[:index] for item in part.statements for n in item.binds}

    def look(self, index: int, name: str) -> dict[str, Any]:
        """Return what the run saw of a name at the end of a part."""
        return self.seen.get(self.parts[index].cells[-1], {}).get(name, {})

    def differs(self, index: int, name: str) -> bool:
        """Tell whether the run saw a name change during a part."""
        if not index:
            return False
        states = self.look(index - 1, name).get("state"), self.look(index, name).get("state")
        return None not in states and states[0] != states[1]

    def draws(self, index: int, name: str) -> bool:
        """Tell whether a part draws random numbers after a seed was set, or may do so."""
        seeds = [n for n, p in enumerate(self.parts) if re.search(RANDOM[name][0], texts(p))]
        return seeds[0] < index and (not self.seen or self.differs(index, name))

    def giver(self, index: int, name: str) -> int | None:
        """Return the number of the part that made or changed a value last."""
        for giver in reversed(range(index)):
            part, changed = self.parts[giver], self.differs(giver, name)
            if name in self.seeded:
                if self.draws(giver, name) or re.search(RANDOM[name][0], texts(part)):
                    return giver
            elif part.has(name, "binds", "changes") or (changed and part.has(name, "needs")):
                self.check(giver, index, name)
                return giver
            elif changed:
                raise Join(f"{name} changes by another name", self.giver(giver, name), giver)
        return None

    def check(self, giver: int, index: int, name: str) -> None:
        """Refuse to part what can't be stored in a file."""
        seen = self.look(giver, name)
        if seen.get("why"):
            cell = max(
                item.cell
                for item in self.parts[giver].statements
                if name in item.binds | item.changes
            )
            raise Join(f"{name} (cell {cell}) can't be stored, {seen['why']}", giver, index)
