"""Answers that would break a project are refused, all others make one that works."""

from __future__ import annotations

import ast
import keyword
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BIN, TEMPLATE, clean_environ, match_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from taken_names import normalize

HOOK = (TEMPLATE / "hooks" / "post_gen_project.py").read_text("utf-8")
LOCK = (TEMPLATE / "{{cookiecutter.project_slug}}" / "requirements.lock").read_text("utf-8")
#: The names that the hook lists, and those of the packages that the lock names.
LISTED = set(match_of('(?s)TAKEN = """(.*?)"""', HOOK)[1].split())
TAKEN = LISTED | {normalize(name) for name in re.findall(r"(?m)^([\w.-]+)==", LOCK)}


#: Listed too: what the project itself, Python's own tests and Windows use.
OWN_NAMES = """
bootstrap build data dist docs env exploration notebooks pip products setup src tasks test tests
vendor aux con nul prn
"""


def generate(folder: Path, home: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Type the cookiecutter command."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input"),
            *("--output-dir", str(folder), "environment=none"),
            *(f"{name}={value}" for name, value in answers.items()),
        ],
        capture_output=True,
        encoding="utf-8",
        env=clean_environ(home, HOME=str(home), USERPROFILE=str(home)),
    )


@pytest.mark.parametrize(
    ("answers", "sentences"),
    [
        ({"project_slug": "numpy"}, ["already the name", "'numpy-project'", "'numpy_project'"]),
        ({"project_slug": "Scikit_Learn", "package_name": "mine"}, ["'scikit-learn-project'"]),
        ({"package_name": "ploomber"}, ["already the name", "'ploomber_project'"]),
        ({"package_name": "nbtasks"}, ["already the name", "'nbtasks_project'"]),
        ({"package_name": "vendor"}, ["already the name", "'vendor_project'"]),
        ({"project_slug": "nbtasks"}, ["already the name", "'nbtasks-project'"]),
        ({"package_name": "src"}, ["already the name", "'src_project'"]),
        ({"package_name": "tasks"}, ["already the name"]),
        ({"package_name": "tests"}, ["already the name"]),
        ({"package_name": "test"}, ["already the name", "'test_project'"]),  # Python's own tests
        ({"package_name": "class"}, ["a word of the Python language", "'class_project'"]),
        ({"package_name": "none"}, ["a word of the Python language", "'none_project'"]),
        ({"package_name": "json"}, ["standard library", "'json_project'"]),
        ({"package_name": "Penguins"}, ["small letters", "'penguins'"]),
        ({"project_slug": "2026-sales"}, ["beginning with a letter", "'project-2026-sales'"]),
        ({"project_slug": "my pipeline"}, ["project_slug: 'my pipeline'", "'my-pipeline'"]),
        ({"project_slug": "it's"}, ["project_slug", "'it-s'"]),
        ({"project_slug": 'so "good"'}, ["project_slug", "'so-good'"]),
        ({"project_slug": "a{b}"}, ["project_slug", "'a-b'"]),
        ({"project_slug": "../above"}, ["project_slug", "'above'"]),
        ({"project_slug": "con"}, ["already the name"]),
        ({"project_slug": "🐧", "package_name": "mine"}, ["project_slug: '🐧'", "'project'"]),
        ({"description": "one\ntwo"}, ["description and author are one line of text each"]),
        ({"author": "a\x07b"}, ["description and author are one line of text each"]),
        ({"email": "nobody"}, ["email: 'nobody' is not an e-mail address", "'ada@example.com'"]),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_refused(tmp_path: Path, home: Path, answers: dict[str, str], sentences: list[str]) -> None:
    """Nothing is made, and a sentence says what to type instead."""
    folder = tmp_path / "here"
    folder.mkdir()
    done = generate(folder, home, **answers)
    assert done.returncode != 0
    for sentence in ["No project was made", *sentences]:
        assert sentence in done.stderr
    assert list(tmp_path.rglob("*")) == [folder]


def test_slug_with_a_folder(tmp_path: Path, home: Path) -> None:
    """A project can be made in a folder that does not exist yet."""
    assert generate(tmp_path, home, project_slug="team/bird-counts").returncode == 0
    project = tmp_path / "team" / "bird-counts"
    assert (project / "src" / "bird_counts" / "__init__.py").exists()
    assert 'name = "bird-counts"' in (project / "pyproject.toml").read_text("utf-8")


def test_the_folder_of_a_refused_slug_is_named(tmp_path: Path, home: Path) -> None:
    """Cookiecutter leaves it behind; a folder that holds something else is no matter."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    said = generate(tmp_path, home, project_slug="full/a b").stderr
    assert "No project was made" in said and "stays" not in said
    said = generate(tmp_path, home, project_slug="team/x/a b").stderr
    assert f"{tmp_path / 'team'} stays, an empty folder: delete it." in said
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("project_name", "slug"), [("!?", "pipeline"), ("🐧", "pipeline"), ("Penguins 🐧", "penguins")]
)
def test_names_of_which_little_is_left(
    tmp_path: Path, home: Path, project_name: str, slug: str
) -> None:
    """A title without letters still makes a project, with a plain name."""
    assert generate(tmp_path, home, project_name=project_name).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == [slug]


@pytest.mark.parametrize("flags", [[], ["--overwrite-if-exists"]])
def test_existing_folder(tmp_path: Path, home: Path, flags: list[str]) -> None:
    """A folder that holds something is never written to, not even when asked to."""
    work = tmp_path / "my-pipeline" / "tasks" / "get.py"
    work.parent.mkdir(parents=True)
    work.write_text("days of work")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", *flags),
            *("--output-dir", str(tmp_path), "environment=none"),
        ],
        capture_output=True,
        encoding="utf-8",
        env=clean_environ(home, HOME=str(home), USERPROFILE=str(home)),
    )
    assert done.returncode != 0
    assert "exists" in done.stderr + done.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [work]
    assert work.read_text() == "days of work"


def is_good(package: str) -> bool:
    """Say what the hook should, in other words."""
    return (
        bool(re.fullmatch("[a-z][a-z0-9_]*", package))
        and not keyword.iskeyword(package)
        and package not in {"true", "false", "none"} | TAKEN | sys.stdlib_module_names
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    package=st.one_of(
        st.from_regex("[a-z][a-z0-9_]{0,15}", fullmatch=True),
        st.sampled_from([*keyword.kwlist, *sorted(sys.stdlib_module_names), *sorted(TAKEN)]),
        st.text(
            st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]),
            min_size=1,
            max_size=8,
        ),
    )
)
@example(package="a")
@example(package="é")
@example(package="a\nb")
def test_any_package_name(
    tmp_path_factory: pytest.TempPathFactory, home: Path, package: str
) -> None:
    """A name is refused and leaves nothing, or makes a package that Python imports."""
    folder = tmp_path_factory.mktemp("name")
    done = generate(folder, home, package_name=package)
    if done.returncode:
        assert not is_good(package)
        assert list(folder.iterdir()) == []
    else:
        assert is_good(package)
        sources = folder / "my-pipeline" / "src"
        for path in folder.rglob("*.py"):
            ast.parse(path.read_text("utf-8"))
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import {package} as p; assert p.__file__.startswith({str(sources)!r})",
            ],
            env=clean_environ(home, PYTHONPATH=str(sources)),
            check=True,
        )


@pytest.mark.slow
def test_taken_names_are_those_of_the_lock(locked_environment: Path) -> None:
    """The hook lists every module that has another name than its package."""
    done = subprocess.run(
        [locked_environment / BIN / "python", TEMPLATE / "tests" / "template" / "taken_names.py"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    modules = set(done.stdout.split())
    assert len(modules) > 15
    assert not modules - TAKEN
    # None is left of a package that the lock no longer has.
    assert not LISTED - modules - set(OWN_NAMES.split())
