"""Kernels forked from the process of a build: what Jupyter starts, only sooner.

Most of what a small notebook costs is a new Python importing ipykernel and a debugger. On
Linux a copy of the build becomes the kernel: an ordinary ipykernel, to which papermill talks as
ever. A kernel of another language, or on another system, is started the usual way.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sys
import warnings
from importlib.util import find_spec
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from nbtasks.engine import ipython
from nbtasks.engine.builds import kernel_process
from nbtasks.engine.builds.kernel_process import QUIET_DEBUGGER
from nbtasks.project import root

#: What sets variables of the environment, which numpy reads only while it is imported.
SETS_ENVIRONMENT = re.compile(r"environ|%env|%set_env|putenv|threadpool")
#: What a kernel imports, some of it only when it starts.
IMPORTED = "ipykernel.debugger ipykernel.kernelapp IPython.core.completerlib IPython.core.logger"
IMPORTED += " IPython.extensions.storemagic tornado.platform.asyncio"
#: For half of these seconds a kernel may go on after its last cell: threads that write, say.
PATIENCE = 20.0


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
            kernel_process.become_kernel(reader)
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


class Provisioner(LocalProvisioner):
    """Starts the kernel of this Python by a fork, and others as Jupyter does."""

    process: Any  # a Popen, or what of it Jupyter uses: Forked

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel with a command."""
        spare, Manager.spare = Manager.spare, None
        launcher = find_spec("ipykernel_launcher")
        is_ours = cmd[0] == sys.executable and "ipykernel_launcher" in cmd
        if spare is None or launcher is None or not is_ours:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = [launcher.origin, *cmd[cmd.index("ipykernel_launcher") + 1 :]]
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


class Manager(ipython.KernelManager):
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
    kernel_process.note_ours()


def prepare(task: Any) -> None:
    """Fork the kernel of a notebook task, while this process has no other thread."""
    code = "".join(cell.source for cell in task.source.nb_obj_rendered.cells)
    texts = [path.read_text("utf-8", "replace") for path in (root() / "src").rglob("*.py")]
    is_clean = not kernel_process.OURS  # they may have made settings
    # Matplotlib, which Ploomber imports where it can, has chosen how to show figures by now
    is_clean &= "matplotlib" not in sys.modules
    if is_clean and not any(SETS_ENVIRONMENT.search(text) for text in [code, *texts]):
        Manager.spare = Forked()
        task.executor_params["kernel_manager_class"] = Manager
