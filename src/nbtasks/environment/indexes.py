"""Packages from other indexes, as pyproject.toml names them for uv: PyTorch's, a company's."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nbtasks.environment import declared


def tables() -> dict[str, Any]:
    """Return the table ``[tool.uv]`` of pyproject.toml."""
    found: dict[str, Any] = declared.read_pyproject().get("tool", {}).get("uv", {})
    return found


def lines() -> str:
    """Return the lines of a lock by which whoever installs it finds the indexes."""
    return "".join(
        f"--{'' if index.get('default') else 'extra-'}index-url {index['url']}\n"
        for index in tables().get("index", ())
    )


def sources() -> Iterator[tuple[str, Any]]:
    """Yield the packages that come from one index only, and which."""
    for name, places in tables().get("sources", {}).items():
        if "index" in str(places):
            yield canonicalize_name(name), places


def group(asked: Iterable[Requirement], folder: str) -> list[str]:
    """Return the options by which uv takes packages from their index.

    It reads that for the groups of a pyproject.toml only, and not for a project that says
    ``managed = false``; so these packages are written to a file of their own, in a folder.
    """
    known = dict(sources())
    wanted = [str(one) for one in asked if canonicalize_name(one.name) in known and not one.url]
    path = Path(folder, "pyproject.toml")
    uv = {"index": tables().get("index", []), "sources": known}
    content = {"dependency-groups": {"these": wanted}, "tool": {"uv": uv}}
    text = "".join(f"{key} = {in_toml(value)}\n" for key, value in content.items())
    path.write_text(text, encoding="utf-8")
    return ["--group", f"{path}:these"] if wanted else []


def in_toml(value: Any) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {in_toml(value[key])}' for key in value)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(in_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
