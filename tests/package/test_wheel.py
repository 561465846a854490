"""The package as one file: the same sources give the same bytes, and a project locks them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import CONTEXT, NOT_OURS, TEMPLATE

import vendoring
from nbtasks.environment import lock

PROJECT = TEMPLATE / vendoring.PROJECT
MOST_BYTES = 340 * 1024


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of the sources as they are."""
    return vendoring.build(tmp_path_factory.mktemp("wheel"))


def locked() -> dict[str, str]:
    """Return version and hash of the package in the lock of the template."""
    text = (PROJECT / "requirements.lock").read_text("utf-8")
    found = re.findall(r"(?m)^nbtasks==(\S+) \\\n    --hash=sha256:(\w+)$", text)
    assert len(found) == 1
    return dict(zip(("version", "hash"), found[0], strict=True))


@pytest.mark.parametrize("umask", [0o077, 0o002, 0o022], ids=oct)
def test_the_same_sources_give_the_same_bytes(wheel: Path, tmp_path: Path, umask: int) -> None:
    """Whoever builds them, whenever, in whatever folder."""
    before = os.umask(umask)
    try:
        copy = tmp_path / "another place"
        shutil.copytree(TEMPLATE, copy, ignore=NOT_OURS)
        for path in (copy / "src").rglob("*.py"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
            path.chmod(0o600)
        code = "import pathlib, vendoring; print(vendoring.build(pathlib.Path('made')))"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=True
        )
    finally:
        os.umask(before)
    again = copy / done.stdout.strip()
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_another_line_end_is_no_other_version(tmp_path: Path) -> None:
    """Git may write the sources with the line ends of Windows."""
    copy = tmp_path / "copy"
    shutil.copytree(TEMPLATE, copy, ignore=NOT_OURS)
    source = copy / "src" / "nbtasks" / "project" / "git.py"
    code = [sys.executable, "-c", "import vendoring; print(vendoring.version())"]
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    same = subprocess.check_output(code, cwd=copy, text=True).strip()
    assert same == vendoring.version()
    source.write_bytes(source.read_bytes() + b"# Another\r\n")
    assert subprocess.check_output(code, cwd=copy, text=True).strip() != same


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= MOST_BYTES


def test_the_wheel_has_every_source_as_it_is_and_nothing_compiled(wheel: Path) -> None:
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"],
        cwd=TEMPLATE,
        text=True,
    )
    sources = {name for name in listed.splitlines() if (TEMPLATE / name).exists()}
    sources |= {"src/nbtasks/manual.md"}  # see test_docs.py
    with zipfile.ZipFile(wheel) as opened:
        assert opened.testzip() is None
        files = {name: opened.read(name) for name in opened.namelist()}
    about = {name for name in files if ".dist-info/" in name}
    assert {f"src/{name}" for name in files.keys() - about} == sources
    for name in files.keys() - about - {"nbtasks/manual.md"}:
        source = (TEMPLATE / "src" / name).read_bytes()
        if name.endswith(".json"):  # without its indents
            assert json.loads(files[name]) == json.loads(source), name
        else:
            assert files[name] == source, name
        files[name].decode("utf-8")
    assert {name.partition("/")[2] for name in about} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }
    kinds = {name.rpartition(".")[2] for name in files.keys() - about}
    assert kinds == {"py", "typed", "txt", "j2", "js", "json", "json5", "css", "md"}
    for name in ("py.typed", "pipeline/skeletons.txt", "results/templates/index.html.j2"):
        assert f"nbtasks/{name}" in files
    assert b"Root-Is-Purelib: true" in files[next(name for name in about if "/WHEEL" in name)]


def test_the_template_has_the_wheel_of_the_sources(wheel: Path) -> None:
    """If not: python vendoring.py."""
    assert sorted(path.name for path in (PROJECT / "vendor").iterdir()) == ["README.md", wheel.name]
    assert (PROJECT / "vendor" / wheel.name).read_bytes() == wheel.read_bytes()


def test_one_version_everywhere() -> None:
    about = tomllib.loads((TEMPLATE / "pyproject.toml").read_text("utf-8"))["project"]
    heading = re.search(r"(?m)^## (\S+)", (TEMPLATE / "CHANGELOG.md").read_text("utf-8"))
    assert heading and heading[1] == CONTEXT["_version"] == about["version"]
    assert re.fullmatch(re.escape(about["version"]) + r"\+[0-9a-f]{8}", vendoring.version())


def test_the_lock_and_pyproject_of_the_template_name_the_wheel_that_is_there() -> None:
    (wheel,) = (PROJECT / "vendor").glob("*.whl")
    version = wheel.name.split("-")[1]
    assert locked() == {"version": version, "hash": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    asked = re.findall(r"nbtasks.*==(.*)\",", (PROJECT / "pyproject.toml").read_text("utf-8"))
    assert asked == [version]
    text = (PROJECT / "requirements.lock").read_text("utf-8")
    assert lock.sealed(text) == text
    assert "\n--find-links vendor\n" in text


def test_the_wheel_is_copied_as_it_is() -> None:
    """Neither cookiecutter nor git changes its bytes, and a global ignore leaves it in."""
    assert "*.whl" in CONTEXT["_copy_without_render"]
    assert "vendor/*.whl binary" in (PROJECT / ".gitattributes").read_text("utf-8").splitlines()
    assert "* text=auto eol=lf" in (TEMPLATE / ".gitattributes").read_text("utf-8")


def test_whoever_doubts_the_wheel_can_compare_it(wheel: Path, tmp_path: Path) -> None:
    """By the command that vendor/README.md names."""
    command = [sys.executable, "vendoring.py", "--compare"]
    other = tmp_path / wheel.name
    other.write_bytes(wheel.read_bytes()[:-1] + b"x")
    for path, says in [(wheel, "is that of these sources"), (other, "is NOT that of")]:
        done = subprocess.run([*command, path], cwd=TEMPLATE, capture_output=True, text=True)
        assert says in done.stdout and done.returncode == (path is other)
