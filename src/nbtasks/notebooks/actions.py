"""What sync writes or mends. Whatever is overwritten has been stored first."""

import json
from pathlib import Path

from nbtasks import notebooks
from nbtasks.notebooks import command, messages
from nbtasks.notebooks.compare import is_committed
from nbtasks.notebooks.pairs import TASKS, Pair, fingerprint, load_agreements
from nbtasks.project import git

#: The byte order mark of "UTF-8 with BOM", as some Windows editors save.
MARK = b"\xef\xbb\xbf"
#: What was told of a notebook whose script is gone.
GONE = "gone"


def remember(pair: Pair) -> bool:
    """Note that both hold the same."""
    pair.agreed = pair.agree()._replace(told="")
    return True


def mention_gone_once(pair: Pair) -> bool:
    """Say that a script is gone, while git has all that its notebook holds, if that's new."""
    agreed = pair.agreed or pair.agree_on_notebook()
    if agreed.told != GONE:
        where = pair.notebook.as_posix()
        print(f"{where} has no script here. If its task is gone for good, delete it.")
    pair.agreed = agreed._replace(told=GONE)
    return True


def accept_to_lag(pair: Pair) -> bool:
    """Note that the script has gone on from what its notebook holds."""
    pair.agreed = pair.agree_on_notebook()
    return messages.refuse_to_lag(pair)


def mention_taken_back_once(pair: Pair) -> bool:
    """Say that a notebook still has the edits taken out of its script, if that was not said."""
    name, agreed = git.name_of(pair.need_text()), pair.agreed
    if agreed and agreed.told != name:
        messages.mention_taken_back(pair)
        pair.agreed = agreed._replace(told=name)
    return True


def refresh(pair: Pair) -> bool:
    """Write a notebook from its script; cells keep outputs and what a script does not hold."""
    messages.check_notebook(pair.need_text(), pair.script)
    write_notebook(pair, pair.content or find_former(pair))
    print(f"Refreshed {pair.notebook.as_posix()}")
    return True


def refresh_over_copy(pair: Pair) -> bool:
    """Store what a notebook holds, then write it from its script."""
    messages.check_notebook(pair.need_text(), pair.script)
    messages.store_notebook(pair)
    return refresh(pair)


def refresh_behind(pair: Pair) -> bool:
    """Write a notebook that nobody touched; what git has not of it is stored if git can."""
    return refresh(pair) if is_committed(pair) or not git.store(b"") else refresh_over_copy(pair)


def attachments(notebook: notebooks.Notebook) -> set[str]:
    """Return the pictures that were pasted into a notebook; a script can't hold them."""
    return {json.dumps(cell["attachments"]) for cell in notebook["cells"] if "attachments" in cell}


def write_notebook(pair: Pair, old: notebooks.Notebook | None) -> None:
    """Write a notebook from its script and from a notebook as it was."""
    text = notebooks.fill(pair.need_text(), old, pair.suffix)
    pasted = attachments(old) if old else set()
    lost = pasted and pasted - attachments(json.loads(text))
    if lost and pair.notebook.exists():
        messages.store(pair.notebook, pair.notebook.read_bytes())
    pair.check_unsaved("content")
    notebooks.replace(pair.notebook, text)
    pair.forget()
    remember(pair)


def find_former(pair: Pair) -> notebooks.Notebook | None:
    """Return the notebook that a renamed task had under its former name."""
    wanted = fingerprint(pair.need_text())
    for name, agreed in load_agreements().items():
        former = Pair(name)
        if agreed.script == wanted and not former.script.exists():
            return former.content
    return None


def write_script(pair: Pair) -> None:
    """Write a script from its notebook, once it reads back as the same."""
    try:
        messages.check_script(pair.need_content(), pair.as_script, pair.suffix)
    except messages.Unwritable as error:
        raise messages.Unwritable(f"{pair.notebook.as_posix()}, {error}") from None
    if pair.script.exists():
        messages.store(pair.script, pair.script.read_bytes())
    pair.check_unsaved("text")
    notebooks.replace(pair.script, pair.as_script)
    pair.forget()
    remember(pair)
    where, next_step = pair.script.as_posix(), command("git", "add", pair.script)
    print(f"Wrote {where} from {pair.notebook.as_posix()}. Next: {next_step}")


def start_script(pair: Pair) -> bool:
    """Write the script of a new notebook."""
    write_script(pair)
    print("  and name it in pipeline.yaml")
    return True


def keep_notebook(pair: Pair) -> None:
    """Write the script from the notebook, as the command line asks."""
    if pair.content is None:
        raise notebooks.Unreadable(pair.notebook, "is empty: there is nothing to keep")
    write_script(pair)


def keep_script(pair: Pair) -> None:
    """Write the notebook from the script; without one, leave the notebook as it is."""
    where = pair.notebook.as_posix()
    if pair.text is None:
        remember(pair)
        print(f"{where} stays as it is, without a script. To keep drafts: another folder.")
        return
    messages.check_notebook(pair.need_text(), pair.script)
    try:
        old = pair.content
    except notebooks.Unreadable:
        old = None
        messages.store(pair.notebook, pair.notebook.read_bytes())
    if old is not None:
        messages.store_notebook(pair)
    write_notebook(pair, old)
    print(f"Wrote {where} from {pair.script.as_posix()}.")


def discard(pair: Pair) -> None:
    """Put a script and its notebook back to the last commit."""
    committed = git.output("show", f"HEAD:./{pair.script.as_posix()}")
    if committed is None:
        raise notebooks.Unreadable(pair.script, "is in no commit to go back to")
    if pair.script.exists():
        messages.store(pair.script, pair.script.read_bytes())
    notebooks.replace(pair.script, committed.decode("utf-8"))
    pair.forget()
    keep_script(pair)


def remove_injected(paths: list[str]) -> None:
    """Take what Ploomber injected out of scripts, out of all if none is named."""
    for path in [Path(name) for name in paths] or sorted(TASKS.rglob("*.py")):
        remove_mark(path)
        text = notebooks.read_text(path) or ""
        if text != notebooks.without_injected(text):
            notebooks.replace(path, notebooks.without_injected(text))
            next_step = command("git", "add", path)
            print(f"{path.as_posix()}: took out the injected parameters. Next: {next_step}")


def remove_mark(path: Path) -> None:
    """Take the byte order mark out of a script; Ploomber would not see its first cell."""
    data = path.read_bytes() if path.is_file() else b""
    if data.startswith(MARK):
        notebooks.replace(path, data.removeprefix(MARK))
        next_step = command("git", "add", path)
        print(f"{path.as_posix()}: took out the byte order mark. Next: {next_step}")


def convert(path: Path) -> None:
    """Write a text that is not UTF-8 as UTF-8; what it was is stored first."""
    data = path.read_bytes()
    encodings = ["utf-8-sig", "cp1252", "latin-1"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        messages.store(path, data)
        notebooks.replace(path, text)
        print(f"{path.as_posix()} was {encoding} and is UTF-8 now. Look at its letters.")
        return
    raise notebooks.Unreadable(path, "is in no encoding that is known here")
