"""An update is undone as long as it is not committed, and no edit of the user goes with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Project, clean_environ

#: What an update does to the project, as a patch of cruft's is applied: a conflict, and files.
UPDATE = """\
diff --git a/README.md b/README.md
index {old}..0123456 100644
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-# Birds
+# Another title
diff --git a/later.py b/later.py
new file mode 100644
--- /dev/null
+++ b/later.py
@@ -0,0 +1 @@
+later = 1
"""


@pytest.fixture(params=[".", "inner"], ids=["the repository", "a folder of it"])
def project(tmp_path: Path, home: Path, request: pytest.FixtureRequest) -> Project:
    """Return a project in a repository, with a commit."""
    outer = Project(tmp_path / "birds", "", clean_environ(home))
    project = Project(outer.path / request.param, "", outer.environ)
    outer.write("other.txt", "other\n")
    project.write("pipeline.yaml", "tasks: []\n")
    project.write("README.md", "# Birds\n")
    project.write("requirements.lock", "x==1\n")
    outer.git("init", "--quiet")
    outer.git("add", "--all")
    outer.git("commit", "--quiet", "--message", "Start")
    project.write("README.md", "# Mine\n")
    outer.git("commit", "--quiet", "--all", "--message", "Mine")
    project.write("draft.txt", "mine\n")
    return project


def merge(project: Project, rejects: bool = False) -> None:
    """Merge the update, as cruft does: three ways, or with what was rejected beside."""
    from nbtasks.template import undo

    prefix = project.git("rev-parse", "--show-prefix")
    patch = UPDATE.format(old=project.git("rev-parse", "HEAD~1:./README.md"))

    def take_over() -> None:
        with undo.recording():
            how = "--reject" if rejects else "--3way"
            command = ("git", "apply", how, f"--directory={prefix}")
            project.run(*command, typed=patch, check=False)

    project.call(take_over)
    assert (project.path / "later.py").exists()


def abort(project: Project) -> tuple[int, str]:
    """Type the command that undoes."""
    done = project.nbtasks("update", "--abort", check=False)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


@pytest.mark.parametrize("rejects", [False, True], ids=["a conflict", "a rejected part"])
def test_all_is_as_before(project: Project, rejects: bool) -> None:
    merge(project, rejects)
    assert (project.path / "README.md.rej").exists() == rejects
    project.write("requirements.lock", "x==2\n")  # by `nbtasks lock`
    code, printed = abort(project)
    assert code == 0 and "All is as it was before the update" in printed, printed
    assert project.git("status", "--porcelain", "--", ".") == "?? " + project.git(
        "ls-files", "--others", "--full-name"
    )
    assert project.read("README.md") == "# Mine\n" and project.read("draft.txt") == "mine\n"
    assert project.read("requirements.lock") == "x==1\n"
    assert not (project.path / "later.py").exists()
    assert abort(project) == (1, "There is no update to undo.\n")


def tracked(project: Project) -> None:
    project.write("pipeline.yaml", "tasks: [mine]\n")


def merged(project: Project) -> None:
    project.write("README.md", "# Mine, and another\n")


def added(project: Project) -> None:
    project.write("mine.py", "mine = 1\n")
    project.git("add", "mine.py")


def new(project: Project) -> None:
    project.write("later.py", "later = 2\n")


def elsewhere(project: Project) -> None:
    top = Path(project.git("rev-parse", "--show-toplevel"))
    (top / "other.txt").write_text("mine\n", encoding="utf-8")


EDITS = {
    "pipeline.yaml": tracked,
    "README.md": merged,
    "mine.py": added,
    "later.py": new,
    "other.txt": elsewhere,
}


@pytest.mark.parametrize("rejects", [False, True], ids=["a conflict", "a rejected part"])
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_the_user_is_named_and_kept(project: Project, name: str, rejects: bool) -> None:
    merge(project, rejects)
    edit: Callable[[Project], None] = EDITS[name]
    edit(project)
    before = {path: (project.path / path).read_bytes() for path in project.files()}
    code, printed = abort(project)
    assert code == 1 and "Nothing was undone. Edited since the update:\n" in printed
    assert printed.splitlines()[1].endswith(name) and len(printed.splitlines()) == 5, printed
    assert before == {path: (project.path / path).read_bytes() for path in project.files()}
    for command in printed.splitlines()[-2:-1]:  # what is printed helps
        assert command.startswith("  ")
        project.run(*command.split())
    assert abort(project)[0] == 0
    assert project.read("README.md") == "# Mine\n" and project.read("draft.txt") == "mine\n"
    assert (project.path / "mine.py").exists() == (name == "mine.py")


def test_what_was_committed_is_not_undone(project: Project) -> None:
    merge(project)
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Update")
    head = project.git("rev-parse", "HEAD")
    code, printed = abort(project)
    assert code == 1 and "something was committed since the update began" in printed
    assert project.git("rev-parse", "HEAD") == head


def test_without_a_commit_there_is_nothing_to_merge_into(project: Project, tmp_path: Path) -> None:
    alone = Project(tmp_path / "alone", "", project.environ)
    alone.write("pyproject.toml", "[tool.nbtasks]\n")
    for _ in range(2):
        done = alone.nbtasks("update", check=False)
        assert done.returncode == 1 and "is in no commit of git" in done.stdout
        assert abort(alone)[0] == 1
        alone.git("init", "--quiet")
