"""Stop a build by Ctrl-C, by `kill`, or by closing its terminal."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from IPython import get_ipython

from nbtasks.pipeline import options

NAMES = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """A signal has asked the build to stop."""

    def __init__(self, number: int) -> None:
        """Keep the number of the signal."""
        super().__init__(number)
        self.number, self.name = number, signal.Signals(number).name


def stop(number: int, frame: Any) -> None:
    """Stop what runs now; later signals are ignored, so that they do not stop the cleaning up."""
    for name in NAMES:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise Stopped(number)


@contextmanager
def on_signals() -> Iterator[None]:
    """Raise Stopped when a signal comes; then end the command quietly, as programs do."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}
    ignored = {"SIGHUP"} if before.get("SIGHUP") is signal.SIG_IGN else set()  # nohup
    for name in before.keys() - ignored:
        signal.signal(getattr(signal, name), stop)
    try:
        yield
    except Stopped as error:
        if is_interactive():
            raise
        raise SystemExit(128 + error.number) from None
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def is_interactive() -> bool:
    """Tell whether somebody types Python: a signal must not end that."""
    return hasattr(sys, "ps1") or get_ipython() is not None


def is_command() -> bool:
    """Tell whether `ploomber build` has been typed: it prints what a build returns, a table."""
    program = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    return options.is_ploomber(program) and not is_interactive()
