"""Edit tasks anywhere, commit, pull: no edit and no output may get lost.

Each test uses real git with the real hooks, and then looks where everything is: in the
working tree, in the index, in HEAD and in the notebook.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import BIN, Project

pytestmark = pytest.mark.slow

TASK, NOTEBOOK = "tasks/clean.py", "notebooks/clean.ipynb"
SCRIPT = """\
# %% [markdown]
# # Clean
#
# Temperatures of Zürich, in °C

# %%
import math

# %% tags=["parameters"]
upstream = None
product = None

# %% First
first = 1
first

# %%
second = 2
second

# %%
third = math.floor(3.5)
third
"""
FIRST, SECOND, THIRD = "first = 1\nfirst", "second = 2\nsecond", "third = math.floor(3.5)\nthird"


@dataclass
class Desk(Project):
    """A project on somebody's desk: what they do with their editor, Jupyter and git."""

    def cells(self, name: str = NOTEBOOK) -> list[dict]:
        """Return the cells of a notebook."""
        return json.loads(self.read(name))["cells"]

    def code(self, name: str = NOTEBOOK) -> str:
        """Return all that is typed in a notebook."""
        return "\n\n".join("".join(cell["source"]) for cell in self.cells(name))

    def outputs(self, name: str = NOTEBOOK) -> dict[str, str]:
        """Return the output of each cell that has one, by what is typed in it."""
        return {
            "".join(cell["source"]): "".join(cell["outputs"][0]["text"])
            for cell in self.cells(name)
            if cell.get("outputs")
        }

    def edit_script(self, old: str, new: str, name: str = TASK) -> None:
        """Change a script in a text editor."""
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new))

    def edit_notebook(self, old: str, new: str, name: str = NOTEBOOK) -> None:
        """Change a notebook, and not its script, as VS Code does."""
        notebook = json.loads(self.read(name))
        assert old in self.code(name)
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"]).replace(old, new)
        self.write(name, json.dumps(notebook, ensure_ascii=False, indent=1))

    def run_notebook(self, value: str, name: str = NOTEBOOK) -> None:
        """Give every code cell an output, as running the notebook does."""
        notebook = json.loads(self.read(name))
        for number, cell in enumerate(notebook["cells"], start=1):
            if cell["cell_type"] == "code":
                text = {"output_type": "stream", "name": "stdout", "text": value}
                cell |= {"outputs": [text], "execution_count": number}
        self.write(name, json.dumps(notebook, ensure_ascii=False, indent=1))

    def save_both(self, old: str, new: str) -> None:
        """Change a task in Jupyter, which saves its notebook and its script."""
        self.edit_notebook(old, new)
        self.edit_script(old, new)

    def sync(self, *arguments: str, check: bool = True) -> str:
        """Run sync.py."""
        return self.run("python", "tools", "sync", *arguments, check=check).stdout

    def commit(self, *arguments: str, **environ: str) -> str:
        """Commit what is staged; the hooks must agree."""
        return self.run("git", "commit", "-m", "Work", *arguments, **environ).stdout

    def refused(self, *arguments: str) -> str:
        """Try to commit; the hooks must refuse. Return what they say."""
        head = self.git("rev-parse", "HEAD")
        done = self.run("git", "commit", "-m", "Work", *arguments, check=False)
        assert done.returncode, done.stdout
        assert self.git("rev-parse", "HEAD") == head
        return done.stdout

    def in_index(self, name: str = TASK) -> str:
        """Return a file as it is staged."""
        return self.git("show", f":{name}") + "\n"

    def in_head(self, name: str = TASK) -> str:
        """Return a file as it was last committed."""
        return self.git("show", f"HEAD:{name}") + "\n"

    def line_ends(self, name: str) -> str:
        """Return how the lines of a file end in the index and in the working tree."""
        return " ".join(self.git("ls-files", "--eol", name).split()[:2])

    def brought_back(self, printed: str) -> str:
        """Run the command that was printed to get a replaced text back."""
        command = re.search(r"git (cat-file -p \w+)", printed)
        assert command, printed
        return self.git(*command[1].split()) + "\n"

    def other_commit(self) -> None:
        """Stage a change that has nothing to do with the task."""
        self.write("notes.md", "Something else\n")
        self.git("add", "notes.md")

    def conflict(self, **environ: str) -> None:
        """Merge a branch that changes the same line of the task."""
        self.git("switch", "--create", "other")
        self.save_both(FIRST, "first = 10")
        self.git("commit", "--all", "-m", "Other")
        self.git("switch", "main")
        self.save_both(FIRST, "first = 11")
        self.git("commit", "--all", "-m", "Main")
        assert "CONFLICT" in self.run("git", "merge", "other", check=False, **environ).stdout

    def clone(self, path: Path, *arguments: str) -> Desk:
        """Clone the project, for a colleague."""
        self.git("clone", "--quiet", *arguments, self.path.as_uri(), str(path))
        return Desk(path, self.package, self.environ)


@pytest.fixture(scope="module")
def base(set_up: Callable[..., Project]) -> Desk:
    """Return a project whose task is SCRIPT, committed, in sync and run."""
    return prepare(set_up(example="empty"))


def prepare(project: Project) -> Desk:
    """Add a task to a project, commit it and run it."""
    desk = Desk(project.path, project.package, project.environ)
    desk.write(TASK, SCRIPT)
    desk.git("add", "--all")
    desk.commit()
    desk.sync()
    desk.run_notebook("before")
    desk.git("add", "--all")
    if desk.git("status", "--short"):  # notebooks in git
        desk.commit()
    assert desk.in_head() == SCRIPT
    return desk


@pytest.fixture(scope="module")
def base_penguins(bake: Callable[..., Project], base: Desk) -> Desk:
    """Return the complete example, in the same environment, with its notebooks."""
    project = bake()
    desk = Desk(project.path, project.package, base.environ)
    desk.sync()
    return desk


@pytest.fixture
def desk(base: Desk, tmp_path: Path) -> Desk:
    """Return a copy of that project, with a cache of pre-commit of its own."""
    return copy_of(base, tmp_path)


def copy_of(base: Desk, folder: Path) -> Desk:
    """Copy a project, its repository and its notebooks."""
    shutil.copytree(base.path, folder / "project", symlinks=True)
    environ = base.environ | {"PRE_COMMIT_HOME": str(folder / "cache")}
    return Desk(folder / "project", base.package, environ)


def path_without_environment() -> str:
    """Return the PATH of a program with windows, which has git and no more."""
    folders = {Path(shutil.which(name)).parent for name in ("git", "bash", "env")}
    path = os.pathsep.join(map(str, folders))
    assert not shutil.which("pre-commit", path=path)
    return path


def assert_offers_both(printed: str, name: str = "clean") -> None:
    """Check that a refusal names the two commands that end it."""
    assert f"python tools sync --keep-notebook {name}" in printed
    assert f"python tools sync --keep-script {name}" in printed


# --- the thirteen situations -------------------------------------------------------------


def test_notebook_edit_then_commit_of_something_else(desk):
    desk.edit_notebook(SECOND, "second = 22")
    desk.other_commit()
    printed = desk.refused()
    assert "-second = 2" in printed and "+second = 22" in printed
    assert_offers_both(printed)
    assert desk.read(TASK) == desk.in_index() == SCRIPT
    assert desk.outputs()["second = 22"] == "before"

    desk.sync("--keep-notebook", "clean")
    desk.git("add", "--all")
    desk.commit()
    assert desk.read(TASK) == desk.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert desk.outputs()["second = 22"] == "before"


def test_keeping_the_script_keeps_a_copy_of_the_notebooks_edit(desk):
    desk.edit_notebook(SECOND, "second = 22")
    printed = desk.sync("--keep-script", "clean")
    assert desk.brought_back(printed) == SCRIPT.replace(SECOND, "second = 22")
    assert desk.read(TASK) == SCRIPT
    assert desk.outputs()[FIRST] == "before"
    desk.other_commit()
    desk.commit()
    # and the same edit, made again, is an edit again
    desk.edit_notebook(SECOND, "second = 22")
    assert_offers_both(desk.sync("--check", check=False))


def test_script_edit_with_an_older_notebook(desk):
    desk.edit_script(SECOND, "second = 22")
    desk.git("add", TASK)
    before = desk.read(NOTEBOOK)
    desk.commit()
    assert desk.in_head() == desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")
    assert desk.read(NOTEBOOK) == before
    desk.sync()
    assert "second = 22" in desk.code()
    assert desk.outputs()[FIRST] == desk.outputs()[THIRD] == "before"


def test_script_staged_then_the_old_notebook_is_run_again(desk):
    desk.edit_script(SECOND, "second = 22")
    desk.git("add", TASK)
    desk.run_notebook("after")
    desk.commit()
    assert desk.in_head() == desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")
    assert set(desk.outputs().values()) == {"after"}
    desk.sync()
    assert desk.outputs()[FIRST] == "after"


def test_staged_and_unstaged_edits_of_the_script(desk):
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.edit_script(THIRD, "third = math.ceil(33)")
    before = desk.read(NOTEBOOK)
    desk.commit()
    staged = SCRIPT.replace(FIRST, "first = 11")
    assert desk.in_head() == desk.in_index() == staged
    assert desk.read(TASK) == staged.replace(THIRD, "third = math.ceil(33)")
    assert desk.read(NOTEBOOK) == before


def test_staged_and_unstaged_edits_and_the_notebook_shows_the_latter(desk):
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.save_both(THIRD, "third = math.ceil(33)")
    desk.edit_notebook(FIRST, "first = 11")
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK)
    desk.commit()
    assert desk.in_head() == SCRIPT.replace(FIRST, "first = 11")
    assert "first = 11" in desk.read(TASK) and "third = math.ceil(33)" in desk.read(TASK)
    assert desk.read(NOTEBOOK) == before


def test_script_staged_then_edit_of_the_notebook(desk):
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    assert_offers_both(desk.refused())
    assert desk.in_index() == desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["third = math.ceil(33)"] == "before"


def test_staged_and_unstaged_edits_then_an_edit_of_the_notebook(desk):
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.edit_script(SECOND, "second = 22")
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    assert_offers_both(desk.refused())
    staged = SCRIPT.replace(FIRST, "first = 11")
    assert desk.in_index() == staged
    assert desk.read(TASK) == staged.replace(SECOND, "second = 22")
    assert desk.outputs()["third = math.ceil(33)"] == "before"
    printed = desk.sync("--keep-notebook", "clean")
    assert desk.brought_back(printed) == staged.replace(SECOND, "second = 22")
    assert desk.read(TASK) == SCRIPT.replace(THIRD, "third = math.ceil(33)")


def test_edit_of_the_notebook_then_of_the_script(desk):
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    desk.edit_script(FIRST, "first = 11")
    desk.git("add", TASK)
    assert_offers_both(desk.refused())
    assert desk.in_index() == desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["third = math.ceil(33)"] == "before"


def test_edit_of_the_notebook_then_pull(desk, tmp_path):
    colleague = colleague_edits(desk, tmp_path, FIRST, "first = 11")
    desk.edit_notebook(THIRD, "third = math.ceil(33)")
    printed = desk.git("pull", "--no-rebase")
    assert_offers_both(printed)
    assert desk.in_head() == desk.read(TASK) == colleague.read(TASK)
    assert desk.outputs()["third = math.ceil(33)"] == "before"
    desk.other_commit()
    assert_offers_both(desk.refused())


def colleague_edits(desk: Desk, folder: Path, old: str, new: str) -> Desk:
    """Clone the project, commit an edit there and make the clone the place to pull from."""
    colleague = desk.clone(folder / "colleague")
    colleague.edit_script(old, new)
    colleague.git("commit", "--quiet", "--all", "-m", "A colleague's work")
    desk.git("remote", "add", "origin", colleague.path.as_uri())
    desk.git("fetch", "--quiet")
    desk.git("branch", "--set-upstream-to", "origin/main")
    return colleague


def test_fresh_clone(desk, tmp_path):
    clone = desk.clone(tmp_path / "clone")
    clone.run("python", "bootstrap.py", "--environment", "current")
    assert SECOND in clone.code()
    clone.other_commit()
    clone.commit()
    assert clone.in_head() == clone.read(TASK) == SCRIPT
    assert clone.git("status", "--short") == ""


def test_pull_with_a_stale_newer_notebook_and_an_edit_of_the_script(desk, tmp_path):
    colleague_edits(desk, tmp_path, FIRST, "first = 11")
    desk.edit_script(THIRD, "third = math.ceil(33)")
    desk.run_notebook("after")  # the open tab saves itself: new outputs, old code
    desk.git("add", TASK)
    desk.commit()
    desk.git("pull", "--no-rebase", "--no-edit")
    merged = SCRIPT.replace(FIRST, "first = 11").replace(THIRD, "third = math.ceil(33)")
    assert desk.in_head() == desk.read(TASK) == merged
    assert "first = 11" in desk.code() and "third = math.ceil(33)" in desk.code()
    assert desk.outputs()[SECOND] == "after"


def test_edit_of_the_notebook_then_add_all(desk):
    desk.edit_notebook(SECOND, "second = 22")
    desk.other_commit()
    desk.git("add", "--all")
    assert_offers_both(desk.refused())
    assert desk.read(TASK) == SCRIPT
    assert desk.outputs()["second = 22"] == "before"


def test_task_removed(desk):
    desk.git("rm", "--quiet", TASK)
    desk.commit()
    desk.sync()
    desk.git("switch", "--create", "other")
    assert not (desk.path / TASK).exists()
    assert desk.git("ls-files", TASK) == ""
    assert desk.outputs()[SECOND] == "before"


# --- more of them ------------------------------------------------------------------------


def test_nothing_to_do_writes_nothing(desk):
    before = {name: os.stat(desk.path / name).st_mtime_ns for name in (TASK, NOTEBOOK)}
    assert desk.sync() == desk.sync("--check") == ""
    assert before == {name: os.stat(desk.path / name).st_mtime_ns for name in before}


def test_checkout_leaves_unstaged_work_and_its_outputs_alone(desk):
    desk.save_both(THIRD, "third = math.ceil(33)")
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK), desk.read(TASK)
    desk.git("switch", "--create", "other")
    assert (desk.read(NOTEBOOK), desk.read(TASK)) == before
    desk.other_commit()
    desk.commit()
    assert (desk.read(NOTEBOOK), desk.read(TASK)) == before
    assert desk.in_head() == SCRIPT


def test_jupyter_saves_then_the_script_is_edited_on(desk):
    desk.save_both(FIRST, "first = 11")
    desk.edit_script(THIRD, "third = math.ceil(33)")
    desk.git("add", TASK)
    desk.commit()  # all that the notebook holds is in the script
    desk.sync()
    assert "third = math.ceil(33)" in desk.code() and "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


@pytest.mark.parametrize("staged", [False, True])
def test_script_edited_again_after_a_sync(desk, staged):
    """No commit has the version in between, and still nobody has edited the notebook."""
    desk.edit_script(FIRST, "first = 10")
    desk.sync()
    desk.edit_script("first = 10", "first = 11")
    if staged:
        desk.git("add", TASK)
        desk.commit()
    printed = desk.sync()
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"
    if not staged:
        assert desk.brought_back(printed) == SCRIPT.replace(FIRST, "first = 10")


def test_discarding_the_script_leaves_the_notebook(desk):
    desk.save_both(FIRST, "first = 11")
    desk.sync()
    printed = desk.run("git", "checkout", "--", TASK).stdout
    assert_offers_both(printed)
    assert desk.read(TASK) == SCRIPT
    assert desk.outputs()["first = 11"] == "before"


def test_an_undo_in_the_notebook_is_an_edit(desk):
    desk.save_both(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.commit()
    desk.edit_notebook("first = 11", FIRST)
    desk.other_commit()
    assert_offers_both(desk.refused())
    assert desk.outputs()[FIRST] == "before"


def test_a_stash_does_not_block_a_commit(desk):
    desk.save_both(FIRST, "first = 11")
    desk.git("stash")
    desk.other_commit()
    desk.commit()
    desk.git("stash", "pop")
    assert desk.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert desk.outputs()["first = 11"] == "before"
    assert desk.sync() == ""


def test_switching_branches_there_and_back(desk):
    desk.git("switch", "--create", "other")
    desk.save_both(FIRST, "first = 11")
    desk.git("add", TASK)
    desk.commit()
    desk.git("switch", "main")
    assert FIRST in desk.code() and "first = 11" not in desk.code()
    desk.git("switch", "other")
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_amend_and_rebase(desk):
    desk.git("switch", "--create", "other")
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "First")
    desk.git("switch", "main")
    desk.edit_script(THIRD, "third = math.ceil(33)")
    desk.git("commit", "--all", "-m", "Third")
    desk.git("rebase", "other")
    assert "first = 11" in desk.code() and "third = math.ceil(33)" in desk.code()
    assert desk.outputs()[SECOND] == "before"
    desk.edit_script(SECOND, "second = 22")
    desk.git("commit", "--all", "--amend", "--no-edit")
    assert "second = 22" in desk.code()


def test_partial_staging_of_one_file(desk):
    desk.save_both(FIRST, "first = 11")
    desk.save_both(THIRD, "third = math.ceil(33)")
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK)
    whole = desk.read(TASK)
    staged = SCRIPT.replace(FIRST, "first = 11")
    desk.write("staged.py", staged)
    blob = desk.git("hash-object", "-w", "staged.py")
    (desk.path / "staged.py").unlink()
    desk.git("update-index", "--cacheinfo", f"100644,{blob},{TASK}")  # as `git add -p` does
    desk.commit()
    assert desk.in_head() == staged
    assert desk.read(TASK) == whole
    assert desk.read(NOTEBOOK) == before


def test_what_pre_commit_put_aside_earlier_does_not_count(desk):
    desk.save_both(FIRST, "first = 11")
    desk.other_commit()
    assert "Stashing unstaged files" in desk.commit()
    desk.write(TASK, SCRIPT.replace(THIRD, "third = math.ceil(33)"))
    desk.git("add", TASK)
    assert_offers_both(desk.refused())  # first = 11 is nowhere else
    desk.write(TASK, SCRIPT)
    assert_offers_both(desk.sync(check=False))
    assert desk.outputs()["first = 11"] == "before"


def test_what_pre_commit_put_aside_may_be_discarded_later(desk):
    desk.save_both(FIRST, "first = 11")
    desk.other_commit()
    assert "Stashing unstaged files" in desk.commit()
    desk.git("checkout", "--", TASK)
    desk.write("notes.md", "More\n")
    desk.git("add", "notes.md")
    assert_offers_both(desk.refused())


def test_what_pre_commit_put_aside_last_counts(desk):
    for number in ("first = 11", "first = 12"):
        desk.write(TASK, SCRIPT.replace(FIRST, number))
        desk.git("add", TASK)
        desk.save_both(THIRD, "third = math.ceil(33)")
        desk.write(NOTEBOOK, desk.read(NOTEBOOK).replace("first = 1\\nfirst", number))
        desk.commit()
        assert desk.in_head() == SCRIPT.replace(FIRST, number)
        desk.edit_notebook("third = math.ceil(33)", THIRD)
        desk.edit_notebook(number, FIRST)


def test_merge_conflict_in_a_task(desk):
    desk.conflict()
    before = desk.read(NOTEBOOK)
    assert "merge conflict" in desk.sync()
    assert desk.read(NOTEBOOK) == before
    desk.write(TASK, SCRIPT.replace(FIRST, "first = 12"))
    desk.git("add", TASK)
    desk.commit()
    assert desk.in_head() == SCRIPT.replace(FIRST, "first = 12")
    desk.sync()
    assert "first = 12" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_task_renamed(desk):
    desk.git("mv", TASK, "tasks/tidy.py")
    desk.commit()
    desk.sync()
    assert desk.outputs("notebooks/tidy.ipynb") == desk.outputs()
    assert not (desk.path / TASK).exists()
    assert desk.in_head("tasks/tidy.py") == SCRIPT
    desk.edit_notebook(FIRST, "first = 11")  # in the notebook of the former name
    assert_offers_both(desk.sync("--check", check=False))
    assert not (desk.path / TASK).exists()


def test_new_notebook_without_a_script(desk):
    desk.write("notebooks/new.ipynb", desk.read(NOTEBOOK).replace("first", "other"))
    desk.other_commit()
    printed = desk.refused()
    assert_offers_both(printed, "new")
    assert_offers_both(desk.git("switch", "--create", "other"), "new")
    assert not (desk.path / "tasks/new.py").exists()
    assert "name it in pipeline.yaml" in desk.sync()
    assert desk.read("tasks/new.py") == SCRIPT.replace("first", "other")
    desk.git("add", "--all")
    desk.commit()
    assert desk.in_head("tasks/new.py") == SCRIPT.replace("first", "other")
    assert set(desk.outputs("notebooks/new.ipynb").values()) == {"before"}


def test_new_notebook_in_the_wrong_folder(desk):
    desk.write("tasks/Untitled.ipynb", desk.read(NOTEBOOK))
    desk.write("tasks/.ipynb_checkpoints/clean.ipynb", desk.read(NOTEBOOK))
    printed = desk.sync()
    assert "Untitled.ipynb is not paired. Next: move it to notebooks, python tools sync" in printed
    assert "checkpoints" not in printed


def test_new_notebook_that_stays_a_draft(desk):
    desk.write("notebooks/new.ipynb", desk.read(NOTEBOOK).replace("first", "other"))
    before = desk.read("notebooks/new.ipynb")
    desk.sync("--keep-script", "new")
    desk.other_commit()
    desk.commit()
    desk.git("gc", "--quiet", "--prune=now")  # forgets the copy that was kept
    desk.sync()
    assert not (desk.path / "tasks/new.py").exists()
    assert desk.read("notebooks/new.ipynb") == before


@pytest.mark.parametrize("edited", [False, True])
def test_task_deleted_on_another_branch(desk, edited):
    desk.git("switch", "--create", "other")
    desk.git("rm", "--quiet", TASK)
    desk.commit()
    desk.git("switch", "main")
    if edited:
        desk.edit_notebook(FIRST, "first = 11")
    before = desk.read(NOTEBOOK)
    printed = desk.git("merge", "other")
    assert ("--keep-notebook clean" in printed) == edited
    printed = desk.sync(check=not edited)
    assert ("If its task is gone for good, delete it" in printed) != edited
    assert not (desk.path / TASK).exists()
    assert desk.read(NOTEBOOK) == before
    desk.other_commit()
    if edited:
        assert_offers_both(desk.refused())
        desk.sync("--keep-script", "clean")
    desk.commit()
    assert not (desk.path / TASK).exists()
    assert desk.read(NOTEBOOK) == before


@pytest.mark.parametrize("edited", [False, True])
def test_task_removed_without_its_memory(desk, edited):
    (desk.path / "notebooks/.sync.json").unlink()
    desk.git("rm", "--quiet", TASK)
    if edited:
        desk.edit_notebook(FIRST, "first = 11")
    printed = desk.sync(check=not edited)
    assert ("--keep-notebook clean" in printed) == edited
    assert not (desk.path / TASK).exists()


def test_task_removed_before_its_first_commit(desk):
    desk.write("tasks/new.py", SCRIPT.replace("first", "other"))
    desk.sync()
    (desk.path / "tasks/new.py").unlink()
    assert_offers_both(desk.sync(check=False), "new")
    assert not (desk.path / "tasks/new.py").exists()


def test_text_that_is_not_ascii(desk):
    desk.edit_notebook("Zürich", "東京 🐧")
    desk.git("commit", "--allow-empty", "-m", "x", check=False)
    assert "東京 🐧" in desk.refused("--allow-empty")
    desk.sync("--keep-notebook", "clean")
    desk.git("add", TASK)
    desk.commit()
    assert desk.in_head() == desk.read(TASK) == SCRIPT.replace("Zürich", "東京 🐧")
    assert "東京 🐧" in desk.code()


def test_a_terminal_that_lacks_letters(desk):
    desk.edit_notebook("Zürich", "東京 🐧")
    desk.environ["PYTHONIOENCODING"] = "ascii"
    printed = desk.sync(check=False)
    assert r"+# Temperatures of \u6771\u4eac \U0001f427" in printed
    assert_offers_both(printed)


def test_windows_line_ends(desk):
    desk.write(TASK, SCRIPT.replace(FIRST, "first = 11").replace("\n", "\r\n"))
    desk.git("add", TASK)
    desk.commit()
    assert desk.line_ends(TASK) == "i/lf w/crlf"  # as git stores it, as it is here
    assert desk.in_head() == SCRIPT.replace(FIRST, "first = 11")
    desk.sync()
    assert "first = 11" in desk.code() and "\r" not in desk.code()
    assert desk.outputs()[SECOND] == "before"
    before = desk.read(TASK)
    assert desk.sync() == ""
    assert desk.read(TASK) == before


def test_raw_data_is_stored_as_it_came(desk):
    desk.write("data/raw/more.csv", "a,b\r\n1,2\r\n")
    desk.git("add", "--all")
    assert desk.line_ends("data/raw/more.csv") == "i/crlf w/crlf"


def test_shallow_clone_never_overwrites(desk, tmp_path):
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    clone = desk.clone(tmp_path / "clone", "--depth", "1")
    clone.write(NOTEBOOK, desk.read(NOTEBOOK))
    clone.sync(check=False)
    assert FIRST in clone.code()


def test_without_its_memory(desk):
    (desk.path / "notebooks/.sync.json").unlink()
    desk.edit_script(FIRST, "first = 11")
    desk.git("commit", "--all", "-m", "Next")
    desk.sync()
    assert "first = 11" in desk.code()
    assert desk.outputs()[SECOND] == "before"


def test_file_that_is_not_a_notebook(desk):
    desk.write(NOTEBOOK, "<<<<<<< not JSON\n")
    desk.other_commit()
    assert_offers_both(desk.refused())
    printed = desk.sync("--keep-notebook", "clean", check=False)
    assert f"{NOTEBOOK} can't be read" in printed and "Traceback" not in printed
    assert desk.read(TASK) == SCRIPT
    printed = desk.sync("--keep-script", "clean")
    assert desk.brought_back(printed) == "<<<<<<< not JSON\n"
    assert SECOND in desk.code()
    desk.commit()


NO_CELLS = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize("text", ["", NO_CELLS], ids=["no text", "no cells"])
def test_notebook_that_holds_nothing(desk, text):
    desk.write(NOTEBOOK, text)
    desk.sync()
    assert SECOND in desk.code()


def test_notebook_that_lacks_a_minor_version(desk):
    notebook = json.loads(desk.read(NOTEBOOK))
    del notebook["nbformat_minor"], notebook["metadata"]
    desk.write(NOTEBOOK, json.dumps(notebook))
    desk.edit_script(SECOND, "second = 22")
    desk.sync()
    assert "second = 22" in desk.code()
    assert desk.outputs()[FIRST] == "before"


def test_one_conflict_does_not_hold_up_the_other_tasks(desk):
    desk.edit_notebook(SECOND, "second = 22")
    desk.edit_script("raw.head()", "raw.tail()", "tasks/get.py")
    assert_offers_both(desk.sync(check=False))
    assert "raw.tail()" in desk.code("notebooks/get.ipynb")


def test_a_refresh_keeps_the_kernel(desk):
    desk.write(NOTEBOOK, desk.read(NOTEBOOK).replace('"python3"', '"conda-x"'))
    desk.edit_script(SECOND, "second = 22")
    desk.sync()
    assert json.loads(desk.read(NOTEBOOK))["metadata"]["kernelspec"]["name"] == "conda-x"
    assert "second = 22" in desk.code()


def test_checkpoints_of_jupyter_are_no_tasks(desk):
    checkpoint = "notebooks/.ipynb_checkpoints/clean-checkpoint.ipynb"
    desk.write(checkpoint, desk.read(NOTEBOOK).replace("first", "other"))
    before = desk.files()
    assert desk.sync() == ""
    assert desk.files() == before


def test_task_in_a_folder(desk):
    desk.write("notebooks/more/tidy.ipynb", desk.read(NOTEBOOK).replace("first", "other"))
    desk.run("python", "../tools", "sync", cwd=desk.path / "tasks")
    assert desk.read("tasks/more/tidy.py") == SCRIPT.replace("first", "other")
    desk.edit_notebook(SECOND, "second = 22", "notebooks/more/tidy.ipynb")
    assert_offers_both(desk.sync(check=False), "more/tidy")
    desk.sync("--keep-notebook", "more/tidy")
    assert "second = 22" in desk.read("tasks/more/tidy.py")


def test_unknown_task(desk):
    done = desk.run("python", "tools", "sync", "--keep-notebook", "claen", check=False)
    assert done.returncode == 2 and "choose from clean, get" in done.stdout
    (desk.path / NOTEBOOK).unlink()
    done = desk.run("python", "tools", "sync", "--keep-script", "clean", check=False)
    assert done.returncode == 2 and "clean: choose from get" in done.stdout


def test_magics_and_functions(desk):
    magic = "\n# %%\n# %matplotlib inline\nfirst\n"
    function = "\n\n# %%\ndef double(x):\n    return 2 * x\n\n\n# %%\ndouble(first)\n"
    desk.write(TASK, SCRIPT + magic + function)
    desk.git("add", TASK)
    desk.commit()
    desk.sync()
    assert "%matplotlib inline" in desk.code().splitlines()
    desk.run_notebook("after")
    before = desk.read(NOTEBOOK)
    assert desk.sync() == ""
    desk.other_commit()
    desk.commit()
    assert desk.read(NOTEBOOK) == before


# --- where git is run --------------------------------------------------------------------


def test_without_git(desk):
    desk.environ["PATH"] = str(Path(desk.environ["VIRTUAL_ENV"]) / BIN)
    assert not shutil.which("git", path=desk.environ["PATH"])
    assert desk.sync() == ""
    desk.edit_script(FIRST, "first = 11")
    assert_offers_both(desk.sync(check=False))  # no copy of the notebook can be kept
    desk.sync("--keep-script", "clean")
    assert "first = 11" in desk.code()


def test_worktree(desk, tmp_path):
    desk.git("worktree", "add", str(tmp_path / "tree"), "-b", "other")
    tree = Desk(tmp_path / "tree", desk.package, desk.environ)
    assert SECOND in tree.code()  # made by the hook
    tree.edit_notebook(SECOND, "second = 22")
    tree.other_commit()
    assert_offers_both(tree.refused())
    tree.sync("--keep-notebook", "clean")
    tree.git("add", "--all")
    tree.commit()
    assert tree.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert desk.read(TASK) == desk.in_head() == SCRIPT
    assert desk.outputs()[SECOND] == "before"


def test_commit_from_a_client_without_the_environment(desk):
    desk.environ = {
        name: value for name, value in desk.environ.items() if name not in ("VIRTUAL_ENV", "PATH")
    }
    desk.environ["PATH"] = path_without_environment()
    desk.edit_notebook(SECOND, "second = 22")
    desk.other_commit()
    assert_offers_both(desk.refused())
    desk.edit_notebook("second = 22", SECOND)
    assert "ruff" in desk.commit()


def test_commit_without_an_environment_says_what_to_do(desk):
    for hook in (desk.path / ".git/hooks").glob("*[!e]"):
        text = hook.read_text("utf-8").replace(desk.environ["VIRTUAL_ENV"], "/nowhere")
        hook.write_text(text, "utf-8")
    desk.other_commit()
    assert "python bootstrap.py" in desk.refused()
    switched = desk.run("git", "switch", "--create", "other")  # done: it can't be refused
    assert "python bootstrap.py" in switched.stdout


# --- what may not be committed -----------------------------------------------------------

INJECTED = """\
# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: ploomber
#   ploomber:
#     injected_manually: true
# ---

""" + SCRIPT.replace(
    "# %% First",
    '# %% tags=["injected-parameters"]\nproduct = {"nb": "/home/ada/x"}\n\n\n# %% First',
)


def test_injected_parameters_are_taken_out(desk):
    desk.write(TASK, INJECTED)
    assert desk.sync() == ""
    desk.git("add", TASK)
    assert "took out the injected parameters" in desk.refused()
    assert desk.read(TASK) == SCRIPT
    assert "injected" not in desk.code()
    desk.git("add", TASK)
    desk.other_commit()
    desk.commit()
    assert desk.in_head() == SCRIPT


def test_injected_parameters_do_not_come_from_the_notebook_either(desk):
    notebook = json.loads(desk.read(NOTEBOOK))
    injected = json.loads(json.dumps(notebook["cells"][2]))
    injected |= {"source": "product = {}", "metadata": {"tags": ["injected-parameters"]}, "id": "x"}
    notebook["cells"].insert(3, injected)
    desk.write(NOTEBOOK, json.dumps(notebook))
    assert desk.sync() == ""
    desk.edit_notebook(SECOND, "second = 22")
    desk.sync("--keep-notebook", "clean")
    assert desk.read(TASK) == SCRIPT.replace(SECOND, "second = 22")


def test_ploomber_inject_and_remove(desk):
    committed = desk.in_head("tasks/get.py")
    desk.run("ploomber", "nb", "--inject")
    injected = desk.read("tasks/get.py")
    assert str(desk.path / "products") in injected
    desk.git("add", "--all")
    desk.refused()
    assert desk.read("tasks/get.py") == committed
    desk.write("tasks/get.py", injected)
    desk.run("ploomber", "nb", "--remove")
    assert desk.read("tasks/get.py") != committed  # it leaves a header
    desk.git("add", "--all")
    desk.refused()
    assert desk.read("tasks/get.py") == committed


NOTEBOOK_WITH_OUTPUT = json.dumps(
    {"cells": [{"cell_type": "code", "outputs": [{"output_type": "stream"}]}], "nbformat": 4}
)
NOTEBOOK_WITHOUT = json.dumps(
    {"cells": [{"cell_type": "code", "outputs": [], "source": '{"output_type": "stream"}'}]}
)
KEY = "-----BEGIN RSA {} KEY-----\nMIIE\n".format("PRIVATE")


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("docs/a.ipynb", NOTEBOOK_WITH_OUTPUT, "no outputs in notebooks"),
        ("data/big.csv", "1,2,3\n" * 1_000_000, "no file over 5 MB"),
        ("key.txt", KEY, "no private key"),
        ("broken.yaml", "a: [1\n", "YAML can be read"),
        ("broken.toml", "a = \n", "TOML can be read"),
        ("src/unused.py", '"""Unused."""\n\nx = undefined\n', "ruff check"),
    ],
)
def test_refused(desk, name, text, message):
    desk.write(name, text)
    desk.git("add", "--force", name)
    failed = [line for line in desk.refused().splitlines() if line.endswith("Failed")]
    assert [line.split("....")[0] for line in failed] == [message]


def test_a_conflict_that_is_left_in_a_text_is_refused(desk):
    desk.git("switch", "--create", "other")
    desk.write("notes.md", "This\n")
    desk.git("add", "notes.md")
    desk.commit()
    desk.git("switch", "main")
    desk.other_commit()
    desk.commit()
    assert "CONFLICT" in desk.git("merge", "other", check=False)
    desk.git("add", "notes.md")
    assert "notes.md:1: Merge conflict string" in desk.refused()


def test_notebook_without_outputs_is_accepted(desk):
    desk.write("docs/a.ipynb", NOTEBOOK_WITHOUT)
    desk.git("add", "--force", "docs/a.ipynb")
    desk.commit()


def test_ruff_leaves_notebook_idioms_alone(desk):
    idioms = "\n# %%\nimport os\nimport ast\n\nos.sep\n\n# %%\nast.parse(\n    'x'\n)\nfirst\n"
    desk.write(TASK, SCRIPT + idioms)
    desk.git("add", TASK)
    desk.refused()  # ruff format wants other quotes
    text = desk.read(TASK)
    assert text == SCRIPT + idioms.replace("(\n    'x'\n)", '("x")')
    desk.git("add", TASK)
    desk.commit()


def test_ruff_removes_no_import_from_a_notebook(desk):
    desk.edit_script(THIRD, "third = 3")
    desk.git("add", TASK)
    assert "`math` imported but unused" in desk.refused()
    assert desk.read(TASK) == desk.in_index() == SCRIPT.replace(THIRD, "third = 3")


# --- notebooks in git, stripped ----------------------------------------------------------


@pytest.fixture(scope="module")
def stripped_base(set_up: Callable[..., Project]) -> Desk:
    """Return a project that keeps its notebooks in git."""
    return prepare(set_up(example="empty", notebooks_in_git="stripped"))


@pytest.fixture
def stripped(stripped_base: Desk, tmp_path: Path) -> Desk:
    """Return a copy of that project."""
    return copy_of(stripped_base, tmp_path)


def test_git_has_no_outputs_and_the_working_copy_has(stripped):
    assert "before" not in stripped.in_head(NOTEBOOK)
    assert "second = 2" in stripped.in_head(NOTEBOOK)
    stripped.run_notebook("after")
    stripped.other_commit()
    stripped.git("add", "--all")
    assert stripped.git("status", "--short") == "A  notes.md"
    stripped.commit()
    assert set(stripped.outputs().values()) == {"after"}


def test_scripts_and_notebooks_are_committed_together(stripped):
    """A notebook in git that is behind its script stops the commit, and says what to do."""
    stripped.write(TASK, SCRIPT.replace(FIRST, "first = 11"))
    stripped.git("add", "--all")
    assert "python tools sync, git add notebooks" in stripped.refused()
    stripped.run("python", "tools", "sync")
    stripped.git("add", "notebooks")
    stripped.commit()
    assert "first = 11" in stripped.in_head() and "first = 11" in stripped.in_head(NOTEBOOK)


def test_outputs_survive_what_pre_commit_puts_aside(stripped):
    stripped.save_both(FIRST, "first = 11")
    stripped.run_notebook("after")
    stripped.other_commit()
    assert "Stashing unstaged files" in stripped.commit()
    assert stripped.in_head() == SCRIPT
    assert stripped.read(TASK) == SCRIPT.replace(FIRST, "first = 11")
    assert stripped.outputs()["first = 11"] == "after"
    assert set(stripped.outputs().values()) == {"after"}


def test_outputs_survive_a_merge_of_two_people(stripped, tmp_path):
    colleague = stripped.clone(tmp_path / "colleague")
    colleague.run("python", "bootstrap.py", "--environment", "current")
    assert colleague.outputs() == {}
    colleague.save_both(FIRST, "first = 11")
    colleague.git("commit", "--all", "-m", "A colleague's work")
    stripped.save_both(THIRD, "third = math.ceil(33)")
    stripped.run_notebook("after")
    stripped.git("commit", "--all", "-m", "My work")
    stripped.git("pull", "--no-rebase", "--no-edit", colleague.path.as_uri(), "main")
    merged = SCRIPT.replace(FIRST, "first = 11").replace(THIRD, "third = math.ceil(33)")
    assert stripped.read(TASK) == stripped.in_head() == merged
    assert "first = 11" in stripped.code() and "third = math.ceil(33)" in stripped.code()
    assert stripped.outputs()[SECOND] == stripped.outputs()["third = math.ceil(33)"] == "after"
    assert stripped.git("status", "--short") == ""


def test_a_merge_conflict_is_solved_in_the_script(stripped):
    stripped.conflict()
    assert "<<<<<<< " in stripped.code()
    stripped.write(TASK, SCRIPT.replace(FIRST, "first = 12"))
    stripped.sync()
    stripped.git("add", "--all")
    stripped.commit()
    assert "first = 12" in stripped.in_head() and "first = 12" in stripped.in_head(NOTEBOOK)
    assert stripped.outputs()[SECOND] == "before"


def test_edit_of_a_notebook_in_git(stripped):
    stripped.edit_notebook(SECOND, "second = 22")
    path = path_without_environment()
    assert "## modified /cells/" in stripped.run("git", "diff", PATH=path).stdout  # by nbdime
    stripped.git("add", "--all")
    assert_offers_both(stripped.refused())
    stripped.sync("--keep-notebook", "clean")
    stripped.git("add", "--all")
    stripped.commit()
    assert stripped.in_head() == SCRIPT.replace(SECOND, "second = 22")
    assert "second = 22" in stripped.in_head(NOTEBOOK)
    assert stripped.outputs()["second = 22"] == "before"


def test_outputs_never_reach_git(stripped):
    stripped.git("config", "--remove-section", "filter.notebook")
    stripped.git("add", "--all", "--renormalize")
    stripped.run_notebook("after")
    stripped.git("add", "--all")
    assert f"{NOTEBOOK} has outputs" in stripped.refused()


def test_who_ran_a_notebook_and_when_is_no_change(stripped):
    notebook = json.loads(stripped.read(NOTEBOOK))
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.99"}
    notebook["cells"][-1]["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01"}
    stripped.write(NOTEBOOK, json.dumps(notebook))
    stripped.git("add", "--all")
    assert stripped.git("status", "--short") == ""


def test_cells_that_are_alike_keep_their_own_outputs(stripped):
    notebook = json.loads(stripped.read(NOTEBOOK))
    for cell, text in zip(notebook["cells"][-2:], ("one", "two"), strict=True):
        cell |= {"source": "first"}
        cell["outputs"][0]["text"] = text
    stripped.write(NOTEBOOK, json.dumps(notebook))
    stripped.git("add", NOTEBOOK)
    (stripped.path / NOTEBOOK).unlink()
    stripped.git("checkout", "--", NOTEBOOK)
    assert [cell["outputs"][0]["text"] for cell in stripped.cells()[-2:]] == ["one", "two"]


def test_large_outputs_stay_on_disk(stripped):
    stripped.save_both(FIRST, "first = 11")
    stripped.run_notebook("x" * 6_000_000)
    stripped.git("add", "--all")
    stripped.commit()
    assert "first = 11" in stripped.in_head(NOTEBOOK)
    assert len(stripped.outputs()[SECOND]) == 6_000_000


def test_a_file_that_is_no_notebook_is_stored_as_it_is(stripped):
    stripped.write(NOTEBOOK, "not JSON\n")
    assert stripped.git("add", NOTEBOOK) == ""  # no traceback either
    assert stripped.in_index(NOTEBOOK) == "not JSON\n"


def test_a_conflict_leaves_a_notebook_that_opens(stripped):
    stripped.conflict(PATH=path_without_environment())
    assert "first = 10" in stripped.code() and "first = 11" in stripped.code()


# --- opening and saving ------------------------------------------------------------------

SAVE = """
import sys, jupytext
from jupytext.contentsmanager import TextFileContentsManager

manager = TextFileContentsManager(root_dir=".")
for path in sys.argv[1:]:
    model = manager.get(path)
    notebook = model["content"]
    notebook.metadata["kernelspec"] = {"name": "conda-x", "display_name": "X", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
    for cell in notebook.cells:
        cell.metadata["collapsed"] = False
        if cell.cell_type == "code":
            cell.execution_count = 7
    manager.save({"type": "notebook", "content": notebook, "format": "json"}, path=path)
"""


@pytest.mark.parametrize("opened", ["script", "notebook"])
def test_open_and_save_leaves_the_script_as_it_was(base_penguins, opened):
    desk = base_penguins
    tasks = sorted(path.stem for path in (desk.path / "tasks").glob("*.py"))
    before = {name: desk.read(f"tasks/{name}.py") for name in tasks}
    paths = [f"tasks/{t}.py" if opened == "script" else f"notebooks/{t}.ipynb" for t in tasks]
    desk.run("python", "-c", SAVE, *paths)
    assert before == {name: desk.read(f"tasks/{name}.py") for name in tasks}
    assert all('# %% tags=["parameters"]\n' in text for text in before.values())
    assert '"execution_count": 7' in desk.read("notebooks/get.ipynb")
    assert "conda-x" in desk.read("notebooks/get.ipynb")
    assert desk.sync() == ""
