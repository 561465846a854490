"""Mend script files: injected parameters, byte order marks, other encodings."""

from pathlib import Path

from nbtasks import notebooks
from nbtasks.notebooks import command, copies
from nbtasks.notebooks.pairs import TASKS

MARK = b"\xef\xbb\xbf"  # of "UTF-8 with BOM", as some Windows editors save


def remove_injected(paths: list[str]) -> None:
    """Take what Ploomber injected out of scripts, out of all if none is named."""
    for path in [Path(name) for name in paths] or sorted(TASKS.rglob("*.py")):
        remove_mark(path)
        text = notebooks.read_text(path) or ""
        if text != notebooks.without_injected(text):
            notebooks.replace(path, notebooks.without_injected(text))
            next_step = command("git", "add", path)
            print(f"{path.as_posix()}: took out the injected parameters. Next: {next_step}")


def remove_mark(path: Path) -> None:
    """Take the byte order mark out of a script; Ploomber would not see its first cell."""
    data = path.read_bytes() if path.is_file() else b""
    if data.startswith(MARK):
        notebooks.replace(path, data.removeprefix(MARK))
        next_step = command("git", "add", path)
        print(f"{path.as_posix()}: took out the byte order mark. Next: {next_step}")


def convert(path: Path) -> None:
    """Write a text that is not UTF-8 as UTF-8; what it was is stored first."""
    data = path.read_bytes()
    encodings = ["utf-8-sig", "cp1252", "latin-1"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        copies.store(path, data)
        notebooks.replace(path, text)
        print(f"{path.as_posix()} was {encoding} and is UTF-8 now. Look at its letters.")
        return
    raise notebooks.Unreadable(path, "is in no encoding that is known here")
