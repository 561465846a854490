"""Whatever people do with scripts, notebooks and git, in any order, nothing typed gets lost.

A state machine walks at random, with real git and the real hooks, with notebooks in git and
without. Every edit is a line of its own; after each step it must be somewhere: in a script, in
a notebook, in git, or in a copy that was kept. No merge conflict is ever committed, and no
command ends in a traceback. `WALKS=200 pytest tests/test_sync_walks.py` walks that often.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from desk import NOTEBOOK, TASK, Desk, copy_of
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

pytestmark = pytest.mark.slow

WALKS, STEPS = int(os.environ.get("WALKS", "2")), int(os.environ.get("STEPS", "8"))
#: Words of the script that edits are put below: cells far apart, and close ones.
PLACES = st.sampled_from(["first", "second", "third"])


class Week(RuleBasedStateMachine):
    """What somebody does with one task in a week."""

    base: Desk

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.desk = copy_of(self.base, self.folder)
        self.typed: set[str] = set()
        self.number = 0

    def teardown(self) -> None:
        """Remove the copy of the project."""
        shutil.rmtree(self.folder)

    def edit(self) -> str:
        """Return a line that was never typed before."""
        self.number += 1
        return f"edit_{self.number}_ = {self.number}"

    def note(self, line: str, text: str) -> None:
        """Note a line that now stands in a file."""
        if line in text:
            self.typed.add(line)

    def run(self, *command: str) -> str:
        """Run a command, whether it succeeds or not."""
        printed = self.desk.run(*command, check=False).stdout
        assert "Traceback" not in printed, printed
        return printed

    def in_script(self, line: str, place: str) -> None:
        """Put a line below a cell's first line, in the script."""
        text = self.desk.read(TASK) if (self.desk.path / TASK).exists() else ""
        text = re.sub(rf"^({place} = .*)$", rf"\1\n{line}", text, flags=re.M)
        self.desk.write(TASK, text)
        self.note(line, text)

    def in_notebook(self, line: str, place: str) -> None:
        """Put a line below a cell's first line, in the notebook."""
        if not (self.desk.path / NOTEBOOK).exists():
            return
        notebook = json.loads(self.desk.read(NOTEBOOK))
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            cell["source"] = re.sub(rf"^({place} = .*)$", rf"\1\n{line}", source, flags=re.M)
        text = json.dumps(notebook, indent=1)
        self.desk.write(NOTEBOOK, text)
        self.note(line, text)

    @rule(place=PLACES)
    def edits_the_script(self, place: str) -> None:
        """Edit the task in a text editor."""
        self.in_script(self.edit(), place)

    @rule(place=PLACES)
    def edits_the_notebook(self, place: str) -> None:
        """Edit the notebook alone."""
        self.in_notebook(self.edit(), place)

    @rule(place=PLACES)
    def saves_in_jupyter(self, place: str) -> None:
        """Save the task in JupyterLab: both files."""
        line = self.edit()
        self.in_script(line, place)
        self.in_notebook(line, place)

    @rule(keep=st.sampled_from([(), ("--keep-notebook", "clean"), ("--keep-script", "clean")]))
    def syncs(self, keep: tuple[str, ...]) -> None:
        """Sync, or settle a difference."""
        self.run("python", "tools", "sync", *keep)

    @rule(add=st.booleans())
    def commits(self, add: bool) -> None:
        """Commit what is staged, or everything."""
        if add:
            self.run("git", "add", "--all")
        self.run("git", "commit", "--allow-empty", "-m", "Work")

    @rule()
    def commits_the_script_alone(self) -> None:
        """Name the file on the command line."""
        self.run("git", "commit", "-m", "Work", TASK)

    @rule()
    def stashes_and_pops(self) -> None:
        """Put all edits aside, sync, and bring them back."""
        self.run("git", "stash")
        self.run("python", "tools", "sync")
        self.run("git", "stash", "pop")

    @rule(how=st.sampled_from(["merge", "rebase", "cherry-pick"]), place=PLACES)
    def brings_a_branch_in(self, how: str, place: str) -> None:
        """Commit an edit on another branch, and bring it in; a conflict is solved or given up."""
        branch = f"branch-{self.number}"
        if "nothing to commit" not in self.run("git", "status"):
            return
        self.run("git", "switch", "--create", branch)
        self.in_script(self.edit(), place)
        self.run("git", "commit", "--all", "--no-verify", "-m", "Theirs")
        self.run("git", "switch", "main")
        self.run("git", how, branch)
        self.run("git", how, "--abort")

    @rule()
    def resets(self) -> None:
        """Take the last commit back, and leave the files."""
        self.run("git", "reset", "HEAD~1")

    @rule()
    def clears_the_memory(self) -> None:
        """Lose what sync remembers."""
        (self.desk.path / "notebooks/.sync.json").write_text("{")

    @invariant()
    def nothing_is_lost(self) -> None:
        """Look for every edit: in files, in kept copies, in all objects of git."""
        missing = set(self.typed)
        for path in [*self.desk.path.glob("tasks/*"), *self.desk.path.glob("notebooks/*")]:
            if path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                missing = {edit for edit in missing if edit not in text}
        if missing:
            everything = ["git", "cat-file", "--batch-all-objects", "--batch"]
            done = subprocess.run(everything, cwd=self.desk.path, capture_output=True, check=True)
            missing = {edit for edit in missing if edit.encode() not in done.stdout}
        assert not missing

    @invariant()
    def no_conflict_is_committed(self) -> None:
        """Look for conflict marks in the last commit."""
        assert not re.search(r"^[<>]{7} ", self.run("git", "show", f"HEAD:{TASK}"), re.M)


@pytest.mark.parametrize("notebooks_in_git", ["no", "stripped"])
def test_walks(notebooks_in_git: str, request: pytest.FixtureRequest) -> None:
    fixture = {"no": "base", "stripped": "stripped_base"}[notebooks_in_git]
    base = request.getfixturevalue(fixture)
    machine = type("Week", (Week,), {"base": base})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
