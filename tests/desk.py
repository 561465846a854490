"""A project on somebody's desk: what they do with their editor, Jupyter and git."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from conftest import TEMPLATE, Project, clean_environ

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

    def cells(self, name: str = NOTEBOOK) -> list[dict[str, Any]]:
        """Return the cells of a notebook."""
        cells: list[dict[str, Any]] = json.loads(self.read(name))["cells"]
        return cells

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
        return self.nbtasks("sync", *arguments, check=check).stdout

    def commit(self, *arguments: str, **environ: Any) -> str:
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

    def conflict(self, **environ: Any) -> None:
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
        return type(self)(path, self.package, self.environ)


#: What pre-commit does with changes that are not staged, around the command of the hook.
PUT_ASIDE = """
import logging, subprocess, sys
from pre_commit.staged_files_only import staged_files_only
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
with staged_files_only(sys.argv[1]):
    sys.exit(subprocess.run([sys.executable, "-m", "nbtasks", "sync", "--check"]).returncode)
"""
#: After these git calls post-checkout, post-merge or post-rewrite.
FOLLOWED = {"switch", "checkout", "merge", "pull", "rebase"}


@dataclass
class QuickDesk(Desk):
    """A desk that is not set up: git has no hooks, so the tests run what the hooks of ours run.

    That is `nbtasks sync` in this process, with the options of .pre-commit-config.yaml. That git
    and pre-commit run it too is tested in tests/template, with a project that is set up.
    """

    def run(
        self, *command: str | Path, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; if it is one of git's, do what the hooks would do."""
        words = [str(word) for word in command]
        if words[:2] == ["git", "commit"] and "--no-verify" not in words:
            checked = self.check_what_is_staged(everything="--all" in words)
            if checked.returncode:
                assert not check, checked.stdout
                return checked
        else:
            checked = None
        done = super().run(*command, check=check, **options)
        if checked:
            done.stdout = checked.stdout + done.stdout
        followed = words[0] == "git" and (words[1] in FOLLOWED or "--amend" in words)
        if followed and not done.returncode:
            done.stdout += self.nbtasks("sync", "--exit-zero", PRE_COMMIT="1").stdout
        return done

    def check_what_is_staged(self, everything: bool) -> subprocess.CompletedProcess[str]:
        """Run what the hook runs; pre-commit puts aside what is not staged, if anything is."""
        unstaged = not everything and super().run("git", "diff", "--quiet", check=False).returncode
        if not unstaged:
            return self.nbtasks("sync", "--check", check=False, PRE_COMMIT="1")
        cache = self.environ["PRE_COMMIT_HOME"]
        return super().run(sys.executable, "-c", PUT_ASIDE, cache, check=False, PRE_COMMIT="1")


AnyDesk = TypeVar("AnyDesk", bound=Desk)
AnyProject = TypeVar("AnyProject", bound=Project)


def without_set_up(project: Project, home: Path) -> QuickDesk:
    """Make a git repository of a project, which runs with the packages of the tests."""
    environ = clean_environ(
        home,
        Path(sys.executable).parent,
        PYTHONPATH=str(TEMPLATE / "src"),
        PRE_COMMIT_HOME=str(home / "pre-commit"),
    )
    desk = QuickDesk(project.path, project.package, environ)
    desk.git("init", "--quiet")
    if (desk.path / "notebooks" / ".gitattributes").exists():
        from nbtasks.set_up.repository import configure_notebooks

        desk.call(configure_notebooks, Path(sys.executable))
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message", "Start")
    return desk


def prepare(desk: AnyDesk) -> AnyDesk:
    """Add a task to a project, commit it and run it."""
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


def committed(project: Project) -> Project:
    """Commit all of a project that was only baked, and return it."""
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Start")
    return project


def put_back(project: AnyProject) -> Iterator[AnyProject]:
    """Yield a project that tests share; then leave it as its last commit has it."""
    yield project
    project.git("reset", "--quiet", "--hard")
    project.git("clean", "--quiet", "--force", "-d", "-x")


def copy_of(base: AnyProject, folder: Path) -> AnyProject:
    """Copy a project, its repository and its notebooks."""
    shutil.copytree(base.path, folder / "project", symlinks=True)
    environ = base.environ | {"PRE_COMMIT_HOME": str(folder / "cache")}
    return type(base)(folder / "project", base.package, environ)


def path_without_environment() -> str:
    """Return the PATH of a program with windows, which has git and no more."""
    folders = {Path(shutil.which(name) or "").parent for name in ("git", "bash", "env")}
    path = os.pathsep.join(map(str, folders))
    assert not shutil.which("pre-commit", path=path)
    return path


def assert_offers_both(printed: str, name: str = "clean") -> None:
    """Check that a refusal names the two commands that end it."""
    assert f"nbtasks sync --keep-notebook {name}" in printed
    assert f"nbtasks sync --keep-script {name}" in printed


def colleague_edits(desk: Desk, folder: Path, old: str, new: str) -> Desk:
    """Clone the project, commit an edit there and make the clone the place to pull from."""
    colleague = desk.clone(folder / "colleague")
    colleague.edit_script(old, new)
    colleague.git("commit", "--quiet", "--all", "-m", "A colleague's work")
    desk.git("remote", "add", "origin", colleague.path.as_uri())
    desk.git("fetch", "--quiet")
    desk.git("branch", "--set-upstream-to", "origin/main")
    return colleague
