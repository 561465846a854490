"""Look into a package that is not on an index: what it is called, and which modules it holds."""

import ast
import configparser
import contextlib
import os
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

#: Where the modules of a package are kept, but for its folder itself.
ROOTS = {"src", "lib", "python"}
NO_MODULES = {
    *("setup", "conftest", "noxfile", "tests", "test", "docs", "doc", "examples", "build", "dist"),
    *("__init__", "__main__", "site-packages"),
}
SUFFIXES = {".py", ".pyd", ".so"}
UNREADABLE = (
    *(OSError, ValueError, LookupError, TypeError, StopIteration),
    *(SyntaxError, configparser.Error),
)


def name_of_file(name: str) -> str:
    """Return the name of a package by that of its file, or of its repository."""
    name = name.partition("@")[0]
    if found := re.match(r"([A-Za-z0-9][\w.]*?)-\d[\w.!+]*(?:-.*)?\.whl$", name):
        return found[1]
    if found := re.match(r"(.+)-\d[\w.!+]*\.(?:tar\.\w+|zip|tgz)$", name):
        return found[1]
    return re.sub(r"\.(?:git|zip|whl|tgz|tar\.\w+)$", "", name).strip("-_.") or "unnamed"


def name_of_folder(folder: Path) -> str:
    """Return the name of the package in a folder."""
    readers = {"pyproject.toml": in_toml, "setup.cfg": in_config, "setup.py": in_script}
    for name, read in readers.items():
        with contextlib.suppress(*UNREADABLE):
            return canonicalize_name(read((folder / name).read_text(encoding="utf-8")))
    return name_of_file(folder.name)


def in_toml(text: str) -> str:
    """Return the name in a pyproject.toml."""
    content = tomllib.loads(text)
    name: str = content.get("project", content.get("tool", {}).get("poetry", {}))["name"]
    return name


def in_config(text: str) -> str:
    """Return the name in a setup.cfg."""
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(text)
    return config["metadata"]["name"]


def in_script(text: str) -> str:
    """Return the name in a setup.py, as an argument or as a constant."""
    tree = ast.parse(text)
    known = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    value = next(word.value for call in calls for word in call.keywords if word.arg == "name")
    name: str = ast.literal_eval(known[value.id] if isinstance(value, ast.Name) else value)
    return name


def files_of_folder(folder: Path) -> Iterator[str]:
    """Yield the files in a folder, but for those of environments and hidden folders."""
    for path, names, files in os.walk(folder):
        here = Path(path).relative_to(folder)
        if "pyvenv.cfg" in files or len(here.parts) > 4:
            names.clear()
            continue
        names[:] = [name for name in names if name[0] != "." and name != "node_modules"]
        yield from ((here / name).as_posix() for name in files)


def files_of_archive(path: Path) -> list[str]:
    """Return the files in a wheel, or in a source package below its one folder."""
    with contextlib.suppress(OSError, zipfile.BadZipFile, tarfile.TarError):
        if path.suffix == ".whl":
            return zipfile.ZipFile(path).namelist()
        if path.suffix == ".zip":
            names = zipfile.ZipFile(path).namelist()
        else:
            with tarfile.open(path) as archive:
                names = archive.getnames()
        return [name.partition("/")[2] for name in names]
    return []


def modules_in(files: Iterable[str]) -> set[str]:
    """Return the modules and packages at the top among files, by their dotted names."""
    paths = [PurePosixPath(name) for name in files]
    code = [
        path
        for path in paths
        if path.suffix in SUFFIXES and not {*path.parts[:-1]} & {*NO_MODULES, ".."}
    ]
    packages = {path.parent for path in code if path.name == "__init__.py"}
    tops = {path for path in packages if path.parent not in packages}
    found = {path.parts for path in tops if path.parts}
    found |= {
        (*path.parent.parts, path.name.partition(".")[0])
        for path in code
        if path.parent not in packages and len(path.parts) - (path.parts[0] in ROOTS) < 3
    }
    names = {parts[start:] for parts in found for start in (0, 1)}
    return {".".join(parts) for parts in names if parts and not {*parts} & {*NO_MODULES, *ROOTS}}
