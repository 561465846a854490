"""Copy the project as git would bring it to someone else, or as it is now."""

import io
import os
import shutil
import tarfile
from pathlib import Path

from nbtasks.project import git, root

#: Larger files of data/raw, which nothing changes, are linked, where the system allows it.
LARGE = 5_000_000
#: What no run needs, where git does not say what belongs to the project.
LEFT_OUT = {".venv", "products", "notebooks", "__pycache__", "smoke"}


def copy_project(target: Path) -> None:
    """Copy the project: the commit that git pushes just now, else what its folder has.

    Files that git ignores are left out, but for those in data/.

    Parameters
    ----------
    target
        The folder to make.
    """
    target.mkdir(parents=True)
    pushed = os.environ.get("PRE_COMMIT_TO_REF")
    names = [] if pushed and copy_commit(pushed, target) else list_files()
    data = git.output("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "data")
    for name in [*names, *split(data or b"")]:
        copy_file(root() / name, target / name)


def copy_commit(commit: str, target: Path) -> bool:
    """Copy what a commit has of the project; return whether there is such a commit."""
    packed = git.output("archive", "--format=tar", commit)
    if packed is None:
        return False
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(target, filter="data")
        else:
            archive.extractall(target)
    return True


def list_files() -> list[str]:
    """Return the files that belong to the project, new ones too."""
    listed = git.output("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return [path.relative_to(root()).as_posix() for path in walk(root())]
    return split(listed)


def split(listed: bytes) -> list[str]:
    """Return the names that git lists with zeros between them."""
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def walk(folder: Path) -> list[Path]:
    """Return the files in a folder, without hidden ones and what is made again."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in LEFT_OUT or path.name.startswith("."):
            continue
        found += walk(path) if path.is_dir() and not path.is_symlink() else [path]
    return found


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, or link one that is large and raw; one that is gone is left out."""
    if not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.stat().st_size > LARGE and root() / "data" / "raw" in source.parents:
        try:
            target.symlink_to(source)
            return
        except OSError:  # Windows asks for a privilege
            pass
    shutil.copy2(source, target)
