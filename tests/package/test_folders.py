"""A product that is a folder holds what its task made last, and nothing of a user is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import plain
import pytest

pytestmark = pytest.mark.slow

#: Writes files of other names at each run, as a partitioned table does.
WRITES = """
import uuid
from pathlib import Path
folder = Path(product["data"])
folder.mkdir(exist_ok=True)
(folder / f"{uuid.uuid4().hex}.txt").write_text("a row")
"""
TASK = "  - source: tasks/one.py\n    product: {nb: out/one.ipynb, data: out/parts}\n"


@pytest.fixture
def project(tmp_path: Path) -> plain.Plain:
    """Return a pipeline whose task writes a folder."""
    made = plain.make(tmp_path / "p")
    made.pipeline(TASK)
    made.task(WRITES)
    return made


def files(project: plain.Plain) -> list[str]:
    """Return the files of the folder, and those beside it that are set aside."""
    return sorted(path.name for path in (project.path / "out" / "parts").iterdir())


def asides(project: plain.Plain) -> list[Path]:
    """Return what is set aside."""
    return list((project.path / "out").glob(".*.aside"))


def test_a_second_run_begins_empty(project: plain.Plain) -> None:
    project.build()
    first = files(project)
    assert "held files already" not in project.build("--force")
    assert len(files(project)) == 1 and files(project) != first
    assert not asides(project)
    assert "Nothing to run" in project.build()


def test_it_comes_back_if_the_task_fails(project: plain.Plain) -> None:
    project.build()
    first = files(project)
    project.task(WRITES + "1 / 0")
    project.build(check=False)
    assert files(project) == first and not asides(project)
    project.task(WRITES)
    project.build()
    assert len(files(project)) == 1
    first = files(project)
    project.task(WRITES + "2")
    project.build()
    assert len(files(project)) == 1 and files(project) != first


def test_it_comes_back_if_the_build_is_stopped_or_killed(project: plain.Plain) -> None:
    project.build()
    first = files(project)
    project.task(WRITES + "Path('begun').touch()\nimport time; time.sleep(60)")
    for number in (signal.SIGINT, signal.SIGKILL):
        (project.path / "begun").unlink(missing_ok=True)
        command: list[str | Path] = [plain.TOOLS / "ploomber", "build"]
        with subprocess.Popen(
            command,
            cwd=project.path,
            env=project.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as build:
            deadline = time.monotonic() + 60
            while not (project.path / "begun").exists():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            os.kill(build.pid, number)
            build.wait(30)
        if number == signal.SIGINT:
            assert files(project) == first and not asides(project)
    assert asides(project)
    project.task(WRITES + "1 / 0")
    project.build(check=False)
    assert files(project) == first and not asides(project)


def test_a_folder_that_the_task_has_not_made_stays(project: plain.Plain) -> None:
    """Of a user, or of a first run that failed: files stay, and a line says so."""
    project.write("out/parts/mine.txt", "days of work")
    printed = project.build()
    assert "warning: one: its product parts held files already, and they are still" in printed
    assert "mine.txt" in files(project) and len(files(project)) == 2
    # A file that came later: the folder is not as the task left it.
    project.write("out/parts/later.txt", "more work")
    project.build("--force")
    assert {"mine.txt", "later.txt"} < {*files(project)}
    assert project.read("out/parts/mine.txt") == "days of work"


def test_a_link_to_a_larger_disk_stays_one(project: plain.Plain, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (project.path / "out").mkdir()
    (project.path / "out" / "parts").symlink_to(tmp_path / "disk")
    project.build()
    project.build("--force")
    assert (project.path / "out" / "parts").is_symlink()
    assert len(files(project)) == len(list((tmp_path / "disk").iterdir())) == 1


def test_products_of_other_tasks_in_it_stay(project: plain.Plain) -> None:
    other = "  - source: tasks/two.py\n    product: {nb: out/parts/two.ipynb}\n"
    project.pipeline(TASK + other)
    project.task("1 + 1", "two")
    project.build()
    project.build("--partially", "one", "--force")
    assert (project.path / "out" / "parts" / "two.ipynb").exists()
    assert "Nothing to run" in project.build()
