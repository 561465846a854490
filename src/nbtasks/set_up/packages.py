"""Install what requirements.lock names."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from nbtasks.project import root
from nbtasks.set_up.commands import SetupError, ask, watch

LOCK = "requirements.lock"
# The folder of our wheel. Who has an index for it may delete this folder.
VENDOR = "vendor"
# What installs packages stays.
INSTALLERS = {"pip", "setuptools", "uv", "wheel"}
# Prints the packages of an environment, and where those came from that no index has.
LIST = """
import importlib.metadata, sysconfig
for package in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")]):
    print(package.metadata["Name"], package.read_text("direct_url.json") or "")
"""
# A line of the lock that asks for something by its place.
SOURCE = re.compile(r"-e |[\w.\[\],-]+ @ |(?:[.~/]|[a-z+]+:|[A-Za-z]:[\\/]).*")


def program_of(python: Path, name: str) -> str | None:
    """Return a program that is installed in an environment, or None."""
    folders = [str(python.parent), str(python.parent / "Scripts")]  # Scripts: conda on Windows
    return shutil.which(name, path=os.pathsep.join(folders))


def find_uv(python: Path | None = None) -> str | None:
    """Return uv: of this machine, or else of the environment; None if there is none."""
    inside = program_of(python, "uv") if python else None
    return shutil.which("uv") or os.environ.get("UV") or inside


def install_uv(python: Path) -> str:
    """Install the uv that the lock names, by pip, and return it."""
    wanted = re.search(r"(?m)^uv==(?:.*\\\n)*.*\n", (root() / LOCK).read_text(encoding="utf-8"))
    if not wanted:
        raise SetupError("requirements.lock names no uv: install uv, see docs.astral.sh/uv")
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "uv.txt"
        requirements.write_text(wanted.group(), encoding="utf-8")
        watch(python, "-m", "pip", "install", "--require-hashes", "-r", requirements)
    found = program_of(python, "uv")
    if found is None:
        raise SetupError(f"pip has installed uv, but it is not beside {python}")
    return found


def fingerprint_of_lock() -> str:
    """Return a short name for the contents of the lock."""
    text = (root() / LOCK).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def split_lock() -> tuple[str, str]:
    """Return the lock as two texts: what has hashes, and folders and repositories, without."""
    blocks = re.findall(r"(?:.*\\\n)*.*\n", (root() / LOCK).read_text(encoding="utf-8"))
    unhashed = [block for block in blocks if SOURCE.match(block) and "--hash" not in block]
    return "".join(block for block in blocks if block not in unhashed), "".join(unhashed)


def locks_in(folder: str) -> tuple[str | Path, Path | None]:
    """Return the lock, and what of it has no hashes; what can't be installed as it is, is copied.

    Without the folder of our wheel the copy does not name it.
    """
    hashed, unhashed = split_lock()
    if (root() / VENDOR).is_dir() and not unhashed:
        return LOCK, None
    copy, rest = Path(folder) / LOCK, Path(folder) / "sources.txt"
    copy.write_text(re.sub(r"(?m)^--find-links .*\n", "", hashed), encoding="utf-8")
    rest.write_text(unhashed, encoding="utf-8")
    return copy, rest if unhashed else None


def install(python: Path, flags: list[str]) -> None:
    """Install what the lock names, then this project in editable mode; in its own .venv, no more.

    Elsewhere what the lock does not name is left alone.
    """
    uv, started = find_uv(python) or install_uv(python), time.monotonic()
    pip: list[str | Path] = [uv, "pip", "install", "--python", python, "--no-deps"]
    # A merged lock may not name the folder of our wheel.
    links = ["--find-links", VENDOR] if (root() / VENDOR).is_dir() else []
    hashes = ["--require-hashes"]
    if "\n--extra-index-url " in (root() / LOCK).read_text(encoding="utf-8"):
        # An index may have others of a package too; the hashes tell which file is meant.
        hashes += ["--index-strategy", "unsafe-best-match"]
    with tempfile.TemporaryDirectory() as folder:
        lock, sources = locks_in(folder)
        lines = watch(*pip, *flags, *links, *hashes, "-r", lock)
        if sources:
            lines += watch(*pip, *flags, "-r", sources)
    count = sum(line.startswith(" + ") for line in lines)
    if count:
        print(f"  {count} packages installed, {time.monotonic() - started:.0f} seconds")
    watch(*pip, "--no-build-isolation", "--editable", ".")
    others = find_others(python)
    if others and python.parent.parent == root() / ".venv":
        watch(uv, "pip", "uninstall", "--python", python, *others)
        print(f"  Not in {LOCK}, so uninstalled: {', '.join(others)}")
    elif others:
        shown = ", ".join([*others[:5], *[f"... ({len(others)} in all)"] * (len(others) > 5)])
        print(f"  Not in {LOCK}, and left alone, as this is no .venv of the project: {shown}")


def find_others(python: Path) -> list[str]:
    """Return the packages of an environment that the lock does not name.

    If it names folders or repositories, whatever came from one is taken for one of these.
    """
    text = (root() / LOCK).read_text(encoding="utf-8")
    known = INSTALLERS | {normal(name) for name in re.findall(r"(?m)^([\w.-]+)", text)}
    places, here = bool(split_lock()[1]), root().as_uri()
    found = [line.partition(" ") for line in ask(python, "-I", "-c", LIST).splitlines()]
    return sorted(
        normal(name)
        for name, _, origin in found
        if normal(name) not in known and f'"{here}"' not in origin and not (places and origin)
    )


def normal(name: str) -> str:
    """Return the one way to write the name of a package."""
    return re.sub(r"[-_.]+", "-", name).lower()
