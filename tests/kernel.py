"""A kernel of a project, to which the tests send what editors send."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import TEMPLATE, Project
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

#: What set-up copies to an environment, where IPython looks for it.
CONFIGURATION = TEMPLATE / "src" / "nbtasks" / "editors"


@dataclass
class Kernel:
    """A kernel that runs, and how an editor talks to it."""

    client: BlockingKernelClient
    manager: KernelManager

    def send(self, code: str, **content: Any) -> str:
        """Run code, and return what it has shown: outputs, and the last line of an error."""
        shown: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append(content["text"])
            elif message["msg_type"] == "execute_result":
                shown.append(content["data"]["text/plain"] + "\n")
            elif message["msg_type"] == "error":
                shown.append(f"{content['ename']}: {content['evalue']}\n")

        self.client.execute_interactive(code, output_hook=hook, timeout=120, **content)
        return "".join(shown)

    def hidden(self, code: str) -> str:
        """Run what VS Code runs by itself: executeSilently in its kernels/helpers.ts."""
        return self.send(code, silent=False, store_history=False, stop_on_error=False)

    def tell_file(self, path: Path | str) -> None:
        """Set the file as VS Code does: setFileInKernel in its InteractiveWindowController.ts."""
        escaped = str(path).replace("\\", "\\\\")
        assert self.hidden(f"__file__ = '{escaped}'") == ""

    def value(self, expression: str) -> Any:
        """Return a value of the session that can be written down."""
        return ast.literal_eval(self.send(f"print(repr({expression}))", store_history=False))


def as_ipython_finds_it(folder: Path) -> dict[str, str]:
    """Return the variables by which IPython finds what set-up copies to an environment."""
    profile = folder / "ipython" / "profile_default"
    if not profile.exists():
        profile.mkdir(parents=True)
        for path in CONFIGURATION.glob("ipython*_config.py"):
            shutil.copy(path, profile)
    return {"IPYTHONDIR": str(profile.parent), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}


@contextmanager
def started(
    project: Project, cwd: Path | None = None, python: str | Path = sys.executable, **environ: str
) -> Iterator[Kernel]:
    """Start a kernel in a folder, that of the tasks unless another is given."""
    manager = KernelManager()
    assert manager.kernel_spec
    manager.kernel_spec.argv[0] = str(python)
    manager.start_kernel(cwd=str(cwd or project.path / "tasks"), env=project.environ | environ)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(client, manager)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def cells_of(project: Project, name: str) -> list[str]:
    """Return the cells of a script as VS Code sends them, each with its first line."""
    text = project.read(name)
    return [f"# %%{part}" for part in text.split("# %%")[1:] if not part.startswith(" [markdown]")]
