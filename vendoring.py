"""Build the wheel that every project has in vendor/, and put it into the template.

    python vendoring.py                    build it; tell the template of its version and hash
    python vendoring.py --compare WHEEL    tell whether a wheel is that of these sources

The same sources give the same bytes, packed by zopfli, which saves a fiftieth. uv takes a file of
the same version for the same file, so the version ends in 8 letters of a hash of the sources.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import zopfli.zlib

REPOSITORY = Path(__file__).resolve().parent
sys.path.insert(0, str(REPOSITORY / "src"))

from nbtasks import manual  # noqa: E402
from nbtasks.environment.lock import sealed  # noqa: E402

PROJECT = "{{cookiecutter.project_slug}}"
NO_TIME = 0x21  # the first of January 1980
#: Where the version and the hash stand, in the files of a project.
ASKED = re.compile(r'(?m)^(  "nbtasks.*==)[^"]+(?=",$)')
LOCKED = re.compile(r"(?m)^nbtasks==\S+ \\\n    --hash=sha256:\w+$")


def version() -> str:
    """Return the version of the sources as they are: ``2027.1+0a1b2c3d``."""
    about = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    digest = hashlib.sha256(json.dumps([about["build-system"], about["project"]]).encode())
    for path in sources():
        name = path.relative_to(REPOSITORY).as_posix()
        digest.update(f"\0{name}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return f"{about['project']['version']}+{digest.hexdigest()[:8]}"


def sources() -> list[Path]:
    """Return the files that go into the wheel, the pages of the manual among them."""
    found = [path for path in (REPOSITORY / "src").rglob("*") if path.is_file()]
    found = [path for path in found if "__pycache__" not in path.parts]
    pages = (REPOSITORY / "docs").rglob("*.md")
    return [REPOSITORY / "LICENSE", *sorted(pages), *sorted(found)]


def build(folder: Path) -> Path:
    """Build the wheel of the sources as they are into a folder, and return it."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for path in sources():
            if path.suffix != ".md":
                write(copy / path.relative_to(REPOSITORY), path.read_text("utf-8"))
        # One file: its pages share their words, so it takes a fifth less.
        write(copy / "src/nbtasks/manual.md", manual.joined(REPOSITORY / "docs"))
        text = (REPOSITORY / "pyproject.toml").read_text("utf-8")
        write(
            copy / "pyproject.toml",
            re.sub(r'(?m)^version = ".*"$', f'version = "{version()}"', text, count=1),
        )
        command = [sys.executable, "-m", "uv", "build", "--quiet", "--wheel"]
        subprocess.run([*command, "--out-dir", str(folder), str(copy)], check=True)
    wheel = folder / f"nbtasks-{version()}-py3-none-any.whl"
    pack(wheel)
    return wheel


def write(path: Path, text: str) -> None:
    """Write a text file with the line ends of Linux, and the folder that it is in.

    JSON goes without indents: these are for those who read the sources.
    """
    if path.suffix == ".json":
        text = json.dumps(json.loads(text), separators=(",", ":")) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def pack(path: Path) -> None:
    """Write a zip file anew, smaller: no entries of folders, each file as zopfli packs it.

    Python's zipfile takes nothing that is packed already; the records are those of
    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7 to 4.3.16.
    """
    with zipfile.ZipFile(path) as archive:
        held = [(info, archive.read(info)) for info in archive.infolist() if not info.is_dir()]
    files = listed = b""
    for info, content in held:
        data = zopfli.zlib.compress(content)[2:-4]  # without what zlib puts around it
        name = info.filename.encode()
        sizes = (info.CRC, len(data), len(content), len(name), 0)
        about = struct.pack("<HHHHHIIIHH", 20, 0, zipfile.ZIP_DEFLATED, 0, NO_TIME, *sizes)
        place = struct.pack("<HHHII", 0, 0, 0, info.external_attr, len(files))
        listed += b"PK\1\2" + struct.pack("<BB", 20, info.create_system) + about + place + name
        files += b"PK\3\4" + about + name + data
    count = len(held)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), len(files), 0)
    path.write_bytes(files + listed + b"PK\5\6" + end)


def put_into(template: Path) -> Path:
    """Put the wheel into a template, in place of another one; return it."""
    vendor = template / PROJECT / "vendor"
    vendor.mkdir(exist_ok=True)
    for old in vendor.glob("*.whl"):
        old.unlink()
    wheel = build(vendor)
    (vendor / ".gitignore").unlink(missing_ok=True)  # uv makes one
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    locked = f"nbtasks=={version()} \\\n    --hash=sha256:{digest}"
    lock = template / PROJECT / "requirements.lock"
    replace(lock, LOCKED, locked)
    lock.write_text(sealed(lock.read_text("utf-8")), "utf-8", newline="\n")
    replace(template / PROJECT / "pyproject.toml", ASKED, rf"\g<1>{version()}")
    return wheel


def replace(path: Path, pattern: re.Pattern[str], text: str) -> None:
    """Replace what a pattern finds in a file."""
    before = path.read_text("utf-8")
    after = pattern.sub(text.replace("\\\n", "\\\\\n"), before)
    if after != before:
        path.write_text(after, "utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Build or compare; return 1 if a wheel is another one."""
    if arguments[:1] == ["--compare"]:
        with tempfile.TemporaryDirectory() as folder:
            same = build(Path(folder)).read_bytes() == Path(arguments[1]).read_bytes()
        print(f"{arguments[1]} is {'that' if same else 'NOT that'} of these sources, {version()}")
        return 0 if same else 1
    print(put_into(REPOSITORY).relative_to(REPOSITORY))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
