"""The pipeline on a cluster: what soopervisor, which makes the jobs, leaves open.

Every Ploomber command comes through here once it has read the pipeline; only exports and jobs
take turns.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from nbtasks.engine import plain
from nbtasks.engine.builds import turns
from nbtasks.project import root

#: The file that soopervisor hands to SLURM, one task after the other.
SCRIPT = "_job.sh"
#: The locked files by their path; the system unlocks them when this process ends.
HELD: dict[Path, IO[str]] = {}


def is_used() -> bool:
    """Tell whether this process hands jobs over, or is one."""
    exports = "soopervisor" in sys.modules and (root() / "cluster").is_dir()
    return exports or "TASK_OF_JOB" in os.environ  # see cluster/template.sh


def take_turn(dag: Any) -> bool:
    """Take turns with other exports, and in a job with other jobs.

    Return whether the rendered pipeline was rendered anew, after other jobs have ended.
    """
    if "soopervisor" in sys.modules:
        start_export()
    name = os.environ.get("TASK_OF_JOB")
    if name not in dag or HELD:
        return False
    wait_for_other_jobs(dag[name])
    for task in dag.values():
        task.product.metadata.clear()  # they may have made it meanwhile
    dag.render(show_progress=False)  # and so comes here again
    return True


def start_export() -> None:
    """Let one export at a time hand over its jobs, and prepare for its end."""
    if HELD:
        return
    lock(root() / "cluster" / ".export.lock", "another export is handing over its jobs")
    atexit.register((root() / SCRIPT).unlink, missing_ok=True)
    sys.excepthook = explain


def explain(kind: type, error: BaseException, traceback: TracebackType | None) -> None:
    """Show what SLURM said when it refused a job; soopervisor keeps that back."""
    if not isinstance(error, subprocess.CalledProcessError) or error.cmd[0] != "sbatch":
        return sys.__excepthook__(kind, error, traceback)
    said = error.stderr.decode(errors="replace").strip()
    print(
        f"\nSLURM refused a job: {said}\n"
        "Jobs that were handed over before it run. What a job asks for is in "
        "cluster/template.sh;\nthen type the same command again.",
        file=sys.stderr,
    )


def wait_for_other_jobs(task: Any) -> None:
    """Wait until no job writes what the task of this one reads, or reads what it writes.

    There are such jobs after a second export, and when a node is lost while what ran
    there goes on.
    """
    for other in task.upstream.values():  # first, so that no two jobs wait for each other
        lock(lock_of(other), f"another job is running {other.name}", shared=True)
    lock(lock_of(task), f"another job is running {task.name}, or a task that reads its products")


def lock_of(task: Any) -> Path:
    """Return the file that jobs lock while they read or write the products of a task."""
    first = next(iter(plain.own_products(task).values()))
    return Path(str(first)).with_name(f".{task.name}.lock")


def lock(path: Path, reason: str, *, shared: bool = False) -> None:
    """Lock a file, whatever node others lock it on; say the reason when that takes a while."""
    import fcntl  # Windows has none, and no jobs

    path.parent.mkdir(parents=True, exist_ok=True)
    HELD[path] = path.open("a+")
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(HELD[path], kind | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Waiting: {reason}", flush=True)
        fcntl.flock(HELD[path], kind)
    except OSError as error:
        if error.errno not in turns.WITHOUT_LOCKS:
            raise
        turns.say_no_locks()
