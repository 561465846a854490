"""A task's script and its notebook: where they are, what is known of them, what they agreed on."""

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nbtasks import notebooks
from nbtasks.notebooks.cells import draft_script, lines_of
from nbtasks.project import git

TASKS, NOTEBOOKS = Path("tasks"), Path("notebooks")  # from the folder of the project
CONFLICT = re.compile(r"^(# )?<{7} .*^(# )?>{7} ", re.M | re.S)
#: What jupytext writes above a Markdown notebook, where it is let; Ploomber may need it.
HEADER = re.compile(r"---\njupyter:\n.*?\n---\n\s*", re.S)
#: Where git has the versions that it merges.
MERGED = (":1", ":2", ":3", "HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "stash")
#: What each notebook and its script held when they last agreed.
MEMORY = NOTEBOOKS / ".sync.json"


class Agreement(NamedTuple):
    """Fingerprints of a notebook and its script, and git's names of scripts."""

    notebook: str
    script: str | None  # None: the notebook is to stay without a script
    stored: str = ""  # the script as it was, by its name in git
    head: str = ""  # the script in the last commit then
    told: str = ""  # what was said: the script from which edits were taken out, or that it is gone


def load_agreements() -> dict[str, Agreement]:
    """Return the agreements by task; none if the file is missing, empty or cut short."""
    try:
        found = json.loads(MEMORY.read_text(encoding="utf-8"))
        return {name: Agreement(*values) for name, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save_agreements(agreements: dict[str, Agreement]) -> None:
    """Write the agreements to their file."""
    notebooks.replace(MEMORY, json.dumps(agreements, indent=1))


def find_names() -> list[str]:
    """Return the name of every task that has a script, a notebook or both."""
    found = [(TASKS, path) for kind in notebooks.FORMATS for path in TASKS.rglob(f"*{kind}")]
    found += [(NOTEBOOKS, path) for path in NOTEBOOKS.rglob("*.ipynb")]
    names = {path.relative_to(folder).with_suffix("").as_posix() for folder, path in found}
    return sorted(name for name in names if not re.search(r"(^|/)[._]", name))


def is_source(path: Path) -> bool:
    """Tell whether a pipeline names a file as the source of a task."""
    return bool(re.search(rf"^[^#\n]*\b{re.escape(path.as_posix())}", read_pipelines(), re.M))


@functools.cache
def read_pipelines() -> str:
    """Return the text of all pipeline.yaml files."""
    specs = sorted(Path().glob("pipeline*.yaml"))
    return "\n".join(spec.read_text(encoding="utf-8", errors="replace") for spec in specs)


def fingerprint(text: str) -> str:
    """Return a short name for a text, the same whatever the space between its cells."""
    text = re.sub(r"\n+(?=# %%)", "\n\n", text).strip()
    return hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass
class Pair:
    """A task's script and its notebook; what is asked for is looked up once."""

    name: str
    agreed: Agreement | None = None

    @functools.cached_property
    def suffix(self) -> str:
        """How the script ends, or the one that the notebook had: .py, or .md for Markdown."""
        for kind in notebooks.FORMATS:
            if (TASKS / f"{self.name}{kind}").exists():
                return kind
        with suppress(notebooks.Unreadable, KeyError, TypeError):
            formats = self.need_content()["metadata"]["jupytext"]["formats"]
            return ".md" if str(formats).endswith("///md") else ".py"
        return ".py"

    @property
    def script(self) -> Path:
        """Where the script is, or would be."""
        return TASKS / f"{self.name}{self.suffix}"

    @property
    def notebook(self) -> Path:
        """Where the notebook is, or would be."""
        return NOTEBOOKS / f"{self.name}.ipynb"

    @functools.cached_property
    def text(self) -> str | None:
        """The script, None if there is none."""
        return notebooks.read_script(self.script)

    @functools.cached_property
    def content(self) -> notebooks.Notebook | None:
        """The notebook, None if there is none or nothing was typed in it."""
        content = notebooks.read_notebook(self.notebook)
        typed = content and any(cell["source"].strip() for cell in content["cells"])
        return content if typed else None

    def need_text(self) -> str:
        """Return the script; raise Unreadable if there is none."""
        if self.text is None:
            raise notebooks.Unreadable(self.script, "is missing")
        return self.text

    def need_content(self) -> notebooks.Notebook:
        """Return the notebook; raise Unreadable if nothing was typed in it."""
        if self.content is None:
            raise notebooks.Unreadable(self.notebook, "is empty")
        return self.content

    @functools.cached_property
    def draft(self) -> str:
        """The notebook, nearly as a script."""
        if self.suffix != ".py":
            return self.as_script.rstrip() if self.content else ""
        return draft_script(self.content) if self.content else ""

    @functools.cached_property
    def as_script(self) -> str:
        """The notebook as jupytext writes it to a script."""
        header = HEADER.match(self.text or "")
        script = notebooks.to_script(self.need_content(), self.suffix)
        return header[0] + script if header else script

    @functools.cached_property
    def prints(self) -> tuple[str, str | None]:
        """The fingerprints of the notebook and of the script."""
        return fingerprint(self.draft), None if self.text is None else fingerprint(self.text)

    @functools.cached_property
    def as_committed(self) -> str:
        """The notebook as a script that a commit has let ruff format and mend."""
        return notebooks.tidied(self.as_script, self.script)

    @property
    def names(self) -> Iterator[str]:
        """Names that git gives to what the notebook holds, as a script."""
        yield from (git.name_of(self.draft + "\n"), git.name_of(self.as_script))
        yield git.name_of(self.as_committed)

    @property
    def argument(self) -> str:
        """What the command line calls the pair."""
        return self.notebook.as_posix() if self.name.startswith("-") else self.name

    def check_unsaved(self, part: str) -> None:
        """Refuse to overwrite a file that somebody saved since its `part` was read."""
        if part in self.__dict__ and getattr(Pair(self.name), part) != self.__dict__[part]:
            path = self.script if part == "text" else self.notebook
            raise notebooks.Unreadable(path, "was saved just now. Next: nbtasks sync")

    def forget(self) -> None:
        """Look up anew what the files hold."""
        for name in ("text", "content", "draft", "as_script", "as_committed", "prints"):
            self.__dict__.pop(name, None)

    def agree(self) -> Agreement:
        """Return what the two hold now, as what they agree on."""
        notebook, script = self.prints
        if self.agreed and self.agreed.stored and self.agreed[:2] == (notebook, script):
            return self.agreed
        head = git.ask("rev-parse", f"HEAD:./{self.script.as_posix()}").strip()
        return Agreement(notebook, script, git.name_of(self.text or ""), head)

    def agree_on_notebook(self) -> Agreement:
        """Return what the notebook holds as what both held; the script has gone on since."""
        head = git.ask("rev-parse", f"HEAD:./{self.script.as_posix()}").strip()
        script, stored = fingerprint(self.as_script), git.name_of(self.as_script)
        return Agreement(self.prints[0], script, stored, head)

    def lines_that_git_merged(self) -> set[str]:
        """Return every line of the versions that a merge, a rebase or a stash came from."""
        lines: set[str] = set()
        for path in (self.script, self.notebook):
            for revision in MERGED:
                lines |= lines_of(git.show(revision, path))
        return lines
