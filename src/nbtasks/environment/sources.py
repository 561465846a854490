"""Find out what a folder, a file or a repository is called that requirements.txt names."""

import contextlib
import functools
import importlib.metadata
import json
import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement

from nbtasks.environment import contents
from nbtasks.project import root

EDITABLE = re.compile(r"\s*(?:-e|--editable)(?:\s+|=)")
#: What a path or an address begins with, that is no name of a package.
PLACE = re.compile(r"[.~/\\]|[A-Za-z]:[\\/]|\w+\+|[a-z]+:|[^-].*[/\\]|[^-].*\.whl$")
#: Where hosts keep the source packages of a repository.
ARCHIVE = re.compile(r"/([^/]+)/(?:-/)?(?:archive|zipball|tarball)/")


def parse(line: str, folder: Path) -> tuple[Requirement | None, set[str] | None]:
    """Return what a line without its comment asks for by its place, and the modules there.

    `folder` is that of its file. None if it names no place; for modules that nobody knows yet.
    """
    is_editable, name = bool(EDITABLE.match(line)), None
    text = re.sub(r"\$\{(\w+)\}", lambda found: os.environ.get(found[1], found[0]), line)
    place, _, marker = EDITABLE.sub("", text).partition(" ;")
    place = place.strip().strip("\"'")
    with contextlib.suppress(InvalidRequirement):
        named = Requirement(place)
        if named.url or not is_editable:
            name, place = named.name, named.url or ""
    if not place or not (is_editable or name or PLACE.match(place)):
        return None, None
    if path_of(place, folder) == root().resolve():  # this project itself
        return None, None
    found, modules = look_at(place, folder)
    requirement = Requirement(name or re.sub(r"[^\w.-]+", "-", found).strip("-_.") or "unnamed")
    requirement.url = place
    with contextlib.suppress(InvalidMarker):
        requirement.marker = Marker(marker)
    return requirement, modules


def look_at(place: str, folder: Path) -> tuple[str, set[str] | None]:
    """Return the name of the package that is in a place, and the modules that are there."""
    path = path_of(place, folder)
    name, modules = installed_from().get(key_of(place, path)), None
    if name:
        modules = contents.modules_in(map(str, importlib.metadata.files(name) or ())) or None
    if path and path.is_dir():
        name = name or contents.name_of_folder(path)
        modules = contents.modules_in(contents.files_of_folder(path)) or modules
    elif path:
        modules = contents.modules_in(contents.files_of_archive(path)) or modules
    return option("egg", place) or name or name_in(place), modules


def option(name: str, place: str) -> str:
    """Return what an address says behind `#`, of the egg or the sub-folder."""
    found = re.search(rf"[#&]{name}=([^&\[\s]+)", place)
    return found[1] if found else ""


def name_in(place: str) -> str:
    """Return the name of a package as its address tells it."""
    if archive := ARCHIVE.search(place):
        return archive[1]
    path = option("subdirectory", place) or urlsplit(place).path
    return contents.name_of_file(PurePosixPath(unquote(path).replace("\\", "/")).name)


def without_revision(place: str) -> str:
    """Return an address without the program that fetches it, the revision and options."""
    text = re.sub(r"^\w+\+", "", place.partition("#")[0])
    return re.sub(r"(?<=[^/])@[^/]*$", "", text).rstrip("/")


def path_of(place: str, folder: Path) -> Path | None:
    """Return the file or folder that a place is on this machine, None if it is elsewhere."""
    text = re.sub(r"\[[\w,\s.-]*\]$", "", without_revision(place))  # extras
    if text.startswith("file:"):
        text = url2pathname(urlsplit(text).path or text.removeprefix("file:"))
    with contextlib.suppress(OSError, RuntimeError):
        for start in (root(), folder):
            path = start / Path(text).expanduser() / option("subdirectory", place)
            if path.exists():
                return path.resolve()
    return None


def key_of(place: str, path: Path | None) -> str:
    """Return the one way to write a place: a path, or an address."""
    where = path.as_posix() if path else without_revision(place).removesuffix(".git")
    return f"{where}#{option('subdirectory', place)}"


@functools.cache
def installed_from() -> dict[str, str]:
    """Return the installed packages by the places that they came from."""
    found = {}
    for package in importlib.metadata.distributions():
        with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
            origin = json.loads(package.read_text("direct_url.json") or "")
            place = f"{origin['url']}#subdirectory={origin.get('subdirectory', '')}"
            found[key_of(place, path_of(place, root()))] = package.metadata["Name"]
    return found
