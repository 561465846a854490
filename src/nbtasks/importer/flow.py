"""Find what flows from one part of a notebook to another."""

import ast
from typing import Any

from nbtasks.importer.functions import able_to_move, find_common, find_imports, latest
from nbtasks.importer.parts import RANDOM, Part, every, join
from nbtasks.importer.statements import GIVEN, Statement


class Join(Exception):
    """Parts from one number to another must stay one."""


class Flow:
    """What flows between parts.

    `moved` go to the new module; `seen` is: last cell of a part -> name -> what it was like then.
    """

    def __init__(
        self, parts: list[Part], moved: list[Statement], seen: dict[int, dict[str, dict[str, Any]]]
    ) -> None:
        self.parts, self.seen, self.statements = parts, seen, every(parts)
        self.moved = {name for item in moved for name in item.binds}
        self.imports = find_imports(self.statements)
        self.joined: list[str] = []
        self.constants = {  # short literals that never change, which each task can write anew
            name
            for name, item in able_to_move(self.statements, set()).items()
            if item.kind == "constant" and len(item.lines) < 4
            if not any(self.differs(index, name) for index in range(1, len(parts)))
        }
        self.common = find_common(parts)
        #: States of random numbers -> what sets their seeds.
        self.seeds = {
            n: [i for i in self.statements if s.search(i.text)] for n, s in RANDOM.items()
        }
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
        part, before = self.parts[index], every(self.parts[:index])
        part.copies = latest([item for item in before if item.kind == "setting"])
        made = {name for item in before for name in item.binds} | self.moved
        wanted = {name for name in self.seeds if self.draws(index, name)}
        bound: set[str] = set()
        for item in part.copies + part.statements:
            if not item.binds & self.moved:
                wanted |= (item.needs | item.mentions & made) - bound
                maybe = isinstance(item.node, (ast.If, ast.Try, ast.While, ast.Match))
                bound |= set() if maybe else item.binds - item.sets
        wanted |= (part.gives - bound) & made
        done: set[str] = set()
        while wanted:
            name = wanted.pop()
            done.add(name)
            wanted |= self.find(index, name, before, made) - done
        part.copies.sort(key=lambda item: (item.cell, item.lines.start))

    def find(self, index: int, name: str, before: list[Statement], made: set[str]) -> set[str]:
        """Find one name that a part needs; return what it takes in turn."""
        part = self.parts[index]
        source = next((item for item in reversed(before) if name in item.binds), None)
        if name in self.moved:
            part.moved.add(name)
        elif source and (source.kind in ("import", "function") or name in self.constants):
            imports = [i for i in before if name in i.binds and i.kind == "import"]
            found = [i for i in before if i is source or i in imports]  # `import a.b`, too
            part.copies += [item for item in found if item not in part.copies]
            return source.needs | source.mentions & made
        elif source or name in self.seeds:
            return self.take(index, name) | (source.mentions & made if source else set())
        elif not part.has(name, "binds") and name not in GIVEN:
            stars = [item for item in before if item.kind == "names"]
            part.copies += [item for item in stars if item not in part.copies]
            if not stars and not any(item.kind == "names" for item in part.statements):
                part.unresolved.add(name)
        return set()

    def take(self, index: int, name: str) -> set[str]:
        """Take a value from the part that made it; return the classes that it needs here."""
        giver = self.giver(index, name)
        if giver is None:
            return set()
        seen, last = self.look(giver, name), self.parts[giver].cells[-1]
        if name in self.seeds and self.seen:
            seeds = [i for i in self.seeds[name] if i.kind == "seed" and i.cell <= last]
            if not seeds or not seen.get("fresh"):  # a number was drawn since
                raise Join("random numbers go on from one seed. Set one in each", giver, index)
            self.parts[index].copies.append(seeds[-1])
            return seeds[-1].needs
        self.parts[index].needs[name] = giver
        self.parts[giver].gives.add(name)
        return set(seen.get("classes", ())) - self.moved

    def look(self, index: int, name: str) -> dict[str, Any]:
        """Return what the run saw of a name at the end of a part."""
        return self.seen.get(self.parts[index].cells[-1], {}).get(name, {})

    def differs(self, index: int, name: str) -> bool:
        """Tell whether the run saw a name change during a part."""
        states = [self.look(i, name).get("state") for i in (index - 1, index) if i >= 0]
        return None not in states and states[0] != states[-1]

    def draws(self, index: int, name: str) -> bool:
        """Tell whether a part draws random numbers after a seed was set, or may do so."""
        after = any(item.cell < self.parts[index].cells[0] for item in self.seeds[name])
        return after and (not self.seen or self.differs(index, name))

    def giver(self, index: int, name: str) -> int | None:
        """Return the number of the part that made or changed a value last."""
        for giver in reversed(range(index)):
            part, changed = self.parts[giver], self.differs(giver, name)
            if changed and not part.has(name, "binds", "changes"):
                self.check_aliases(giver, name)
            if name in self.seeds:
                if self.draws(giver, name) or {*self.seeds[name]} & {*part.statements}:
                    return giver
            elif part.has(name, "binds", "changes") or (changed and part.has(name, "needs")):
                self.check(giver, index, name)
                return giver
            elif changed:
                raise Join(f"{name} changes by another name", self.giver(giver, name), giver)
        return None

    def check_aliases(self, index: int, name: str) -> None:
        """Refuse to part two names of one object, changed by one of them."""
        for other in self.look(index - 1, name).get("shares", ()):
            if self.parts[index].has(other, "needs", "changes") and self.differs(index, other):
                first = max(n for n in range(index) if self.parts[n].has(name, "binds", "changes"))
                raise Join(f"{name} and {other} are one object, which changes", first, index)

    def check(self, giver: int, index: int, name: str) -> None:
        """Refuse to part what can't be stored in a file."""
        seen, made = self.look(giver, name), "it is a class or a function that code makes"
        if why := made if name in seen.get("classes", ()) else seen.get("why"):
            items = self.parts[giver].statements
            cell = max(item.cell for item in items if name in item.binds | item.changes)
            raise Join(f"{name} (cell {cell}) can't be stored, {why}", giver, index)
