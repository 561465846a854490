"""Read a pipeline in another process, and keep what it says until a file of it changes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from nbtasks.errors import Refusal

#: The variables by which Ploomber chooses.
ENVIRONMENT, PIPELINE = "PLOOMBER_ENV_FILENAME", "ENTRY_POINT"


class Choice(NamedTuple):
    """Which pipeline of which project to read, and with what."""

    root: Path
    #: Its file, from the project; None as Ploomber chooses.
    pipeline: str | None = None
    #: Such as ``("--env--sample", "true")``.
    options: tuple[str, ...] = ()
    #: The file of parameters; None as Ploomber chooses.
    environment: str | None = None

    def key(self) -> str:
        """Return a name for the choice, that of the variables of this process included."""
        named = self.pipeline or os.environ.get(PIPELINE), os.environ.get(ENVIRONMENT)
        return json.dumps([named[0], *self.options, self.environment or named[1]])


#: Project and choice -> the process that is about to read it, and when it began (nanoseconds).
RUNNING: dict[tuple[Path, str], tuple[subprocess.Popen[str], int]] = {}


def read(choice: Choice) -> dict[str, Any]:
    """Return what `nbtasks.engine.described` says of a pipeline.

    Raises
    ------
    Refusal
        If the pipeline can't be read; the text says why.
    """
    found, at = recall(choice), (choice.root, choice.key())
    while found is None:
        is_early = at in RUNNING
        start(choice)
        process, began = RUNNING.pop(at)
        answer = parse(*process.communicate())
        if keep(choice, answer, began) or not is_early:  # else a file has changed meanwhile
            found = answer
    if "error" in found:
        raise Refusal(found["error"])
    return found


def start(choice: Choice) -> None:
    """Begin to read, if that is needed; `read` waits for the end."""
    at = choice.root, choice.key()
    if at in RUNNING or recall(choice) is not None:
        return
    environ = {name: text for name, text in os.environ.items() if name != "MPLBACKEND"}
    if choice.environment:
        environ[ENVIRONMENT] = choice.environment
    pipeline = ["--entry-point", choice.pipeline] if choice.pipeline else []
    began = time.time_ns()
    process = subprocess.Popen(
        [sys.executable, "-m", "nbtasks.engine.described", *pipeline, *choice.options],
        cwd=choice.root,
        env=environ | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # interrupting a cell is not meant for it
    )
    RUNNING[at] = process, began


def parse(answer: str, said: str) -> dict[str, Any]:
    """Return the data that the process has printed; where there is none, an error."""
    lines = answer.strip().splitlines() or [""]
    try:
        found = json.loads(lines[-1])
    except ValueError:
        found = {"error": (said.strip().splitlines() or ["reading it ended at once"])[-1]}
    return found if isinstance(found, dict) else {"error": lines[-1]}


def memory_file(choice: Choice) -> Path:
    """Return the file that keeps answers, for the next session too; git ignores it."""
    return choice.root / ".cache" / "parameters.json"


def memory(choice: Choice) -> dict[str, Any]:
    """Return the answers that are kept: choice -> `state` of the files, and `answer`."""
    try:
        found = json.loads(memory_file(choice).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def recall(choice: Choice) -> dict[str, Any] | None:
    """Return the answer that is kept, unless a file that it depends on has changed."""
    kept: dict[str, Any] = memory(choice).get(choice.key(), {})
    answer: dict[str, Any] | None = kept.get("answer")
    if answer is None or kept["state"] != state(choice, answer["files"]):
        return None
    return answer


def keep(choice: Choice, answer: dict[str, Any], began: int) -> bool:
    """Keep an answer; return False if it is none, or if a file has changed since it began."""
    if not answer.get("files"):
        return False
    now = state(choice, answer["files"])
    if any(times and max(times[1:3]) >= began for times in now.values()):
        return False
    kept = memory(choice) | {choice.key(): {"state": now, "answer": answer}}
    path = memory_file(choice)
    written = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError):  # the disk may be full
        path.parent.mkdir(exist_ok=True)
        written.write_text(json.dumps(kept), encoding="utf-8")
        written.replace(path)
    return True


def state(choice: Choice, files: list[str]) -> dict[str, list[int] | None]:
    """Return what changes when one of some files does, or when there is one more file of YAML.

    Our own sources count too, for the day of an update.
    """
    ours = Path(__file__).parent.parent / "engine" / "described.py"
    paths = {*files, *map(str, choice.root.glob("*.yaml")), str(ours)}
    return {path: look(path) for path in sorted(paths)}


def look(path: str) -> list[int] | None:
    """Return size, times (nanoseconds) and number of a file; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
