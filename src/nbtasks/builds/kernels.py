"""Kernels forked from the process of a build: what Jupyter starts, only sooner.

Most of what a small notebook costs is a new Python importing ipykernel and a debugger. On
Linux a copy of the build becomes the kernel: an ordinary ipykernel, to which papermill talks as
ever. A kernel of another language, or on another system, is started the usual way.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
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
from importlib.util import find_spec
from multiprocessing import process
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from nbtasks.builds import processes
from nbtasks.project import root

#: What sets variables of the environment, which numpy reads only while it is imported.
SETS_ENVIRONMENT = re.compile(r"environ|%env|%set_env|putenv|threadpool")
#: What a kernel imports, some of it only when it starts.
IMPORTED = "ipykernel.debugger ipykernel.kernelapp IPython.core.completerlib IPython.core.logger"
IMPORTED += " IPython.extensions.storemagic tornado.platform.asyncio"
#: Keeps the debugger from warning of modules that it can't step into.
QUIET_DEBUGGER = "PYDEVD_DISABLE_FILE_VALIDATION"
#: For half of these seconds a kernel may go on after its last cell: threads that write, say.
PATIENCE = 20.0
#: The modules of the project that the build has imported; none, unless a task is a function.
OURS: list[str] = []
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


class Forked:
    """A kernel's process, with the part of `subprocess.Popen` that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        """Fork this process; the copy waits until it is told what to run."""
        self.returncode: int | None = None
        reader, self.orders = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.orders)
            become_kernel(reader)
        os.close(reader)

    def tell(self, orders: dict[str, Any]) -> None:
        """Have the copy run: `arguments`, `env`, `cwd`."""
        with os.fdopen(self.orders, "w", encoding="utf-8") as pipe:
            json.dump(orders, pipe)

    def poll(self) -> int | None:
        """Return the exit code, None while the process lives."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self) -> int:
        """Wait until the process has ended, and return its exit code."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process."""
        self.send_signal(signal.SIGKILL)


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
        for module in [module for module in sys.modules.values() if is_ours(module)]:
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
    """Tell whether a module is the notebook or one of the project."""
    file = getattr(module, "__file__", None) or ""
    inside = file.startswith(str(root()) + os.sep) and not file.startswith(sys.prefix + os.sep)
    return inside or getattr(module, "__name__", "") == "__main__"


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
    for name in OURS:
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
    warnings.filters[:] = [*ours, *NUMPY_SAYS, *PYTHON_SHOWS]
    warnings._processoptions(sys.warnoptions)


def new_path() -> list[str]:
    """Return the sys.path of a new Python, which lacks what a program has added in front."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    ends = (number for number, path in enumerate(sys.path) if path.endswith(".zip"))
    return [*(os.path.abspath(path) for path in given if path), *sys.path[next(ends, 0) :]]


class Provisioner(LocalProvisioner):
    """Starts the kernel of this Python by a fork, and others as Jupyter does."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel with a command."""
        spare, Manager.spare = Manager.spare, None
        if spare is None or cmd[0] != sys.executable or "ipykernel_launcher" not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        launcher = find_spec("ipykernel_launcher").origin
        arguments = [launcher, *cmd[cmd.index("ipykernel_launcher") + 1 :]]
        env = kwargs["env"] | {"JPY_PARENT_PID": str(os.getpid())}
        spare.tell({"arguments": arguments, "env": env, "cwd": kwargs.get("cwd")})
        self.process, self.pid, self.pgid = spare, spare.pid, spare.pid
        return self.connection_info

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """Return for how many seconds a kernel may end by itself; it is killed half-way."""
        return max(recommended, PATIENCE) if isinstance(self.process, Forked) else recommended

    async def terminate(self, restart: bool = False) -> None:
        """End a kernel that does not end by itself, and say so."""
        warnings.warn(
            "its kernel was still at work after its last cell, and was ended: what a thread had "
            "yet to write is missing. Wait for threads in a cell: thread.join(), future.result()",
            stacklevel=2,
        )
        await super().terminate(restart)


class Manager(AsyncKernelManager):
    """Jupyter's kernel manager, with a process that waits to become the kernel."""

    spare: Forked | None = None

    def __init__(self, **kwargs: Any) -> None:
        """See jupyter_client."""
        super().__init__(**kwargs)
        self.provisioner = Provisioner(
            kernel_id="notebook", kernel_spec=self.kernel_spec, parent=self
        )


def import_kernel() -> None:
    """Import what a kernel needs, once for all of a build; say nothing meanwhile."""
    before, os.environ[QUIET_DEBUGGER] = os.environ.get(QUIET_DEBUGGER), "1"
    for name in IMPORTED.split():
        importlib.import_module(name)
    if before is None:
        del os.environ[QUIET_DEBUGGER]
    project, venv = str(root()) + os.sep, sys.prefix + os.sep
    files = {name: getattr(module, "__file__", "") or "" for name, module in sys.modules.items()}
    OURS[:] = [n for n, f in files.items() if f.startswith(project) and not f.startswith(venv)]


def prepare(task: Any) -> None:
    """Fork the kernel of a notebook task, while this process has no other thread."""
    code = "".join(cell.source for cell in task.source.nb_obj_rendered.cells)
    texts = [path.read_text("utf-8", "replace") for path in (root() / "src").rglob("*.py")]
    is_clean = not OURS  # they may have made settings
    # Matplotlib, which Ploomber imports where it can, has chosen how to show figures by now
    is_clean &= "matplotlib" not in sys.modules
    if is_clean and not any(SETS_ENVIRONMENT.search(text) for text in [code, *texts]):
        Manager.spare = Forked()
        task.executor_params["kernel_manager_class"] = Manager
