"""Whatever people do with scripts, notebooks and git, in any order, nothing typed gets lost.

A state machine walks at random, with real git, with notebooks in git and without. Every edit is
a line of its own; after each step it must be somewhere: in a script, in a notebook, in git, or in
a copy that was kept. A notebook or script that sync replaces was what both held when they last
agreed, or what git had written, or the way back is printed; cells that stay keep their outputs.
No merge conflict is ever committed, and no command ends in a traceback.
`WALKS=200 pytest -s tests/package/test_sync_walks.py` walks that often, and says how far that
was; so does tests/template/test_hooks_and_walks.py with the git hooks of a project that is set up.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from desk import NOTEBOOK, TASK, Desk, copy_of
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

STEPS = int(os.environ.get("STEPS", "8"))
#: Words of the script that edits are put below: cells far apart, and close ones.
PLACES = st.sampled_from(["first", "second", "third"])
#: What is typed before something else is done: where, and below which word.
EDITS = st.lists(st.tuples(st.sampled_from(["script", "notebook", "both"]), PLACES), max_size=2)


class Week(RuleBasedStateMachine):
    """What somebody does with one task in a week."""

    base: Desk
    tracked: bool  # whether git has the notebooks
    count: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.desk = copy_of(self.base, self.folder)
        self.typed: set[str] = set()
        self.number = 0
        self.agreed = self.written_by_git = self.held()["notebook"]
        self.count["sequences"] += 1

    def teardown(self) -> None:
        """Remove the copy of the project."""
        shutil.rmtree(self.folder)

    def edit(self) -> str:
        """Return a line that was never typed before."""
        self.number += 1
        self.count["edits"] += 1
        return f"edit_{self.number}_ = {self.number}"

    def note(self, line: str, text: str) -> None:
        """Note a line that now stands in a file."""
        if line in text:
            self.typed.add(line)

    def run(self, *command: str) -> str:
        """Run a command, whether it succeeds or not; look at what it replaced."""
        before, ours = self.held(), command[0] == "nbtasks"
        if ours:
            printed = self.desk.nbtasks(*command[1:], check=False).stdout
        else:
            printed = self.desk.run(*command, check=False).stdout
        assert "Traceback" not in printed, printed
        after = self.held()
        self.count["commands"] += 1
        if ours or not self.tracked:  # else git itself writes the notebook
            self.nothing_is_replaced_unsaid(before, after, printed, ours)
        if self.tracked and not ours and after["notebook"] != before["notebook"]:
            self.written_by_git = after["notebook"]
        if after["notebook"] == after["script"]:
            self.agreed = after["notebook"]
        return printed

    def held(self) -> dict[str, Any]:
        """Return the cells of the script and of the notebook, and the outputs of these."""
        script = self.desk.path / TASK
        text = script.read_text(encoding="utf-8") if script.exists() else ""
        text = re.sub(r"^# %%.*\n", "\0", text, flags=re.M)
        typed = [cell.strip() for cell in text.split("\0")[1:]]
        typed = [re.sub(r"^# ?", "", c, flags=re.M) if c[:1] == "#" else c for c in typed]
        if not (self.desk.path / NOTEBOOK).exists():
            return {"script": typed, "notebook": None, "outputs": {}}
        cells = ["".join(cell["source"]).strip() for cell in self.desk.cells()]
        return {"script": typed, "notebook": cells, "outputs": self.desk.outputs()}

    def nothing_is_replaced_unsaid(
        self, before: dict[str, Any], after: dict[str, Any], printed: str, synced: bool
    ) -> None:
        """Check that a way back is printed from what was replaced, and that outputs stay."""
        known = (None, after["notebook"], self.agreed, self.written_by_git)
        if before["notebook"] not in known:
            assert "What notebooks/clean.ipynb held before: git cat-file" in printed, printed
        if synced and before["script"] != after["script"]:
            assert "What tasks/clean.py held before: git cat-file" in printed, printed
        cells = after["notebook"] or ()
        stay = {cell: out for cell, out in before["outputs"].items() if cell.strip() in cells}
        assert stay.items() <= after["outputs"].items(), printed

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

    @rule(edits=EDITS)
    def types(self, edits: list[tuple[str, str]]) -> None:
        """Edit the script in an editor, the notebook alone, or both as JupyterLab does."""
        for where, place in edits:
            line = self.edit()
            if where != "notebook":
                self.in_script(line, place)
            if where != "script":
                self.in_notebook(line, place)

    @rule(keep=st.sampled_from(["--keep-notebook", "--keep-script", "--discard"]), edits=EDITS)
    def settles(self, keep: str, edits: list[Any]) -> None:
        """Settle a difference."""
        self.types(edits)
        self.run("nbtasks", "sync", keep, "clean")

    @rule(edits=EDITS)
    def syncs(self, edits: list[Any]) -> None:
        """Sync."""
        self.types(edits)
        self.run("nbtasks", "sync")

    @rule(place=PLACES)
    def types_an_earlier_line_again(self, place: str) -> None:
        """Retype in the notebook what was typed, and perhaps thrown away, before."""
        if self.typed:
            self.in_notebook(max(self.typed), place)

    @rule()
    def undoes_in_the_notebook(self) -> None:
        """Take the latest edit out of the notebook; the line itself is to be kept no longer."""
        if not self.typed or not (self.desk.path / NOTEBOOK).exists():
            return
        line = max(self.typed, key=lambda line: int(line.rpartition(" ")[2]))
        notebook = json.loads(self.desk.read(NOTEBOOK))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"]).replace(f"\n{line}", "")
        self.desk.write(NOTEBOOK, json.dumps(notebook, indent=1))
        self.typed = {line for line in self.typed if self.is_kept(line)}

    @rule()
    def runs_the_notebook(self) -> None:
        """Give all cells new outputs."""
        if (self.desk.path / NOTEBOOK).exists():
            self.number += 1
            self.desk.run_notebook(f"output {self.number}")

    @rule(
        keep=st.sampled_from(["--keep-notebook", "--keep-script", None]),
        after=st.floats(0, 0.6),
        edits=EDITS,
    )
    def kills_a_sync(self, keep: str | None, after: float, edits: list[Any]) -> None:
        """End a sync at any moment."""
        self.types(edits)
        command = [*("nbtasks", "sync"), *((keep, "clean") if keep else ())]
        environ, path = self.desk.environ, self.desk.path
        sync = subprocess.Popen(command, cwd=path, env=environ, stdout=subprocess.DEVNULL)
        time.sleep(after)
        sync.kill()
        sync.wait()
        held = self.held()
        if held["notebook"] == held["script"]:
            self.agreed = held["notebook"]

    @rule(how=st.sampled_from([(), ("--all",), ("--amend",)]), add=st.booleans(), edits=EDITS)
    def commits(self, how: tuple[str, ...], add: bool, edits: list[Any]) -> None:
        """Commit what is staged, what git tracks, or everything."""
        self.types(edits)
        if add:
            self.run("git", "add", "--all")
        self.run("git", "commit", "--allow-empty", "-m", "Work", *how)

    @rule()
    def commits_the_script_alone(self) -> None:
        """Name the file on the command line."""
        self.run("git", "commit", "-m", "Work", TASK)

    @rule(then=st.sampled_from(["pop", "drop"]), edits=EDITS)
    def stashes(self, then: str, edits: list[Any]) -> None:
        """Put all edits aside, sync, and bring them back or not."""
        self.types(edits)
        self.run("git", "stash")
        self.run("nbtasks", "sync")
        self.run("git", "stash", then)

    @rule(
        how=st.sampled_from(["merge", "rebase", "cherry-pick"]),
        solve=st.sampled_from(["--abort", "--ours", "--theirs"]),
        places=st.tuples(PLACES, PLACES),
    )
    def brings_a_branch_in(self, how: str, solve: str, places: tuple[str, str]) -> None:
        """Commit an edit on two branches, and bring one in; solve a conflict or give up."""
        branch = f"branch-{self.number}"
        if "nothing to commit" not in self.run("git", "status"):
            return
        for name, place in (branch, places[0]), ("main", places[1]):
            self.run("git", "switch", *(["--create"] if name == branch else []), name)
            self.in_script(self.edit(), place)
            self.run("git", "commit", "--all", "--no-verify", "-m", f"On {name}")
        self.run("git", how, branch)
        if solve != "--abort":
            self.run("git", "checkout", solve, "--", TASK)
            self.run("nbtasks", "sync")
            self.run("git", "add", "--all")
            self.run("git", "-c", "core.editor=true", how, "--continue")
        self.run("git", how, "--abort")
        self.run("git", "switch", "main")

    @rule()
    def resets(self) -> None:
        """Take the last commit back, and leave the files."""
        self.run("git", "reset", "HEAD~1")

    @rule(how=st.sampled_from([("reset", "--hard"), ("checkout", "--", TASK)]), edits=EDITS)
    def throws_edits_away(self, how: tuple[str, ...], edits: list[Any]) -> None:
        """Throw edits away: those that stood in what git replaced need no keeping any more."""
        self.types(edits)
        in_notebook = self.held()["notebook"]
        self.run("git", *how)
        assert self.tracked or self.held()["notebook"] == in_notebook
        self.typed = {line for line in self.typed if self.is_kept(line)}

    @rule(edits=EDITS)
    def renames_there_and_back(self, edits: list[Any]) -> None:
        """Give the task another name, and take that back."""
        self.types(edits)
        self.run("git", "mv", TASK, "tasks/renamed.py")
        self.run("nbtasks", "sync")
        self.run("git", "mv", "tasks/renamed.py", TASK)
        self.run("nbtasks", "sync")

    @rule()
    def clears_the_memory(self) -> None:
        """Lose what sync remembers."""
        (self.desk.path / "notebooks/.sync.json").write_text("{")

    def is_kept(self, *lines: str) -> bool:
        """Tell whether lines are in files, in kept copies, or among all objects of git."""
        missing = set(lines)
        for path in [*self.desk.path.glob("tasks/*"), *self.desk.path.glob("notebooks/*")]:
            if path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                missing = {line for line in missing if line not in text}
        if missing:
            everything = ["git", "cat-file", "--batch-all-objects", "--batch"]
            done = subprocess.run(everything, cwd=self.desk.path, capture_output=True, check=True)
            missing = {line for line in missing if line.encode() not in done.stdout}
        return not missing

    @invariant()
    def nothing_is_lost(self) -> None:
        """Look for every edit."""
        self.count["steps"] += 1
        assert self.is_kept(*self.typed)

    @invariant()
    def no_conflict_is_committed(self) -> None:
        """Look for conflict marks in the last commit."""
        assert not re.search(r"^[<>]{7} ", self.run("git", "show", f"HEAD:{TASK}"), re.M)


def walk(base: Desk, walks: int) -> None:
    """Walk that often from a project; say how far that was."""
    count: Counter[str] = Counter()
    tracked = (base.path / "notebooks" / ".gitattributes").exists()
    machine = type("Week", (Week,), {"base": base, "tracked": tracked, "count": count})
    options = settings(
        max_examples=walks,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for left in (2, 1, 0):
        try:
            run_state_machine_as_test(machine, settings=options)
            break
        except FlakyStrategyDefinition:  # a kill came at another moment
            if not left:
                raise
    print(f"\nnotebooks in git: {tracked}:", dict(count))
