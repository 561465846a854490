"""Open a console in the kernel of a notebook that has failed: its variables are still there.

    nbtasks attach            what a build with --env--keep_failed true has kept
    nbtasks attach clean
    nbtasks attach --end      end that kernel

`ploomber task clean --until "# %% Fit"` runs a notebook up to a cell, and opens one there.

Nothing that is typed there goes anywhere: what helps, write into the script.
"""

from __future__ import annotations

import argparse
import os
import signal
from typing import Any, cast

from nbtasks.engine.builds import kept


def main(arguments: list[str]) -> int:
    """Open the console, or end the kernel; return 1 if none is kept."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "nbtasks attach", description=__doc__, formatter_class=formatter
    )
    parser.add_argument("task", nargs="?", help="the task that has failed")
    parser.add_argument("--end", action="store_true", help="end its kernel")
    given = parser.parse_args(arguments)
    known = kept.read()
    if not known or given.task not in (None, known["task"]):
        of = given.task or "a task"
        others = f" (that of {known['task']} is)" if known else ""
        print(f"The kernel of {of} is not kept{others}. To keep it when the task fails:")
        print("ploomber build --env--keep_failed true")
        return 1
    if given.end:
        print(f"Ended: the kernel of {kept.end()}")
        return 0
    return open_console(known)


def run_until(dag: Any, name: str, until: str) -> int:
    """Run a task up to a cell, and open a console there: `ploomber task NAME --until CELL`.

    Parameters
    ----------
    dag
        The pipeline, rendered.
    name
        Of the task.
    until
        The cell: its number, as in `In [5]`, its title (`# %% Fit`) or words of it.
    """
    from ploomber.constants import TaskStatus
    from ploomber.exceptions import DAGBuildError

    cell = find_cell(dag[name], until)
    if cell is None or os.environ.get("CI"):
        print(f"{name} has no cell {until!r}" if cell is None else "Nobody can look in CI.")
        return 1
    for other in dag.values():
        if other.name in dag[name].upstream and other.exec_status != TaskStatus.Skipped:
            print(f"{other.name} has to run first: ploomber build --partially {other.name}")
            return 1
        other.exec_status = TaskStatus.Skipped
    dag[name].exec_status = TaskStatus.WaitingExecution
    kept.ask(dag[name], cell)
    dag.executor.keep_runs = 0
    try:
        dag.executor(dag, show_progress=False)
    except DAGBuildError as error:
        if kept.STOPPED not in str(error):
            print(error)
        known = kept.read()
        if known.get("task") == name:
            return open_console(known)
    return 1


def find_cell(task: Any, text: str) -> int | None:
    """Return the position of the code cell that a text means, None if there is none."""
    cells = [*enumerate(getattr(task.source, "nb_obj_rendered", {"cells": []})["cells"])]
    code = [at for at, cell in cells if cell.cell_type == "code" and cell.source.strip()]
    if text.isdecimal():
        return dict(enumerate(code, 1)).get(int(text))
    words = text.lstrip("# %").strip()
    found = [at for at, cell in cells if words in (cell.metadata.get("title"), cell.source)]
    found += [at for at, cell in cells if words in cell.source]
    return next((at for at in code if found and at >= found[0]), None)


def open_console(known: dict[str, Any]) -> int:
    """Show a prompt of IPython whose lines run in a kernel, until one types `exit`."""
    from IPython.terminal.interactiveshell import TerminalInteractiveShell
    from jupyter_client.blocking.client import BlockingKernelClient

    client = BlockingKernelClient()
    client.load_connection_info(cast(Any, known))
    client.start_channels()
    client.wait_for_ready(timeout=10)

    def interrupt(*_: object) -> None:
        client.control_channel.send(client.session.msg("interrupt_request"))

    class Console(TerminalInteractiveShell):
        """A terminal that has cells run by the kernel."""

        def run_cell(self, raw_cell: str, *words: Any, **options: Any) -> None:
            """Run a cell there; Ctrl-C stops it."""
            if raw_cell.strip() in ("exit", "quit", "exit()", "quit()"):
                self.keep_running = False
                return
            before = signal.signal(signal.SIGINT, interrupt)
            reply = client.execute_interactive(raw_cell)["content"]
            signal.signal(signal.SIGINT, before)
            self.execution_count = reply.get("execution_count", self.execution_count - 1) + 1

    print(f"The kernel of {known['task']}; `exit` leaves it as it is.")
    console: Any = Console.instance(confirm_exit=False, banner1="")
    console.execution_count = client.execute_interactive("")["content"]["execution_count"] + 1
    console.mainloop()
    client.stop_channels()
    return 0
