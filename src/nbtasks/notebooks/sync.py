"""Keep tasks/*.py and their notebooks/*.ipynb the same, and never lose an edit.

    nbtasks sync                          sync every task now
    nbtasks sync --keep-notebook clean    the notebook is right
    nbtasks sync --keep-script clean      the script is right
    nbtasks sync --discard clean          both back to the last commit

Git runs it too (see .pre-commit-config.yaml). What counts is what the files hold, not
when they were written. A notebook that nobody touched is refreshed when its script goes
on; cells that did not change keep their outputs. A notebook with edits that its script
lacks stays as it is until you say which side to keep; the other one is stored first.
"""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from nbtasks.notebooks import Unreadable, actions, agreements, messages, scripts
from nbtasks.notebooks.compare import Verdict, compare
from nbtasks.notebooks.pairs import NOTEBOOKS, TASKS, Pair, find_names, is_source
from nbtasks.project import encode, root

Action = Callable[[Pair], bool]
leave_alone = messages.leave_alone

#: What follows from each verdict: at a commit, after a checkout or a merge, when it is typed.
#: Nothing is written at a commit. Each returns whether nothing is left to decide.
TABLE: dict[Verdict, tuple[Action, Action, Action]] = {
    Verdict.NOTHING: (leave_alone, leave_alone, leave_alone),
    Verdict.FOREIGN: (leave_alone, leave_alone, messages.mention_foreign),
    Verdict.SAME: (actions.remember, actions.remember, actions.remember),
    Verdict.MISSING: (leave_alone, actions.refresh, actions.refresh),
    Verdict.BEHIND: (messages.refuse_to_lag, actions.refresh_behind, actions.refresh_behind),
    Verdict.OUTDATED: (
        actions.accept_to_lag,
        actions.refresh_over_copy,
        actions.refresh_over_copy,
    ),
    Verdict.PUT_ASIDE: (messages.refuse_unstaged, leave_alone, leave_alone),
    Verdict.UNMERGED: (leave_alone, leave_alone, messages.mention_conflict),
    Verdict.GONE: (leave_alone, leave_alone, messages.mention_gone),
    Verdict.TAKEN_BACK: (
        messages.refuse_taken_back,
        actions.mention_taken_back_once,
        messages.mention_taken_back,
    ),
    Verdict.NEW: (messages.show_new, messages.mention_new, actions.start_script),
    Verdict.EDITED: (messages.show_edits, messages.mention_edits, messages.show_edits),
}
COMMIT, HOOK, TYPED = range(3)


def attempt(action: Callable[[], bool | None], where: Path = NOTEBOOKS) -> bool:
    """Act on a task; where its files can't be read or written, say why and go on."""
    try:
        return action() is not False
    except BrokenPipeError:  # nobody reads what is printed any more
        raise
    except OSError as error:
        print(f"{error.filename or 'A file'} can't be read or written: {error.strerror or error}")
    except ValueError as error:  # Unreadable, Unwritable
        print(f"{error}\n  Nothing was written.")
    except Exception as error:  # jupytext and nbformat raise any, about a malformed notebook
        print(f"{where.as_posix()} can't be read: {type(error).__name__} {error}".splitlines()[0])
        print("  To begin it anew from its script: move it elsewhere, then nbtasks sync")
    return False


def sync(pair: Pair, when: int) -> bool:
    """Do what follows from the state of a task; return False if something is to be decided."""
    if when == TYPED:
        scripts.remove_mark(pair.script)
    try:
        verdict = compare(pair)
    except Unreadable as error:
        return messages.show_unreadable(pair, error)
    return TABLE[verdict][when](pair)


def find_pairs() -> dict[str, Pair]:
    """Return every script or notebook that may be one of a pair, by the name of its task."""
    agreed = agreements.load()
    return {name: Pair(name, agreed.get(name)) for name in find_names()}


def settle(
    parser: argparse.ArgumentParser, options: argparse.Namespace, pairs: dict[str, Pair]
) -> bool:
    """Keep one side of the tasks that the command line names."""
    done = []
    for action in (actions.keep_notebook, actions.keep_script, actions.discard):
        for argument in getattr(options, action.__name__) or ():
            name = argument if argument in pairs else name_of(Path(argument))
            with_both = [name for name, pair in pairs.items() if pair.notebook.exists()]
            if name not in with_both:
                parser.error(f"{argument}: choose from {', '.join(with_both)}")
            pair = pairs[name]
            done.append(attempt(partial(action, pair), pair.notebook))
    return all(done)


def name_of(path: Path) -> str:
    """Return the task that a script or a notebook belongs to."""
    folders = [folder for folder in (TASKS, NOTEBOOKS) if folder in path.parents]
    return path.relative_to(folders[0]).with_suffix("").as_posix() if folders else str(path)


def mention_strays() -> None:
    """Name the notebooks that lie where scripts belong, and are no source of a task."""
    for path in TASKS.rglob("*.ipynb"):
        if path.parent.name[0] != "." and not is_source(path):
            where = path.as_posix()
            print(f"{where} is not paired. Next: move it to {NOTEBOOKS}, nbtasks sync")


def read_options(arguments: list[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="nbtasks sync",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    task: dict[str, Any] = {"nargs": "+", "metavar": "TASK"}
    parser.add_argument("--keep-notebook", help="write the script from the notebook", **task)
    parser.add_argument("--keep-script", help="write the notebook from the script", **task)
    parser.add_argument("--discard", help="write both from the last commit", **task)
    parser.add_argument("--check", action="store_true", help="write no script and no notebook")
    parser.add_argument(
        "--exit-zero", action="store_true", help="succeed even if something is left to decide"
    )
    parser.add_argument(
        "--to-utf8", help="convert files that are in another encoding", nargs="+", metavar="FILE"
    )
    parser.add_argument(
        "--remove-injected", nargs="*", metavar="FILE", help="undo `ploomber nb --inject`"
    )
    return parser, parser.parse_args(arguments)


def mend(options: argparse.Namespace) -> bool:
    """Mend the files that the command line names."""
    if options.remove_injected is not None:
        return attempt(lambda: scripts.remove_injected(options.remove_injected))
    return all([attempt(partial(scripts.convert, Path(name))) for name in options.to_utf8])


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; return 1 if something is left to decide."""
    parser, options = read_options(arguments)
    encode(sys.stdout, errors="backslashreplace")
    os.chdir(root())
    if options.remove_injected is not None or options.to_utf8:
        return 0 if mend(options) else 1
    pairs = find_pairs()
    before = agreements.load()
    if options.keep_notebook or options.keep_script or options.discard:
        done = settle(parser, options, pairs)
    else:
        when = COMMIT if options.check else HOOK if "PRE_COMMIT" in os.environ else TYPED
        done = all([attempt(partial(sync, p, when), p.notebook) for p in pairs.values()])
        if when == TYPED:
            mention_strays()
    after = before | {name: pair.agreed for name, pair in pairs.items() if pair.agreed}
    if after != before:
        attempt(lambda: agreements.save(after))
    return 0 if done or options.exit_zero else 1
