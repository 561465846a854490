"""`nbtasks docs` lists the pages of the manual and shows one, inside a project and outside."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import TEMPLATE

import vendoring
from nbtasks.__main__ import main

FILES = sorted((TEMPLATE / "docs").rglob("*.md"))
PAGES = {path.stem: path.read_text("utf-8") for path in FILES}


def stem(name: str) -> str:
    """Return the topic of a page."""
    return name.rpartition("/")[2]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder that is in no project."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of the sources as they are."""
    return vendoring.build(tmp_path_factory.mktemp("wheel"))


def test_the_list_names_each_page_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a page: what to type, and its heading; no two pages are called the same."""
    assert main(["docs"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines()[1:] if line]
    headings = {name: text.splitlines()[0].removeprefix("# ") for name, text in PAGES.items()}
    listed = dict(line.split(maxsplit=1) for line in lines)
    assert listed.pop("reference")
    assert listed == headings
    assert len(FILES) == len(PAGES) == len(lines) - 1 and len(FILES) > 20


def test_the_list_begins_with_what_one_reads_first(capsys: pytest.CaptureFixture[str]) -> None:
    """The first page and the tutorial, then the pages of tasks, the reference, and why."""
    main(["docs"])
    shown = capsys.readouterr().out
    topics = ["index", "bikes", "adopt", "reference", "pairs"]
    places = [shown.index(f"\n  {topic} ") for topic in topics]
    assert places == sorted(places)


@pytest.mark.parametrize("topic", sorted(PAGES))
def test_a_page_is_shown_as_it_is(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain Markdown, and nothing else."""
    assert main(["docs", topic]) == 0
    assert capsys.readouterr().out == PAGES[topic]


def test_an_unknown_topic_is_answered_by_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence, what there is, and an exit code."""
    assert main(["docs", "tusks"]) == 2
    shown = capsys.readouterr().out
    assert shown.startswith("There is no page 'tusks'.\n")
    assert "\n  tasks   " in shown


def test_the_wheel_has_the_pages_and_shows_them(wheel: Path) -> None:
    """As one file; the command finds it there, far from the sources."""
    with zipfile.ZipFile(wheel) as archive:
        held = archive.read("nbtasks/manual.md").decode()
        archive.extractall("installed")
    assert all(text in held for text in PAGES.values())
    command = [sys.executable, "-I", "-c", "import sys; sys.path.insert(0, 'installed')"]
    command[-1] += "; from nbtasks.__main__ import main; sys.exit(main(['docs', 'tasks']))"
    shown = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    assert shown == PAGES["tasks"]


def test_a_page_that_changes_changes_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installer takes a file of the same version for the same file."""
    for path in [*vendoring.sources(), TEMPLATE / "pyproject.toml"]:
        copy = tmp_path / path.relative_to(TEMPLATE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    before = vendoring.version()
    monkeypatch.setattr(vendoring, "REPOSITORY", tmp_path)
    assert vendoring.version() == before
    (tmp_path / "docs" / "tasks.md").write_text("# Tasks\n", "utf-8")
    assert vendoring.version() != before
