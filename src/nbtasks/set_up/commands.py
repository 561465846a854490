"""Run commands for bootstrap.py: show each one, and the details when it fails."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from nbtasks.project import root

if TYPE_CHECKING:
    Part = str | os.PathLike[str]
    Ended = subprocess.CompletedProcess[str] | subprocess.Popen[str]

T = TypeVar("T")
WINDOWS = os.name == "nt"
# What must not leak into the commands.
LEAKS = {
    # git and uv act on what these name rather than on this folder
    "VIRTUAL_ENV",
    "PYTHONHOME",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    # each task would compile all that it imports again
    "PYTHONDONTWRITEBYTECODE",
}


class SetupError(Exception):
    """A step failed; the message says what and, where it helps, what to do about it."""


def quote(command: Sequence[Part]) -> str:
    """Return a command as it would be typed, in the project folder."""
    inside = str(root()) + os.sep
    parts = [str(part) for part in command]
    parts = [part[len(inside) :] if part.startswith(inside) else part for part in parts]
    return subprocess.list2cmdline(parts) if WINDOWS else " ".join(map(shlex.quote, parts))


def environ() -> dict[str, str]:
    """Return the environment of the commands."""
    return {name: value for name, value in os.environ.items() if name not in LEAKS}


def python() -> str:
    """Return what the command of Python is called here."""
    return "python" if shutil.which("python") else "python3"


def start(function: Callable[..., T], command: Sequence[Part], **options: Any) -> T:
    """Start a command in the project folder, by a function of `subprocess`."""
    sys.stdout.flush()
    options.update(cwd=str(root()), env=environ(), encoding="utf-8", errors="replace")
    try:
        return function([str(part) for part in command], **options)
    except OSError as error:
        raise SetupError(f"{command[0]} could not be started: {error}") from None


def check(command: Sequence[Part], process: Ended) -> None:
    """Raise SetupError if a command that has ended has failed."""
    if process.returncode:
        typed = quote(command[:4])
        raise SetupError(f"`{typed} ...` failed (exit code {process.returncode})")


def run(*command: Part) -> None:
    """Print a command and run it; what it prints is for the reader."""
    print("  $", quote(command))
    check(command, start(subprocess.run, command))


def ask(*command: Part) -> str:
    """Run a command and return what it printed, without a word on the screen."""
    done = start(subprocess.run, command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    check(command, done)
    printed: str = done.stdout
    return printed.strip()


def works(*command: Part) -> bool:
    """Tell whether a command can be run and succeeds."""
    try:
        ask(*command)
    except SetupError:
        return False
    return True


def watch(*command: Part) -> list[str]:
    """Print a command, run it and return the lines that it printed.

    They are shown when it fails only. Meanwhile a terminal shows one line: the seconds, and
    the last thing that the command said.
    """
    print("  $", quote(command))
    process = start(subprocess.Popen, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines: list[str] = []
    said: Any = process.stdout  # a pipe, as asked for above
    reader = threading.Thread(target=lambda: lines.extend(said), daemon=True)
    reader.start()
    try:
        show_progress(reader, lines)
        process.wait()
        said.close()
    finally:
        process.kill()  # does nothing unless Ctrl-C was typed
    if process.returncode:
        print("".join(f"    {line}" for line in lines), flush=True)
    check(command, process)
    return lines


def show_progress(reader: threading.Thread, lines: list[str]) -> None:
    """Wait for a thread; a terminal shows the seconds and the last of the lines that it reads."""
    started, terminal = time.monotonic(), sys.stdout.isatty()
    while reader.is_alive():
        reader.join(0.2)
        if terminal:
            last = lines[-1].strip() if lines else ""
            text = f"  {time.monotonic() - started:.0f} s  {last}"[:79]
            print(f"\r{text:<79}", end="", flush=True)
    if terminal:
        print(f"\r{'':<79}\r", end="", flush=True)
