"""Kernels forked from the process of a build: what Jupyter starts, only sooner.

Most of what a small notebook costs is a new Python importing ipykernel and a debugger. On
Linux a copy of the build becomes the kernel: an ordinary ipykernel, to which papermill talks as
ever. A kernel of another language, or on another system, is started the usual way.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import logging
import os
import re
import signal
import sys
import traceback
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
#: The modules of the project that the build has imported; none, unless a task is a function.
OURS: list[str] = []
#: How multiprocessing calls a process that it has not started: this module is loaded in one.
BUILD = process.current_process()


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
    code = 1
    try:
        code = run_kernel(json.loads(orders)) if orders else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


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
    atexit._run_exitfuncs()  # what the notebook has registered
    return code


def forget_build() -> None:
    """Forget what a new Python would not know: the project's modules, random state, logging."""
    for name in OURS:
        sys.modules.pop(name, None)
    sys.path[:] = sys.path[first_of_path() :]
    processes.draw_new_numbers()
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    atexit._clear()
    # multiprocessing takes this process for a worker of the build; it is nobody's
    process._current_process, process._parent_process = BUILD, None


def first_of_path() -> int:
    """Return where sys.path begins that every Python has, behind what a program adds."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    known = {os.path.abspath(path) for path in given if path}
    places = (os.path.abspath(path) in known or path.endswith(".zip") for path in sys.path)
    return next((number for number, found in enumerate(places) if found), 0)


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
