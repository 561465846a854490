"""Tell what an update or a merge has left to do, also where nothing is installed yet.

A project of before 2027.1 had its machinery in tools/, and a lock that names no nbtasks: its own
`python tools update` ends before it can say what is left.
"""

from __future__ import annotations

import re
import shutil

from nbtasks.project import root
from nbtasks.set_up.commands import SetupError, ask
from nbtasks.set_up.packages import LOCK, VENDOR

CONFLICT = re.compile(r"(?m)^(?:<{7}|={7}|>{7})(?: |$)")
NAMES_US = re.compile(r"(?m)^nbtasks==")
# Without these nothing can be installed.
NEEDED = ["pyproject.toml", "requirements.txt", "setup.py", ".pre-commit-config.yaml"]
INSTALL, WRITE_LOCK = "python bootstrap.py", "nbtasks lock"
# What only the folder tools/ of an earlier version had.
EARLIER = "tools/answers.json"


def git(*arguments: str) -> list[str]:
    """Return the lines that git prints, none if it fails or is missing."""
    try:
        return ask("git", "-c", "core.quotepath=off", *arguments).splitlines()
    except SetupError:
        return []


def read(name: str) -> str:
    """Return the text of a file of the project, empty if there is none."""
    path = root() / name
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def committed_lock() -> str:
    """Return the lock as it was last committed, empty if there is none."""
    return "\n".join(git("show", f"HEAD:./{LOCK}"))


def unmerged() -> list[str]:
    """Return the files that git holds for unmerged, since nobody has added them again."""
    return git("diff", "--name-only", "--relative", "--diff-filter=U")


def conflicts() -> list[str]:
    """Return the files with conflicts; the lock is not solved, but made anew."""
    found = git("grep", "-lE", "^(<{7}|>{7}) ", "--", ".", ":!*.md")
    return sorted({*found, *unmerged()} - {LOCK})


def rejected() -> list[str]:
    """Return the files of changes that could not be merged, but for the lock."""
    found = git("ls-files", "--others", "--exclude-standard", "--", "*.rej")
    return sorted({*found} - {f"{LOCK}.rej"})


def edited_tools() -> list[str]:
    """Return the files that an update has left in tools/ since they were edited."""
    if not git("ls-tree", "--name-only", "HEAD", EARLIER):
        return []
    found = [path for path in (root() / "tools").rglob("*") if path.suffix != ".pyc"]
    return sorted(path.relative_to(root()).as_posix() for path in found if path.is_file())


def forget_compiled_tools() -> None:
    """Remove what Python has compiled in tools/, if nothing else is left there."""
    tools = root() / "tools"
    if git("ls-tree", "--name-only", "HEAD", EARLIER) and tools.is_dir() and not edited_tools():
        shutil.rmtree(str(tools))


def to_decide() -> list[str]:
    """Return what only a person can do, a sentence each."""
    left = [f"solve the conflict in {name}, then: git add {name}" for name in conflicts()]
    edited = edited_tools()
    left += [
        f"apply what {name} holds by hand, then delete it"
        for name in rejected()
        if name not in edited
    ]
    if edited:
        names = " and ".join(name for name in edited if not name.endswith(".rej"))
        left.append(
            "tools/ is of an earlier version: the machinery is the package nbtasks now. Your "
            f"change is in {names or edited[0]}: move it to src/ or drop it: git rm -r tools"
        )
    return left


def to_lock() -> list[str]:
    """Return what to type for a lock that can be installed; nothing if this one can."""
    text = read(LOCK)
    if CONFLICT.search(text):
        if NAMES_US.search(committed_lock()):
            return [WRITE_LOCK]
        return [f"git checkout --theirs {LOCK}", INSTALL, WRITE_LOCK]
    if not NAMES_US.search(text):
        wheels = sorted((root() / VENDOR).glob("nbtasks-*.whl"))
        where = wheels[0].relative_to(root()).as_posix() if wheels else "nbtasks"
        return [f"uv tool run --from {where} {WRITE_LOCK}"]
    return []


def is_in_the_way() -> bool:
    """Tell whether nothing can be installed before something is decided."""
    return bool(to_lock()) or any(CONFLICT.search(read(name)) for name in NEEDED)


def is_update() -> bool:
    """Tell whether an update or a merge is not finished."""
    before = committed_lock()
    moves = bool(before) and not NAMES_US.search(before)
    return moves or bool(unmerged() or rejected() or (root() / f"{LOCK}.rej").exists())


def show(left: list[str]) -> int:
    """Print what is left to do; return 1 if a person has to decide something."""
    print("Left to do after the update, in this order:")
    print(*(f"  {number}. {what}" for number, what in enumerate(left, 1)), sep="\n")
    decisions = to_decide()
    if any(what.startswith("solve") for what in decisions):
        print("Solve between the markers (<<<<<<<, >>>>>>>), keeping what both sides need:")
        print("`git checkout --ours` drops all else that the template has changed in that file.")
    return 1 if decisions else 0
