"""`ploomber` and `nbtasks` in a copy of this process, which has imported what they import.

A build of small tasks takes its 2 seconds for imports. A copy takes none, changes nothing here,
and is thrown away with all that it has learned, as the process of a command is.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import logging
import os
import signal
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

#: What the command imports, and what a build imports for its tasks.
IMPORTED = "ploomber_cli.cli ploomber.cli nbtasks.engine.hooks nbtasks.engine.executor pyarrow"
IMPORTED += " pandera.pandas pyarrow.dataset pyarrow.parquet nbconvert.exporters plotly"
#: What tells a build that it is part of something else; other tests may have imported it.
TELLING = ("jupyterlab", "soopervisor")
#: What Python does not show by itself.
QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@functools.cache
def load() -> None:
    """Import it all, once a process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in IMPORTED.split():
            importlib.import_module(name)
        importlib.import_module("nbtasks.engine.builds.kernels").import_kernel()


def run(
    words: list[str],
    cwd: Path,
    environ: dict[str, str],
    typed: str = "",
    call: Callable[[], int | None] | None = None,
) -> tuple[int, str]:
    """Run `ploomber ...` or `nbtasks ...`; return its exit code and what it has printed.

    `call` is what the process does instead, once it looks like that of the command.
    """
    load()
    with tempfile.TemporaryFile() as screen, tempfile.TemporaryFile() as keyboard:
        keyboard.write(typed.encode())
        keyboard.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forks beside threads
            pid = os.fork()
        if pid == 0:
            files = keyboard.fileno(), screen.fileno()
            be_a_command(lambda: run_command(words, cwd, environ, call), *files)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        screen.seek(0)
        return code, screen.read().decode("utf-8").replace("\r\n", "\n")


def be_a_command(command: Callable[[], int], keyboard: int, screen: int) -> NoReturn:
    """Read and write files as a command does the terminal, and end with its exit code."""
    code = 1
    try:
        atexit._clear()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, file in enumerate((keyboard, screen, screen)):
            os.dup2(file, number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout, sys.stderr = (
            open(number, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
            for number in (1, 2)
        )
        code = command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run_command(
    words: list[str], cwd: Path, environ: dict[str, str], call: Callable[[], int | None] | None
) -> int:
    """Set this process up as that of the command, run it, and return its exit code."""
    import conftest
    from ploomber_cli.cli import cmd_router

    from nbtasks.__main__ import run_to_the_pipe

    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    conftest.forget()
    for name in TELLING:
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    sys.dont_write_bytecode = True  # the tests edit a module several times a second
    program = str(Path(sys.executable).with_name(words[0]))
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.modules["__main__"].__file__ = program
    sys.argv = [program, *words[1:]]
    sys.orig_argv = [sys.executable, *sys.argv]
    python = next(number for number, path in enumerate(sys.path) if path.endswith(".zip"))
    given = filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [str(Path(program).parent), *given, *sys.path[python:]]
    sys.meta_path[:] = [finder for finder in sys.meta_path if "pytest" not in repr(finder)]
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    warnings.resetwarnings()
    for category in QUIET:
        warnings.simplefilter("ignore", category)
    warnings.showwarning = show_warning
    command: Callable[[], int | None]
    command = {"ploomber": cmd_router, "nbtasks": run_to_the_pipe}[words[0]]
    code: int | None = (call or command)()
    return code or 0


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as Python does; pytest collects them."""
    print(warnings.formatwarning(message, category, filename, lineno, line), file=sys.stderr)
