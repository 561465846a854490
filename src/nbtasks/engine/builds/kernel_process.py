"""What a copy of the build does to be a kernel: as a new Python would, to its very end."""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import json
import logging
import multiprocessing.util
import os
import re
import signal
import sys
import threading
import traceback
import warnings
import weakref
from contextlib import suppress
from multiprocessing import process
from typing import Any

from nbtasks.engine.builds import processes
from nbtasks.project import root

#: Keeps the debugger from warning of modules that it can't step into.
QUIET_DEBUGGER = "PYDEVD_DISABLE_FILE_VALIDATION"
#: The modules of the project that the build has imported; none, unless a task is a function.
OURS: list[str] = []
#: Modules that decide, while they are imported, by whether they are in a notebook.
DECIDED = ("tqdm.auto", "tqdm.autonotebook")
#: How multiprocessing calls a process that it has not started: this module is loaded in one.
BUILD = process.current_process()


#: What a new Python hides and shows; and what numpy hides, which the build has imported.
PYTHON_SHOWS = [
    ("default", None, DeprecationWarning, "__main__", 0),
    *(
        ("ignore", None, kind, None, 0)
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
    ),
]
NUMPY_SAYS = [
    ("ignore", re.compile(f"numpy.{what} size changed", re.I), Warning, None, 0)
    for what in ("ndarray", "ufunc", "dtype")
]


def become_kernel(reader: int) -> None:
    """Wait for orders, then be an ordinary kernel until it is shut down; never return."""
    gc.freeze()  # collecting would copy all of the build's memory
    processes.end_with_parent(os.getppid())
    with os.fdopen(reader, encoding="utf-8") as pipe:
        orders = pipe.read()
    if not orders:
        os._exit(0)
    code = 1
    try:
        code = run_kernel(json.loads(orders))
    except BaseException:
        traceback.print_exc()
    finally:
        end(code)


def end(code: int) -> None:
    """End this process as Python does, but for taking down the libraries, which takes long.

    Wait for threads and child processes, run what was registered, let go of what the notebook
    and the project's modules hold, and write all that is buffered.
    """
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        ours = [module for module in sys.modules.values() if is_ours(module)]
        for module in [sys.modules["__main__"], *ours]:
            vars(module).clear()
        gc.collect()  # not what the build had: it is frozen
        for item in gc.get_objects():
            if isinstance(item, io.IOBase):
                with suppress(Exception):
                    item.flush()
        ctypes.CDLL(None).fflush(None)
    finally:
        os._exit(code)


def is_ours(module: Any) -> bool:
    """Tell whether a module is one of the project."""
    file = getattr(module, "__file__", None) or ""
    return file.startswith(str(root()) + os.sep) and not file.startswith(sys.prefix + os.sep)


def note_ours() -> None:
    """Note the modules of the project that the build has imported, for kernels to forget."""
    OURS[:] = [name for name, module in [*sys.modules.items()] if is_ours(module)]


def run_kernel(orders: dict[str, Any]) -> int:
    """Run ipykernel as a new Python would, and return its exit code."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(orders["env"])
    os.environ.setdefault(QUIET_DEBUGGER, "1")  # as in a kernel started anew
    os.chdir(orders["cwd"] or os.getcwd())
    forget_build()
    sys.argv = orders["arguments"]
    processes.rename([sys.executable, "-m", "ipykernel_launcher", *sys.argv[1:]])

    from ipykernel.kernelapp import IPKernelApp

    code = 0
    try:
        IPKernelApp.launch_instance(parent_handle=os.getppid())
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0
    atexit.unregister(IPKernelApp.instance().close)  # now and then it waits for itself
    return code


def forget_build() -> None:
    """Forget what a new Python would not know: the project's modules, random state, logging."""
    for name in (*OURS, *DECIDED):
        sys.modules.pop(name, None)
    sys.path[:] = new_path()
    processes.draw_new_numbers()
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    show_warnings()
    # What the build has to do at its end is not for us to do; what Python has is.
    logging._handlerList.clear()
    weakref.finalize._registry.clear()
    weakref.finalize._registered_with_atexit = False
    atexit._clear()
    for function in (logging.shutdown, multiprocessing.util._exit_function):
        atexit.register(function)
    # multiprocessing takes this process for a worker of the build; it is nobody's
    process._current_process, process._parent_process = BUILD, None


def show_warnings() -> None:
    """Show the warnings that a new Python shows; those of the libraries stay as these have them."""
    ours = [each for each in warnings.filters if each[2].__module__ != "builtins"]
    warnings.resetwarnings()
    shown: Any = warnings.filters  # a list, which the stubs call a sequence
    shown[:] = [*ours, *NUMPY_SAYS, *PYTHON_SHOWS]
    warnings._processoptions(sys.warnoptions)


def new_path() -> list[str]:
    """Return the sys.path of a new Python, which lacks what a program has added in front."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    ends = (number for number, path in enumerate(sys.path) if path.endswith(".zip"))
    return [*(os.path.abspath(path) for path in given if path), *sys.path[next(ends, 0) :]]
