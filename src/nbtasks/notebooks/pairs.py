"""A task's script and its notebook: where they are and what is known of them."""

import functools
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbtasks import notebooks
from nbtasks.notebooks.agreements import Agreement
from nbtasks.project import git

TASKS, NOTEBOOKS = Path("tasks"), Path("notebooks")  # from the folder of the project
CONFLICT = re.compile(r"^(# )?<{7} .*^(# )?>{7} ", re.M | re.S)
#: Where git has the versions that it merges.
MERGED = (":1", ":2", ":3", "HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "stash")


def find_names() -> list[str]:
    """Return the name of every task that has a script, a notebook or both."""
    found = [(TASKS, path) for path in TASKS.rglob("*.py")]
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


def draft_script(notebook: notebooks.Notebook) -> str:
    """Return a notebook in the percent format, nearly as jupytext writes it.

    Most notebooks are compared with their script without the half second that importing
    jupytext takes. A line that would begin a cell is marked, so that it equals no script.
    """
    cells = []
    for cell in notebook["cells"]:
        head, body = ["# %%"], notebooks.CELL.sub(r"\g<0> (in a cell)", cell["source"])
        if "title" in cell["metadata"]:
            head.append(str(cell["metadata"]["title"]))
        if cell["cell_type"] != "code":
            head.append(f"[{cell['cell_type']}]")
            body = re.sub(r"^", "# ", body, flags=re.M).replace("# \n", "#\n")
        if notebooks.tags_of(cell):
            head.append(f"tags={json.dumps(notebooks.tags_of(cell))}")
        cells.append(" ".join(head) + "\n" + body)
    return "\n\n".join(cells)


@dataclass
class Pair:
    """A task's script and its notebook; what is asked for is looked up once."""

    name: str
    agreed: Agreement | None = None

    @property
    def script(self) -> Path:
        """Where the script is, or would be."""
        return TASKS / f"{self.name}.py"

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
        return draft_script(self.content) if self.content else ""

    @functools.cached_property
    def as_script(self) -> str:
        """The notebook as jupytext writes it to a script."""
        return notebooks.to_script(self.need_content())

    @functools.cached_property
    def prints(self) -> tuple[str, str | None]:
        """The fingerprints of the notebook and of the script."""
        return fingerprint(self.draft), None if self.text is None else fingerprint(self.text)

    @property
    def names(self) -> tuple[str, str]:
        """Names that git gives to what the notebook holds, as a script."""
        return git.name_of(self.draft + "\n"), git.name_of(self.as_script)

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
        for name in ("text", "content", "draft", "as_script", "prints"):
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


def lines_of(text: str) -> set[str]:
    """Return the lines of a script or of a notebook, comment signs left out."""
    with suppress(ValueError, KeyError, TypeError):  # of a script
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return {line.removeprefix("#").strip() for line in text.splitlines()}
