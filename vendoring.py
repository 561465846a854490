"""Build the wheel that every project has in vendor/, and put it into the template.

    python vendoring.py                    build it; tell the template of its version and hash
    python vendoring.py --compare WHEEL    tell whether a wheel is that of these sources

The same sources give the same bytes. uv takes a file of the same version for the same file, so
the version ends in 8 letters of a hash of the sources.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent
sys.path.insert(0, str(REPOSITORY / "src"))

from nbtasks.environment.lock import sealed  # noqa: E402

PROJECT = "{{cookiecutter.project_slug}}"
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
    pages = (REPOSITORY / "docs").glob("*.md")
    return [REPOSITORY / "LICENSE", *sorted(pages), *sorted(found)]


def place(path: Path) -> Path:
    """Return where a file is in the sources of the wheel: a page is in the package there."""
    name = path.relative_to(REPOSITORY)
    return Path("src", "nbtasks", name) if name.parts[0] == "docs" else name


def build(folder: Path) -> Path:
    """Build the wheel of the sources as they are into a folder, and return it."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for path in sources():
            target = copy / place(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
        text = (REPOSITORY / "pyproject.toml").read_text("utf-8")
        text = re.sub(r'(?m)^version = ".*"$', f'version = "{version()}"', text, count=1)
        (copy / "pyproject.toml").write_text(text, "utf-8")
        command = [
            sys.executable,
            "-m",
            "uv",
            "build",
            "--quiet",
            "--wheel",
            "--out-dir",
            str(folder),
        ]
        subprocess.run([*command, str(copy)], check=True)
    return folder / f"nbtasks-{version()}-py3-none-any.whl"


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
