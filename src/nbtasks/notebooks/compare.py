"""Compare a script with its notebook. Nothing is written here.

Three things are compared: the script, the notebook, and what both held when they last
agreed. Times of files do not count.
"""

import re
from collections.abc import Callable
from enum import Enum

from nbtasks import notebooks
from nbtasks.notebooks.pairs import CONFLICT, Pair, fingerprint, is_source, lines_of
from nbtasks.project import git

MARKER = re.compile(r"^[^\w\n]*(<{7}|\|{7}|={7}|>{7})")


class Verdict(Enum):
    """What can be said of a script and its notebook."""

    FOREIGN = "not a pair of ours: functions, another format or language"
    NOTHING = "there is nothing to compare"
    UNMERGED = "the script holds a merge conflict"
    MISSING = "the script has no notebook yet"
    SAME = "both hold the same"
    PUT_ASIDE = "while hooks run, pre-commit holds back the edits of one of them"
    TAKEN_BACK = "the script is that of the last commit again, the notebook has the edits"
    BEHIND = "nobody touched the notebook since they agreed; the script went on"
    OUTDATED = "git has what the notebook holds, or the script has its edits"
    GONE = "the script is gone; git has what the notebook holds"
    NEW = "the notebook never had a script"
    EDITED = "the notebook holds edits that are nowhere else"


def is_foreign(pair: Pair) -> bool:
    """Tell whether one of the two is no Python notebook in the percent format."""
    if pair.text is not None and not notebooks.CELL.search(pair.text):
        if notebooks.LIGHT_CELL.search(pair.text):
            return True
        if pair.content is None and not pair.agreed:
            return True
    if pair.content is None:
        return False
    return not notebooks.is_python(pair.content) or is_source(pair.notebook)


def is_empty(pair: Pair) -> bool:
    """Tell whether there is neither a script nor anything typed in a notebook."""
    return pair.text is None and pair.content is None


def is_unmerged(pair: Pair) -> bool:
    """Tell whether the script holds a merge conflict."""
    return bool(CONFLICT.search(pair.text or ""))


def is_missing(pair: Pair) -> bool:
    """Tell whether nothing was typed in the notebook, unless the script is empty as well."""
    return pair.content is None and (bool((pair.text or "").strip()) or not pair.notebook.exists())


def is_same(pair: Pair) -> bool:
    """Tell whether both hold the same, or what they held when they last agreed."""
    notebook, script = pair.prints
    if script is None:
        return pair.agreed is not None and pair.agreed.script is None
    return notebook == script or (pair.agreed is not None and pair.agreed[:2] == pair.prints)


def is_untouched(pair: Pair) -> bool:
    """Tell whether the notebook holds what it held when the two last agreed."""
    return pair.agreed is not None and pair.agreed.notebook == pair.prints[0]


def is_put_aside(pair: Pair) -> bool:
    """Tell whether pre-commit holds back edits, and brings back what the notebook holds."""
    aside = git.find_put_aside()
    if pair.notebook.as_posix() in aside:
        return True
    now = git.name_of(pair.text or "")
    held_back = aside.get(pair.script.as_posix(), ())
    after = tuple(after for before, after in held_back if now.startswith(before))
    return bool(after) and (is_untouched(pair) or any(n.startswith(after) for n in pair.names))


def is_committed(pair: Pair) -> bool:
    """Tell whether git has the script that the two agreed on."""
    stored = pair.agreed.stored if pair.agreed else ""
    return git.is_version(stored, pair.script, "--all", "--reflog")


def is_taken_back(pair: Pair) -> bool:
    """Tell whether the edits that both had were taken out of the script: git checkout, reset."""
    head = pair.agreed.head if pair.agreed else ""
    if not is_untouched(pair) or pair.text is None or not head:
        return False
    return git.name_of(pair.text) == head and not is_committed(pair)


def is_behind(pair: Pair) -> bool:
    """Tell whether only the script was touched since the two agreed."""
    return pair.text is not None and is_untouched(pair)


def is_new(pair: Pair) -> bool:
    """Tell whether the notebook never had a script."""
    return pair.text is None and not pair.agreed and not git.has_history(pair.script)


def is_gone(pair: Pair) -> bool:
    """Tell whether the script is gone, and git has all that the notebook holds."""
    if pair.text is not None:
        return False
    if is_untouched(pair):
        return is_committed(pair)
    return any(git.is_version(name, pair.script, "--all") for name in pair.names)


def is_outdated(pair: Pair) -> bool:
    """Tell whether another branch or a stash explains what the notebook holds.

    Without a note of what they agreed on, so does an earlier version of this branch;
    otherwise that would be an undo, typed in the notebook.
    """
    if pair.text is None:
        return False
    for name in pair.names:
        if git.is_version(name, pair.script, "--all"):
            return not pair.agreed or not git.is_version(name, pair.script, "HEAD")
    return False


def is_conflict_as_git_left_it(pair: Pair) -> bool:
    """Tell whether the notebook holds a merge conflict, and nothing else that is new."""
    if pair.text is None or not CONFLICT.search(pair.draft):
        return False
    lines = [line for line in pair.draft.splitlines() if not MARKER.search(line)]
    return lines_of("\n".join(lines)) <= pair.lines_that_git_merged() | {"%%", "%% [markdown]"}


def is_same_for_jupytext(pair: Pair) -> bool:
    """Tell whether the cells of both are the same, however they are written."""
    if pair.text is None:
        return False
    script = notebooks.to_notebook(pair.text)
    return notebooks.contents(script) == notebooks.contents(pair.need_content())


def is_in_script(pair: Pair) -> bool:
    """Tell whether the script has the edits of the notebook already, seen from HEAD."""
    base = git.show("HEAD", pair.script)
    if not base or pair.text is None:
        return False
    merged = git.merge(pair.text, base, pair.as_script)
    return merged is not None and fingerprint(merged) == fingerprint(pair.text)


#: The first that holds is the verdict; what is cheap to find out comes first.
RULES: tuple[tuple[Callable[[Pair], bool], Verdict], ...] = (
    (is_empty, Verdict.NOTHING),
    (is_foreign, Verdict.FOREIGN),
    (is_unmerged, Verdict.UNMERGED),
    (is_missing, Verdict.MISSING),
    (is_same, Verdict.SAME),
    (is_put_aside, Verdict.PUT_ASIDE),
    (is_taken_back, Verdict.TAKEN_BACK),
    (is_behind, Verdict.BEHIND),
    (is_new, Verdict.NEW),
    (is_gone, Verdict.GONE),
    (is_outdated, Verdict.OUTDATED),
    (is_conflict_as_git_left_it, Verdict.OUTDATED),
    (is_same_for_jupytext, Verdict.SAME),
    (is_in_script, Verdict.OUTDATED),
)


def compare(pair: Pair) -> Verdict:
    """Return what can be said of a script and its notebook."""
    return next((verdict for holds, verdict in RULES if holds(pair)), Verdict.EDITED)
