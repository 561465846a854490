"""Follow a page of the manual as a reader would: type, write, edit, and look at the screen.

A block ``bash`` is typed; the block ``text`` after it is what the screen has to show. A block after
a line that ends in a file's name and a colon is written to that file, or is a change in it
(``diff``).
"""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = re.compile(r"(?ms)^( *)```(\w+)\n(.*?)^\1```$")
FILE = re.compile(r"`([\w./-]+)`:\s*\Z")
#: What differs between two runs: numbers, and the room that they take.
NUMBER = re.compile(r"\d[\d.,:+-]*")
#: What a slow machine shows in between.
WAITS = re.compile(r" +\S+ +has started\b")


@dataclass
class Reader:
    """A person who follows a page.

    Parameters
    ----------
    page
        The page.
    folder
        Where the person stands.
    environ
        The environment of the shell.
    """

    page: Path
    folder: Path
    environ: dict[str, str]
    shown: str = ""
    typed: list[str] = field(default_factory=list)

    def follow(self) -> None:
        """Do all that the page says, in order; fail where the screen shows something else."""
        text = self.page.read_text("utf-8")
        for block in BLOCK.finditer(text):
            kind, inside = block[2], textwrap.dedent(block[3])
            file = FILE.search(text[: block.start()])
            if kind == "bash":
                self.shown = "".join(self.type_in(line) for line in inside.splitlines())
            elif file and kind == "diff":
                self.edit(self.folder / file[1], inside)
            elif file:
                path = self.folder / file[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(inside, "utf-8")
            elif kind == "text" and self.typed:
                self.look(inside)

    def type_in(self, line: str) -> str:
        """Type a line; return what is shown."""
        self.typed.append(line)
        program, _, rest = line.partition(" ")
        if program == "cd":
            self.folder = self.folder / rest
        elif program == "source":
            folder = (self.folder / rest).parent
            self.environ["PATH"] = f"{folder}{os.pathsep}{self.environ['PATH']}"
            self.environ["VIRTUAL_ENV"] = str(folder.parent)
        elif program == "export":
            name, _, value = rest.partition("=")
            self.environ[name] = value
        elif line == "nbtasks dashboard":
            return self.serve(line)
        else:
            return self.run(line)
        return ""

    def run(self, line: str) -> str:
        """Run a line in a shell; it has to succeed."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        return done.stdout

    def serve(self, line: str) -> str:
        """Run a line that ends only when it is stopped; stop it when it has said an address."""
        log = self.folder.parent / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                line.split(), cwd=self.folder, env=self.environ, stdout=output, stderr=output
            )
        try:
            deadline = time.monotonic() + 60
            while "http://" not in log.read_text("utf-8"):
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(30)
        return log.read_text("utf-8")

    def edit(self, path: Path, change: str) -> None:
        """Change lines in a file: they have to be there, once."""
        text = path.read_text("utf-8")
        lines = [(line[:1], line[1:]) for line in change.splitlines()]
        before = "\n".join(line for sign, line in lines if sign != "+")
        after = "\n".join(line for sign, line in lines if sign != "-")
        if before.endswith("…"):  # the rest of the line stays
            before, after = before.removesuffix("…"), after.removesuffix("…")
        else:
            before, after = before + "\n", after + "\n" if after else ""
        assert text.count(before) == 1, f"{path}: {text.count(before)} times\n{before}"
        path.write_text(text.replace(before, after), "utf-8")

    def look(self, expected: str) -> None:
        """Compare what is shown with what the page says; with SCREENS=write, change the page."""
        if shows(self.shown, expected):
            return
        if os.environ.get("SCREENS") == "write":
            text = self.page.read_text("utf-8")
            self.page.write_text(text.replace(expected, self.shown.rstrip() + "\n", 1), "utf-8")
            return
        raise AssertionError(f"The page says\n{expected}\nand the screen\n{self.shown}")


def shows(shown: str, expected: str) -> bool:
    """Tell whether a screen shows some lines; a line of dots stands for any others."""
    parts = [""]
    for line in expected.splitlines():
        if line.strip() == "...":
            parts.append("")
        else:
            parts[-1] += f"{plain(line)}\n"
    pattern = "(?s:.*)".join(map(re.escape, parts))
    lines = [line for line in shown.splitlines() if not WAITS.match(line)]
    return bool(re.fullmatch(pattern, "".join(f"{plain(line)}\n" for line in lines)))


def plain(line: str) -> str:
    """Return a line without what differs from run to run."""
    return re.sub(r"\s+", " ", NUMBER.sub("N", line.partition(" last run ")[0])).strip()
