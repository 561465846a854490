"""Projects made from earlier releases take over this one; what is left to do is said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BIN, CONTEXT, TEMPLATE, Project, clean_environ, publish

from nbtasks.environment.lock import read_versions

pytestmark = pytest.mark.slow

#: A package of few lines that the project does not need.
SMALL = "cowsay"
CRUFT = [sys.executable, "-m", "cruft"]
#: The first release; the first commit stands for it.
FIRST = "2026.11"
#: The last one that had its machinery in tools/; the commit before the next version stands for it.
TOOLS = "2026.12"
#: One that is not out yet, and what it changes.
NEXT, CHANGED = "next", ("README.md", ".gitattributes")
#: What it changes too, that is the user's own: an update leaves it alone.
OWN = (
    "data/raw/README.md",
    "src/{{cookiecutter.package_name}}/get.py",
    "src/{{cookiecutter.package_name}}/__init__.py",
    "tasks/get.py",
    "tests/conftest.py",
    "tests/test_get.py",
)
#: What it adds there, and what calls the package.
ADDED, CALLS = ("tasks/later.py", "tests/test_later.py"), "tests/test_pipeline.py"
NEWS = f"# Changelog\n\n## {NEXT}\n\n- Birds are counted.\n\n## {CONTEXT['_version']}\n\n- Old.\n"
MINE = """\
# %% tags=["parameters"]
upstream = ["clean"]
product = None

# %%
import pandas as pd

pd.read_parquet(upstream["clean"]["data"]).to_parquet(product["data"])
"""
ENTRY = """\
  - source: tasks/mine.py
    product:
      nb: {nb}
      data: {data}
"""


def test_every_tag_is_in_the_changelog() -> None:
    tags = subprocess.run(["git", "tag"], cwd=TEMPLATE, capture_output=True, text=True).stdout
    headings = re.findall(r"(?m)^## (\S+)", (TEMPLATE / "CHANGELOG.md").read_text("utf-8"))
    assert FIRST in headings
    assert set(tags.split()) <= set(headings)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Project:
    """Return the template with its releases: the first commit, what it is now, and a next one."""
    folder = tmp_path_factory.mktemp("releases")
    now = publish(folder / "now", home)
    made = Project(folder / "template", "", now.environ)
    now.run("git", "clone", "--quiet", "--no-checkout", TEMPLATE.as_posix(), made.path)
    made.git("tag", "--force", FIRST, made.git("rev-list", "--max-parents=0", "HEAD"))
    changes = made.git(
        "log", "-S", f'"_version": "{TOOLS}"', "--format=%H", "--", "cookiecutter.json"
    )
    made.git("tag", "--force", TOOLS, f"{changes.split()[0]}~1")
    made.git("fetch", "--quiet", now.path.as_posix(), "HEAD")
    tree = made.git("rev-parse", "FETCH_HEAD^{tree}")
    commit = made.git("commit-tree", tree, "-p", "HEAD", "-m", "Now")
    made.git("checkout", "--quiet", "-B", "main", commit)
    made.git("tag", "--force", str(CONTEXT["_version"]))
    made.git("checkout", "--quiet", "--detach")
    readme, attributes = (f"{{{{cookiecutter.project_slug}}}}/{name}" for name in CHANGED)
    made.write(readme, "# Another title\n" + made.read(readme).split("\n", 1)[1])
    made.write(attributes, made.read(attributes) + "*.png binary\n")
    for name in (f"{{{{cookiecutter.project_slug}}}}/{name}" for name in (*OWN, CALLS)):
        made.write(name, made.read(name) + "\n# Of a later version\n")
    for name in (f"{{{{cookiecutter.project_slug}}}}/{name}" for name in ADDED):
        made.write(name, "# Of a later version\n")
    made.write("CHANGELOG.md", NEWS)
    made.git("add", "--all")
    made.git("commit", "--quiet", "--all", "--message", "Next")
    made.git("tag", NEXT)
    made.git("checkout", "--quiet", "main")
    return made


def solve(text: str) -> str:
    """Solve the conflicts of a text between its markers: keep our side."""
    return re.sub(r"(?ms)^<{7} .*?\n(.*?)^={7}\n.*?^>{7} .*?\n", r"\1", text)


def test_an_edited_project_of_an_earlier_release_takes_over_this_one(
    releases: Project,
    locked_environment: Path,
    home: Path,
    uv: Path,
    tmp_path: Path,
) -> None:
    environ = clean_environ(
        home, locked_environment / BIN, uv.parent, VIRTUAL_ENV=str(locked_environment)
    )
    answers = json.dumps({"environment": "none"})
    options = ["--no-input", "--checkout", FIRST, "--extra-context", answers]
    Project(tmp_path, "", environ).run(*CRUFT, "create", *options, releases.path)
    project = Project(tmp_path / "my-pipeline", "my_pipeline", environ)
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Start")

    project.write("tasks/clean.py", project.read("tasks/clean.py") + "\n# %%\nmine = 1\n")
    project.write("tasks/mine.py", MINE)
    (project.path / "tasks" / "explore.py").unlink()
    pipeline = project.read("pipeline.yaml")
    start = pipeline.index("  - source: tasks/explore.py")
    folder = "products/sample={{sample}}/mine"
    mine = ENTRY.format(nb=f"{folder}.ipynb", data=f"{folder}.parquet")
    project.write("pipeline.yaml", pipeline[:start] + mine)
    project.write("requirements.txt", project.read("requirements.txt") + "\n# Mine\nscipy>=1\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Mine")
    before = {path.name for path in (locked_environment / BIN).iterdir()}

    project.run(*CRUFT, "update", "--skip-apply-ask")
    assert not (project.path / ".venv").exists()
    assert {path.name for path in (locked_environment / BIN).iterdir()} == before

    left = project.run("nbtasks", "update", "--left", check=False)
    assert left.returncode == 1
    for name in ("pipeline.yaml", "requirements.txt"):
        assert f"solve the conflict in {name}, then: git add {name}" in left.stdout, left.stdout
    assert "nbtasks lock" in left.stdout and "python bootstrap.py" in left.stdout
    assert project.run(*CRUFT, "check", check=False).returncode == 0  # it knows of no conflict

    project.write("pipeline.yaml", solve(project.read("pipeline.yaml")))
    text = solve(project.read("requirements.txt"))
    kept = text[: text.index("\n# The package")] + "\n\n# Mine\nscipy>=1  # used by me\n"
    project.write("requirements.txt", kept)
    project.git("add", "pipeline.yaml", "requirements.txt")
    project.run("nbtasks", "lock")
    project.run("python", "bootstrap.py", "--environment", "current")
    left = project.run("nbtasks", "update", "--left")
    assert "solve" not in left.stdout and "tools lock" not in left.stdout, left.stdout
    assert "1. ploomber build --env--sample true" in left.stdout
    project.run("ploomber", "build", "--env--sample", "true")
    assert list(project.path.glob("products/**/mine.parquet"))
    assert "mine = 1" in project.read("tasks/clean.py")
    assert not (project.path / "tasks" / "explore.py").exists()
    project.git("add", "--all")
    done = project.run("git", "commit", "--message", "Update", check=False)
    if done.returncode:  # ruff has formatted what is ours
        project.git("add", "--all")
        project.git("commit", "--message", "Update")


def type_what_is_left(project: Project, printed: str, until: str) -> str:
    """Type the commands of a list, up to one; return what the last of them printed."""
    for command in re.findall(r"(?m)^  \d+\. (.*)$", printed):
        if command.startswith(until):
            break
        assert command.split()[0] in {"git", "nbtasks", "python"}, command
        printed = project.run(*command.split()).stdout
    return printed


@pytest.mark.parametrize("edited", [False, True], ids=["tools as they came", "an edited tool"])
def test_a_project_with_tools_moves_by_its_own_program(
    releases: Project, home: Path, tmp_path: Path, edited: bool
) -> None:
    """A user's edits stay, and what to do with an edited tool is said."""
    path = tmp_path / "my-pipeline"
    environ = clean_environ(home, path / ".venv" / BIN, Path(sys.executable).parent)
    outer, project = Project(tmp_path, "", environ), Project(path, "my_pipeline", environ)
    releases.git("checkout", "--quiet", "--detach", TOOLS)
    bake = (sys.executable, "-m", "cookiecutter", releases.path, "--no-input")
    outer.run(*bake, "environment=none", "python=3.10")
    releases.git("checkout", "--quiet", "main")
    assert (path / "tools" / "answers.json").exists()
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Start")
    project.write("tasks/clean.py", project.read("tasks/clean.py") + "\n# %%\nmine = 1\n")
    project.write("tests/test_mine.py", '"""Mine."""\n\n\ndef test_mine():\n    assert True\n')
    if edited:
        project.write("tools/report.py", project.read("tools/report.py") + "\n# Mine\n")
    asked = project.read("requirements.txt")
    project.write("requirements.txt", f"{asked}{SMALL}<6\n")
    project.run(sys.executable, "tools", "lock")
    project.write("requirements.txt", f"{asked}{SMALL}>=5  # used by me\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Mine")
    assert locked(project)[SMALL][0].startswith("5.")

    printed = project.run(sys.executable, "tools", "update", check=False).stdout
    assert "Good work! Project's cruft has been updated" in printed
    assert "choice variable" not in printed and "Traceback" not in printed
    assert 'requires-python = ">=3.11"' in project.read("pyproject.toml")
    assert (path / "tools" / "report.py").exists() == edited

    done = project.run(sys.executable, "bootstrap.py", check=False)
    assert "Traceback" not in done.stdout
    if edited:  # cruft merges in another way then
        assert "Ready" in done.stdout
        assert "1. tools/ is of an earlier version: the machinery is the package" in done.stdout
        said = "Your change is in tools/report.py: move it to src/ or drop it: git rm -r tools"
        assert said in done.stdout
        project.git("rm", "--quiet", "-r", "tools")
        done = project.run("nbtasks", "update", "--left")
    else:
        assert done.returncode == 1
        assert "Nothing was installed" in done.stdout
    printed = type_what_is_left(project, done.stdout, "nbtasks lock")
    printed = type_what_is_left(project, printed, "ploomber")
    assert not (path / "tools").exists() and not list(path.rglob("*.rej"))
    versions = locked(project)
    assert versions["nbtasks"] and versions[SMALL][0].startswith("5.")
    assert project.run("nbtasks", "lock", "--check").stdout == ""

    assert (
        "1. ploomber build --env--sample true" in project.run("nbtasks", "update", "--left").stdout
    )
    project.run("ploomber", "build", "--env--sample", "true")
    project.run("python", "-m", "pytest", "--quiet", "tests/test_mine.py")
    assert "mine = 1" in project.read("tasks/clean.py")
    project.git("add", "--all")
    assert "nbtasks sync --check" in project.read(".pre-commit-config.yaml")
    assert (path / ".git" / "hooks" / "pre-commit").exists()
    project.git("commit", "--message", "Update")
    assert project.git("status", "--porcelain") == ""
    done = project.run("python", "bootstrap.py")
    assert "Ready" in done.stdout and "Left to do" not in done.stdout


def locked(project: Project) -> dict[str, list[str]]:
    """Return the versions that the lock of a project holds."""
    return read_versions(project.read("requirements.lock"))


@pytest.fixture
def plain(
    releases: Project, locked_environment: Path, home: Path, uv: Path, tmp_path: Path
) -> Project:
    """Return a project of plain cookiecutter, committed."""
    environ = clean_environ(home, locked_environment / BIN, uv.parent)
    outer = Project(tmp_path, "", environ)
    answers = ["environment=none", "project_name=Bird counts", "example=empty", "license=MIT"]
    version = ["--checkout", str(CONTEXT["_version"])]
    near = os.path.relpath(releases.path, tmp_path)  # what a folder beside is typed as
    outer.run(*(sys.executable, "-m", "cookiecutter", near, "--no-input"), *version, *answers)
    project = Project(tmp_path / "bird-counts", "bird_counts", environ)
    again: list[str | Path] = [
        sys.executable,
        "-m",
        "cookiecutter",
        releases.path,
        "--replay",
        *version,
    ]
    outer.run(*again, "--output-dir", tmp_path / "again")
    assert (tmp_path / "again" / "bird-counts" / "pipeline.yaml").exists()
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Start")
    return project


def retitle(project: Project) -> None:
    """Commit an edit of a line that the next version changes too: a conflict."""
    project.write("README.md", "# Mine\n" + project.read("README.md").split("\n", 1)[1])
    project.git("commit", "--quiet", "--all", "--message", "A title of mine")


def test_a_project_of_plain_cookiecutter_is_linked_with_its_answers(
    releases: Project, plain: Project
) -> None:
    printed = plain.run("nbtasks", "update").stdout
    assert "up to date" in printed and "Committed .cruft.json" in printed, printed
    assert plain.git("show", "--name-only", "--format=%s").split("\n") == [
        *("Link the project to its template", "", ".cruft.json")
    ]
    linked = json.loads(plain.read(".cruft.json"))
    assert linked["context"]["cookiecutter"]["project_name"] == "Bird counts"
    assert linked["context"]["cookiecutter"]["example"] == "empty"
    assert linked["commit"] == releases.git("rev-parse", "HEAD")

    done = plain.run("nbtasks", "update", "--version", "absent", check=False)
    assert done.returncode == 1 and "Nothing was updated" in done.stdout
    assert "absent" in done.stdout and "Traceback" not in done.stdout

    plain.write("README.md", "# Mine\n")
    printed = plain.run("nbtasks", "update", "--version", NEXT, check=False).stdout
    assert "Commit your changes first" in printed


def test_an_edit_of_the_same_line_is_a_conflict(releases: Project, plain: Project) -> None:
    """It is, whatever cruft says of it; what is the user's own is as it was."""
    retitle(plain)
    own = [name.replace("{{cookiecutter.package_name}}", plain.package) for name in OWN]
    done = plain.run("nbtasks", "update", "--version", NEXT, check=False)
    assert done.returncode == 1
    assert "1. solve the conflict in README.md, then: git add README.md" in done.stdout
    assert "## next\n\n- Birds are counted.\n\nLeft to do" in done.stdout
    assert "- Old." not in done.stdout
    assert "until it is committed: nbtasks update --abort" in done.stdout
    assert plain.read(".gitattributes").endswith("*.png binary\n")
    assert plain.read(CALLS).endswith("# Of a later version\n")
    assert plain.git("diff", "HEAD", "--name-only", "--", *own) == ""
    assert not any((plain.path / name).exists() for name in ADDED)
    updated = json.loads(plain.read(".cruft.json"))
    assert updated["commit"] == releases.git("rev-parse", NEXT)
    plain.write("README.md", solve(plain.read("README.md")))
    plain.git("add", "--all")
    printed = plain.run("nbtasks", "update", "--left", check=False).stdout
    assert "solve" not in printed and plain.read("README.md").startswith("# Mine\n")


@pytest.mark.parametrize("undo", [("git", "reset", "--hard"), ("nbtasks", "update", "--abort")])
def test_an_update_that_was_undone_can_be_had_again(plain: Project, undo: tuple[str, ...]) -> None:
    retitle(plain)
    plain.write("draft.txt", "Mine, and not in git\n")
    update = ("nbtasks", "update", "--version", NEXT)
    assert "solve the conflict in README.md" in plain.run(*update, check=False).stdout
    head = plain.git("rev-parse", "HEAD")
    plain.run(*undo)
    assert plain.git("status", "--porcelain") == "?? draft.txt"
    assert plain.git("rev-parse", "HEAD") == head
    assert plain.read("README.md").startswith("# Mine\n")
    again = plain.run(*update, check=False).stdout
    assert "solve the conflict in README.md" in again and "up to date" not in again, again


def test_a_link_that_an_earlier_version_left_is_made_anew(
    releases: Project, plain: Project
) -> None:
    """It was not in git, so it stayed as the update had left it, which was undone."""
    plain.run("nbtasks", "update")
    link = json.loads(plain.read(".cruft.json"))
    plain.git("reset", "--quiet", "--hard", "HEAD~1")
    link["commit"] = releases.git("rev-parse", NEXT)
    link["context"]["cookiecutter"]["_version"] = "2027.2"
    plain.write(".cruft.json", json.dumps(link))
    printed = plain.run("nbtasks", "update", "--version", NEXT, check=False).stdout
    assert "up to date" not in printed and "Birds are counted" in printed
