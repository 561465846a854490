"""Set up this project: the environment, the package and the git hooks.

Run it once after `git clone`, and again whenever requirements.lock has changed:

    python bootstrap.py

It needs nothing but Python and git, shows the commands that fail, keeps what is there
already and can be run again at any time.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from nbtasks.project import root, spare_the_home
from nbtasks.set_up import commands, environment, left, packages, repository
from nbtasks.set_up.commands import WINDOWS, SetupError, run, start, watch

T = TypeVar("T")


def sync_notebooks(python: Path) -> None:
    """Make the notebooks of the tasks, and a folder to try things out in."""
    (root() / "exploration").mkdir(exist_ok=True)
    lines = watch(python, "-m", "nbtasks", "sync", "--exit-zero")
    print(*(line for line in lines if not line.startswith("Refreshed ")), sep="", end="")


def first_run(python: Path) -> None:
    """Run the pipeline once on a sample of the data."""
    ploomber = packages.program_of(python, "ploomber")
    run(ploomber or "ploomber", "build", "--env--sample", "true")


def default_environment() -> str:
    """Return where the project was asked to be installed when it was made."""
    path = root() / "pyproject.toml"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r'(?m)^environment = "(\w+)"', text)
    return "current" if found and found.group(1) == "current" else "venv"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python bootstrap.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--environment",
        choices=["venv", "current"],
        default=default_environment(),
        help="install in .venv, or in the environment that is active (default: %(default)s)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="only tell whether the environment is that of requirements.lock",
    )
    parser.add_argument(
        "--first-commit",
        action="store_true",
        help="also make a git repository and its first commit (a project just generated)",
    )
    parser.add_argument(
        "--first-run",
        action="store_true",
        help="also run the pipeline on a sample of the data",
    )
    parser.add_argument(
        "--into",
        metavar="REPOSITORY",
        help="only copy this project into a git repository that exists; overwrites nothing",
    )
    return parser.parse_args(arguments)


class Steps:
    """Takes steps; one that fails does not stop those that can do without it."""

    def __init__(self) -> None:
        """Start with no failure."""
        self.failures: list[str] = []
        self.python: Path | None = None

    def take(self, title: str, function: Callable[..., T], *args: Any) -> T | None:
        """Print the title of a step and take it; return what it returns, None if it fails."""
        print(title, flush=True)
        try:
            return function(*args)
        except (SetupError, OSError) as error:
            print(f"  FAILED: {error}", flush=True)
            self.failures.append(f"{title}: {error}")
            return None

    def take_all(self, options: argparse.Namespace) -> None:
        """Take every step that was asked for and can be taken."""
        if options.first_commit:
            self.take("The git repository", repository.make_repository)
        python = self.take("The environment", environment.build_environment, options.environment)
        self.python = python
        if python:
            self.take("The git hooks", repository.register_hooks, python)
            self.take("The notebooks of the tasks", sync_notebooks, python)
        if options.first_commit:
            self.take("The first commit", repository.first_commit)
        if python and options.first_run:
            self.take("The first run, on a sample of the data", first_run, python)


def main(arguments: list[str] | None = None, typed_in: str = ".") -> int:
    """Take every step that can be taken; return 0 if none failed.

    `typed_in` is the folder that the command was typed in.
    """
    options = parse(arguments)
    if options.check:
        return environment.check_lock()
    if options.into:
        return repository.copy_into(Path(typed_in, options.into))
    if left.is_in_the_way():
        print("Nothing was installed: an update or a merge is not finished.")
        left.show([*left.to_decide(), *left.to_lock(), left.INSTALL])
        return 1
    left.forget_compiled_tools()
    spare_the_home()
    steps, started = Steps(), time.monotonic()
    try:
        steps.take_all(options)
    except KeyboardInterrupt:
        steps.failures.append("stopped by Ctrl-C")
    if steps.failures:
        report_failures(steps.failures, again(options, *flags(options)))
        return 1
    print(f"\nReady, in {time.monotonic() - started:.0f} seconds.")
    if steps.python:
        report_next(options, steps.python)
    return 0


def quote(*parts: str) -> str:
    """Return a command as it would be typed anywhere."""
    return subprocess.list2cmdline(parts) if WINDOWS else " ".join(map(shlex.quote, parts))


def again(options: argparse.Namespace, *more: str) -> str:
    """Return what to type to run this once more."""
    script = str(root() / "bootstrap.py")
    return quote(commands.python(), script, "--environment", options.environment, *more)


def report_next(options: argparse.Namespace, python: Path) -> None:
    """Name the results, and what to type next."""
    if options.first_run:
        report_results()
    if repository.find_repository() is None and shutil.which("git"):
        print("This folder is no git repository yet, so it has no git hooks. To make it one:")
        print(f"  {again(options, '--first-commit')}")
    print("What to type next:")
    print(f"  {quote('cd', str(root()))}")
    if options.environment == "venv":
        print("  .venv\\Scripts\\activate" if WINDOWS else "  source .venv/bin/activate")
    if left.is_update():
        start(subprocess.run, [python, "-m", "nbtasks", "update", "--left"])
    else:
        print("  ploomber build")


def flags(options: argparse.Namespace) -> list[str]:
    """Return the flags of the command line."""
    return ["--first-commit"] * options.first_commit + ["--first-run"] * options.first_run


def report_failures(failures: list[str], again: str) -> None:
    """Say what failed, and what to type to go on from there."""
    print("\nNot all is set up; what is there stays.")
    for failure in failures:
        print(f"  {failure}")
    print(f"To go on from here:\n  {again}")


def report_results() -> None:
    """Name the results of the first run: those to look at, or else the tables."""
    products = root() / "products"
    reports = sorted(products.rglob("index.html")) or sorted(products.rglob("*.html"))
    print(f"The results of the first run{', to open in a browser' if reports else ''}:")
    for result in reports or sorted(products.rglob("*.parquet")):
        print(f"  {result}")
