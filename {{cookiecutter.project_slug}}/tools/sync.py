"""Keep tasks/*.py and their notebooks/*.ipynb the same, and never lose an edit.

    python tools sync                          sync every task now
    python tools sync --keep-notebook clean    a conflict: the notebook is right
    python tools sync --keep-script clean      a conflict: the script is right

Git runs it too (see .pre-commit-config.yaml). What counts is what the files hold, not
when they were written. A notebook that holds an older version of its script is stale: it
is refreshed, and cells that did not change keep their outputs. A notebook that holds
anything else was edited: nothing is written until you say which side to keep, and git
keeps a copy of the other one.
"""

import argparse
import contextlib
import difflib
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TASKS, NOTEBOOKS = Path("tasks"), Path("notebooks")  # main() goes to the folder of this file
# What each notebook and its script held when they last agreed, as fingerprints.
MEMORY = NOTEBOOKS / ".sync.json"
FORMAT = {"extension": ".py", "format_name": "percent"}
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
# What `ploomber nb --inject` adds to a script: a cell, and a header that --remove leaves.
INJECTED_CELL = re.compile(r'^# %%[^\n]*"injected-parameters".*?(?=^# %%|\Z)', re.M | re.S)
INJECTED_HEADER = re.compile(r"\A# ---\n(?:#[^\n]*\n)*?#   ploomber:(?:#?[^\n]*\n)*?# ---\n\s*")
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
CONFLICT = re.compile(r"^(# )?<{7} .*^(# )?>{7} ", re.M | re.S)


# --- reading and writing -----------------------------------------------------------------


def script_of(name):
    """Return the path of a task's script."""
    return TASKS / f"{name}.py"


def notebook_of(name):
    """Return the path of a task's notebook."""
    return NOTEBOOKS / f"{name}.ipynb"


def find_names():
    """Return the name of every task that has a script, a notebook or both."""
    found = [(TASKS, path) for path in TASKS.rglob("*.py")]
    found += [(NOTEBOOKS, path) for path in NOTEBOOKS.rglob("*.ipynb")]
    names = {path.relative_to(folder).with_suffix("").as_posix() for folder, path in found}
    return sorted(name for name in names if not re.search(r"(^|/)[._]", name))


def read_script(name):
    """Return the text of a script without what Ploomber injected, None if there is none."""
    path = script_of(name)
    return without_injected(path.read_text(encoding="utf-8")) if path.exists() else None


def without_injected(text):
    """Return a script without the cell and the header that `ploomber nb --inject` adds."""
    return INJECTED_HEADER.sub("", INJECTED_CELL.sub("", text))


def read_notebook(name):
    """Return a notebook as a dict, None if there is none.

    Raises ValueError if the file is not a notebook.
    """
    path = notebook_of(name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not text.strip():
        return None
    notebook = json.loads(text)
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError("not a notebook in format 4")
    cells = [
        {**cell, "source": "".join(cell["source"])}
        for cell in notebook["cells"]
        if "injected-parameters" not in cell["metadata"].get("tags", [])
    ]
    return {"metadata": {}, "nbformat_minor": 5, **notebook, "cells": cells}


def write(path, text):
    """Write a whole file or leave it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(text.encode("utf-8"))
    os.replace(temporary, path)


def git(*arguments, text=""):
    """Return what git prints, nothing if it fails or is missing."""
    try:
        done = subprocess.run(["git", *arguments], input=text.encode("utf-8"), capture_output=True)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")


# --- comparing ---------------------------------------------------------------------------


def typed_in(notebook):
    """Return what was typed in a notebook, in the percent format.

    Simple cells come out as jupytext writes them, so most notebooks are compared with
    their script without the half second that importing jupytext takes.
    """
    cells = []
    for cell in notebook["cells"]:
        head, body = ["# %%"], cell["source"]
        if "title" in cell["metadata"]:
            head.append(cell["metadata"]["title"])
        if cell["cell_type"] != "code":
            head.append(f"[{cell['cell_type']}]")
            body = re.sub(r"^", "# ", body, flags=re.M).replace("# \n", "#\n")
        if cell["metadata"].get("tags"):
            head.append(f"tags={json.dumps(cell['metadata']['tags'])}")
        cells.append(" ".join(head) + "\n" + body)
    return "\n\n".join(cells)


def fingerprint(text):
    """Return a short name for a text, the same whatever the space between its cells."""
    text = re.sub(r"\n+(?=# %%)", "\n\n", text).strip()
    return hashlib.sha1(text.encode("utf-8")).hexdigest()


@functools.cache
def load_jupytext():
    """Import jupytext, only when it is needed, and read its configuration."""
    import jupytext
    from jupytext.config import load_jupytext_configuration_file

    return jupytext, load_jupytext_configuration_file("pyproject.toml")


def as_script(notebook):
    """Return the script that jupytext writes for a notebook."""
    import nbformat

    jupytext, config = load_jupytext()
    bare = [{**cell, "outputs": []} for cell in notebook["cells"]]
    bare = nbformat.from_dict({"cells": bare, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return jupytext.writes(bare, FORMAT, config=config)


def as_notebook(script):
    """Return the notebook, without outputs, that jupytext makes of a script."""
    jupytext, config = load_jupytext()
    return jupytext.reads(script, FORMAT, config=config)


def find_put_aside(name):
    """Return the git objects that pre-commit changed a script from and to, while hooks run.

    It puts unstaged changes aside as a patch, and brings them back when the hooks are done.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("PRE_COMMIT_HOME") or Path(cache, "pre-commit"))
    # The name ends in the number of pre-commit's process; on Windows a launcher is in between.
    patches = cache.glob("patch*" if os.name == "nt" else f"patch*-{os.getppid()}")
    patch = max(patches, default=None)
    if patch is None or "PRE_COMMIT" not in os.environ:
        return None
    path = re.escape(script_of(name).as_posix())
    header = rf"^diff --git a/{path} .*\n(?:[^@\n].*\n)*?index (\w+)\.\.(\w+)"
    found = re.search(header, patch.read_text(encoding="utf-8", errors="replace"), re.M)
    blob = git("hash-object", "--stdin", text=read_script(name) or "")
    return found.groups() if found and blob.startswith(found[1]) else None


def is_stored(name, text, script_changed):
    """Tell whether a text is a version of the script that git or pre-commit stores.

    If the script has not changed since they agreed, an earlier version in the notebook is
    an edit (an undo), and only another branch or a stash explains a version of it.
    """
    blob = git("hash-object", "--stdin", text=text).strip()
    aside = find_put_aside(name)
    if aside and blob.startswith(aside[1]):
        return True
    if not blob or not git("cat-file", "-t", blob):
        return False
    if script_changed:
        return True
    log = ["log", "-1", "--format=%h", "-m", "--full-history", f"--find-object={blob}"]
    path = ["--", script_of(name).as_posix()]
    return not git(*log, "HEAD", *path) and bool(git(*log, "--all", *path))


def is_contained(name, text, script):
    """Tell whether merging a text into the script would change nothing, seen from HEAD.

    If so, git stores the text, so that it is known when HEAD has moved on.
    """
    base = git("show", f"HEAD:./{script_of(name).as_posix()}")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, version) for version in ("script", "base", "notebook")]
        for path, version in zip(paths, (script, base, text), strict=True):
            path.write_text(version, encoding="utf-8", newline="\n")
        merged = git("merge-file", "-p", *map(str, paths))
    if not base or fingerprint(merged) != fingerprint(script):
        return False
    return bool(git("hash-object", "-w", "--stdin", text=text))


def is_in_git(name):
    """Tell whether git stores the notebook of a task."""
    return bool(git("ls-files", "--", notebook_of(name).as_posix()))


def judge(name, memory):
    """Compare a notebook with its script.

    Returns "same", "stale", "edited", "no notebook", "no script" (its task is gone and
    the notebook holds nothing new), "new" (a notebook that never had a script) or
    "unmerged" (the script holds a merge conflict).
    """
    script, notebook = read_script(name), read_notebook(name)
    if script is not None and CONFLICT.search(script):
        return "unmerged"
    if notebook is None:
        return "no script" if script is None else "no notebook"
    typed = typed_in(notebook)
    now = None if script is None else fingerprint(script)
    then = memory.get(name, [None, None])
    stale = "no script" if script is None else "stale"
    changed = now is None or now != then[1]
    if fingerprint(typed) == now or [fingerprint(typed), now] == then:
        return "same"
    if not notebook["cells"] or is_stored(name, typed + "\n", changed) or CONFLICT.search(typed):
        return stale
    if script is not None and fingerprint(typed) == then[0]:  # only the script was touched
        head = fingerprint(git("show", f"HEAD:./{script_of(name).as_posix()}"))
        if now != head and keep_copy(notebook_of(name), typed + "\n"):
            return stale
    text = as_script(notebook)
    if script is not None and fingerprint(text) == fingerprint(as_script(as_notebook(script))):
        return "same"
    if is_stored(name, text, changed) or (script and is_contained(name, text, script)):
        return stale
    known = then[1] or git("log", "-1", "--format=%h", "--", script_of(name).as_posix())
    return "edited" if known or script is not None else "new"


# --- acting ------------------------------------------------------------------------------


def remember(name, memory):
    """Note that a notebook and its script agree now, or that the task has no script."""
    script = read_script(name)
    now = None if script is None else fingerprint(script)
    memory[name] = [fingerprint(typed_in(read_notebook(name))), now]


def refresh(name, memory):
    """Write a notebook from its script; unchanged cells keep their outputs."""
    import nbformat
    from jupytext.combine import combine_inputs_with_outputs

    script, old = read_script(name), read_notebook(name)
    new = as_notebook(script)
    if old is None:  # renamed? then the outputs are under its former name
        wanted = fingerprint(script)
        gone = (other for other in memory if not script_of(other).exists())
        former = (other for other in gone if memory[other][1] == wanted)
        old = next(filter(None, map(read_notebook, former)), None)
    pairing = new.metadata.jupytext
    del pairing["text_representation"]
    new.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    if old is not None:
        new = combine_inputs_with_outputs(new, nbformat.from_dict(old), FORMAT)
        new.metadata = nbformat.from_dict(old["metadata"])
    new.metadata["jupytext"] = pairing  # so that Jupyter sees that the two are the same
    write(notebook_of(name), nbformat.writes(new) + "\n")
    remember(name, memory)


def keep_copy(path, text):
    """Store a text that is about to be replaced in git, and say how to get it back.

    Returns whether git has stored it.
    """
    blob = git("hash-object", "-w", "--stdin", text=text)
    if blob:
        print(f"What {path} held before: git cat-file -p {blob[:12]}")
    return bool(blob)


def keep_notebook(name, memory):
    """Write the script from the notebook."""
    path = script_of(name)
    text = as_script(read_notebook(name))
    if path.exists():
        keep_copy(path, path.read_text(encoding="utf-8"))
    write(path, text)
    remember(name, memory)
    print(f"Wrote {path} from {notebook_of(name)}. Next: git add {path}")


def keep_script(name, memory):
    """Write the notebook from the script; without a script, leave the notebook out of git."""
    path = notebook_of(name)
    try:
        keep_copy(path, as_script(read_notebook(name)))
    except UNREADABLE:  # then the file as it is
        keep_copy(path, path.read_text(encoding="utf-8", errors="replace"))
        path.unlink()
    if script_of(name).exists():
        refresh(name, memory)
        print(f"Wrote {path} from {script_of(name)}.")
    else:
        remember(name, memory)
        print(f"{path} stays as it is, without a script. To keep drafts: another folder.")


def explain(name, problem):
    """Say what is different in a notebook, and name the two commands that settle it."""
    script, notebook = script_of(name), notebook_of(name)
    print(f"{notebook} {problem}\n  (-: only the script has it, +: only the notebook has it)")
    with contextlib.suppress(*UNREADABLE):
        old, new = read_script(name) or "", as_script(read_notebook(name))
        sides = old.splitlines(), new.splitlines(), script.as_posix(), notebook.as_posix()
        print(*difflib.unified_diff(*sides, lineterm=""), sep="\n")
    print(f"  To keep the notebook:  python tools sync --keep-notebook {name}")
    keep = "To keep the script:  " if script.exists() else "To go without it:    "
    print(f"  {keep}  python tools sync --keep-script {name}\n")


def sync(name, memory, check):
    """Bring one task up to date, or only check it; return False if that takes a decision."""
    try:
        verdict = judge(name, memory)
    except UNREADABLE as error:
        explain(name, f"or {script_of(name)} can't be read: {error!r}")
        return False
    in_git_hook = "PRE_COMMIT" in os.environ
    if verdict == "same":
        remember(name, memory)
    elif verdict == "edited":
        explain(name, "has edits that are nowhere else:")
        return False
    elif verdict == "new" and (check or in_git_hook):
        explain(name, "has no script yet:")
        return False
    elif verdict == "new":
        keep_notebook(name, memory)
        print("  and name it in pipeline.yaml")
    elif verdict == "unmerged" and not check:
        print(f"{script_of(name)} has a merge conflict: solve it, then python tools sync")
    elif verdict == "stale" and check and not find_put_aside(name) and is_in_git(name):
        print(f"{notebook_of(name)} is behind its script.", end=" ")
        print("Next: python tools sync, git add notebooks")
        return False
    elif verdict in ("stale", "no notebook") and not check:
        if verdict == "no notebook" or not find_put_aside(name):
            refresh(name, memory)
            print(f"Refreshed {notebook_of(name)}")
    elif verdict == "no script" and not check:
        print(f"{notebook_of(name)} has no script here. If its task is gone for good, delete it.")
    return True


def remove_injected(paths):
    """Take what `ploomber nb --inject` added out of scripts, out of all if none is named."""
    for path in map(Path, paths or sorted(TASKS.rglob("*.py"))):
        text = path.read_text(encoding="utf-8")
        if text != without_injected(text):
            write(path, without_injected(text))
            print(f"{path}: took out the injected parameters. Next: git add {path}")


def main(arguments=None):
    """Run what the command line asks for; return 1 if something is left to decide."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--keep-notebook", nargs="+", metavar="TASK", help="write the script from the notebook")
    add("--keep-script", nargs="+", metavar="TASK", help="write the notebook from the script")
    add("--check", action="store_true", help="write no script and no notebook")
    add("--exit-zero", action="store_true", help="succeed even if something is left to decide")
    add("--remove-injected", nargs="*", metavar="FILE", help="undo `ploomber nb --inject`")
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")
    os.chdir(Path(__file__).resolve().parent.parent)
    if options.remove_injected is not None:
        return remove_injected(options.remove_injected)

    names = find_names()
    chosen = {*(options.keep_notebook or ()), *(options.keep_script or ())}
    with_notebook = [name for name in names if notebook_of(name).exists()]
    if chosen - set(with_notebook):
        parser.error(f"{', '.join(sorted(chosen))}: choose from {', '.join(with_notebook)}")
    before = MEMORY.read_text(encoding="utf-8") if MEMORY.exists() else "{}"
    memory = json.loads(before)
    for name in options.keep_notebook or ():
        try:
            keep_notebook(name, memory)
        except UNREADABLE as error:
            parser.error(f"{notebook_of(name)} can't be read: {error!r}")
    for name in options.keep_script or ():
        keep_script(name, memory)
    done = chosen or all([sync(name, memory, options.check) for name in names])
    if not options.check:
        for path in (path for path in TASKS.rglob("*.ipynb") if path.parent.name[0] != "."):
            print(f"{path} is not paired. Next: move it to {NOTEBOOKS}, python tools sync")
    after = json.dumps(memory, indent=1)
    if after != before:
        write(MEMORY, after)
    return 0 if done or options.exit_zero else 1


if __name__ == "__main__":
    sys.exit(main())
