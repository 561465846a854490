"""Give a session the real parameters of its task when the parameters cell has run.

`%load_ext nbtasks` loads it; the IPython configuration of the environment does so for kernels and
for IPython. Nothing here may stop a cell of the user: what goes wrong is said in a sentence.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from nbtasks import project
from nbtasks.editors import cells, lookup, reading
from nbtasks.editors.lookup import Found, Wish
from nbtasks.editors.reading import Choice
from nbtasks.errors import Refusal

#: What runs when parameters have been assigned.
CALL = "__import__('nbtasks.editors.session', fromlist=['fill']).fill()"
#: Set by a JupyterLab of the project, where Ploomber adds a cell with the parameters.
OTHERS_DO = "NBTASKS_IN_JUPYTERLAB"
#: The process of the kernel to which JPY_SESSION_NAME belongs; what it starts inherits both.
KERNEL = "NBTASKS_KERNEL"


class Session:
    """An IPython session, and whose parameters it has.

    Parameters
    ----------
    shell
        The session, as IPython knows it.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.wish = Wish()
        self.said = ""
        self.seen: Path | None = None
        self.transformer = cells.Transformer(CALL, self.is_wanted)
        os.environ.setdefault(KERNEL, str(os.getpid()))

    def file(self) -> Path | None:
        """Return the script or notebook whose cells run, as far as the editor tells."""
        names = self.shell.user_ns
        found = sent_from(self.shell) or names.get("__file__") or names.get("__vsc_ipynb_file__")
        is_ours = os.environ.get(KERNEL) == str(os.getpid()) and not os.environ.get(OTHERS_DO)
        if not found and is_ours:
            found = os.environ.get("JPY_SESSION_NAME")
        return Path(found).absolute() if isinstance(found, str) and found else None

    def root(self, file: Path | None, wish: Wish) -> Path | None:
        """Return the project of a file; that of the current folder without one, or for a name."""
        found = project.find(file.parent) if file else None
        return found or (project.find() if wish.name or not file else None)

    def is_wanted(self) -> bool:
        """Tell whether to fill in parameters: not in a build, nor where nobody knows of tasks."""
        try:
            file = self.file()
            asked = self.wish.name or file or not hasattr(self.shell, "kernel")
            return bool(asked and self.root(file, self.wish))
        except OSError:  # `fill` says which
            return True

    def fill(self, file: Path | None, wish: Wish) -> bool:
        """Replace the parameters, and say so in a line; or say why not, and return False."""
        try:
            root = self.root(file, wish)
            if root is None:
                raise Refusal("this folder is in no project. Next: %cd FOLDER")
            if file is None and wish.name is None:
                raise Refusal("this console does not tell which task it runs. Next: %task NAME")
            self.said = self.use(lookup.find(root, file, wish), root, wish)
            print(self.said)
            return True
        except Refusal as error:
            print(f"The parameters stay as they are: {error}")
        except Exception as error:
            print(f"The parameters stay as they are: {type(error).__name__}: {error}")
        return False

    def use(self, found: Found, root: Path, wish: Wish) -> str:
        """Set the parameters, make ready what a build does, and return what to say."""
        task = found.pipeline["tasks"][found.name]
        os.chdir(task["folder"])
        for file in task["makes"]:
            os.makedirs(os.path.dirname(file), exist_ok=True)
        src = str(root / "src")
        if os.path.isdir(src) and src not in sys.path:
            sys.path.insert(0, src)
        self.shell.user_ns.update(task["params"])
        self.reload_modules()
        sample = {True: ", the sample", False: ", all data"}.get(found.pipeline["sample"], "")
        chosen = "%task" if wish.options or wish.environment else reading.ENVIRONMENT
        text = f"{found.name}: parameters of {found.pipeline['environment'] or 'the pipeline'}"
        text += f"{sample} ({chosen} chooses)"
        if found.others:
            text += f"\nThe script is that of {', '.join(found.others)} too. Next: %task NAME"
        missing = [
            name
            for name, files in task["reads"].items()
            if not all(os.path.exists(file) for file in files)
        ]
        if missing:
            command = build(missing, wish)
            text += f"\nIts input {', '.join(missing)} has not run yet. Next: {command}"
        return text

    def reload_modules(self) -> None:
        """Have IPython load edited modules anew, unless somebody has decided on that."""
        if "autoreload" not in self.shell.magics_manager.magics["line"]:
            self.shell.extension_manager.load_extension("autoreload")
            self.shell.run_line_magic("autoreload", "2")

    def after_cell(self, result: Any) -> None:
        """Fill in what Spyder has run; begin to read as soon as an editor has told its file."""
        try:
            spyders = cells.SPYDER.search(getattr(result.info, "raw_cell", None) or "")
            file = Path(spyders[1]) if spyders else self.file()
            if spyders and self.shell.user_ns.get("product", ...) is None:
                self.fill(file, self.wish)
            elif file and file != self.seen:
                self.seen, root = file, self.root(file, self.wish)
                if root and lookup.shown(root, file).startswith(("tasks/", "notebooks/")):
                    reading.start(Choice(root, None, self.wish.options, self.wish.environment))
        except OSError:  # a parameters cell will say so
            return
        except Exception as error:  # it is not the user's
            print(f"nbtasks: {type(error).__name__}: {error}", file=sys.stderr)

    def task(self, line: str) -> None:
        """Choose whose parameters this session has, and which: %task NAME --sample."""
        try:
            file = self.file()
            wish = lookup.parse(line, self.root(file, Wish("any")) or Path())
        except (Refusal, ValueError, OSError) as error:
            print(error)
            return
        if wish == Wish():
            print(self.said or f"No parameters were filled in yet.\n{lookup.USAGE}")
        elif wish.name is None and (file is None or self.wish.name):
            wish = wish._replace(name=self.wish.name)
        if wish != Wish() and self.fill(None if wish.name else file, wish):
            self.wish = wish


def build(missing: list[str], wish: Wish) -> str:
    """Return the command that makes what is missing."""
    variable = [f"{reading.ENVIRONMENT}={wish.environment}"] if wish.environment else []
    part = ["--partially", missing[0]] if len(missing) == 1 else []
    return " ".join([*variable, "ploomber build", *part, *wish.options])


def sent_from(shell: Any) -> str | None:
    """Return the file of the cell that runs, which Positron sends along with it."""
    try:
        uri = shell.kernel.get_parent("shell")["content"]["positron"]["code_location"]["uri"]
    except (AttributeError, KeyError, TypeError):
        return None
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(uri).path)


#: The session of this process, once it is loaded.
SESSIONS: list[Session] = []


def fill() -> None:
    """Fill in the parameters that a cell has just assigned."""
    session = SESSIONS[-1]
    try:
        session.fill(session.file(), session.wish)
    except Exception as error:
        print(f"The parameters stay as they are: {type(error).__name__}: {error}")


def load(shell: Any) -> None:
    """Watch a session for parameters cells, and give it `%task`; once."""
    if any(session.shell is shell for session in SESSIONS):
        return
    session = Session(shell)
    SESSIONS.append(session)
    shell.ast_transformers.append(session.transformer)
    shell.events.register("post_run_cell", session.after_cell)
    shell.register_magic_function(session.task, "line", "task")


def unload(shell: Any) -> None:
    """Leave a session alone."""
    for session in [session for session in SESSIONS if session.shell is shell]:
        SESSIONS.remove(session)
        shell.ast_transformers.remove(session.transformer)
        shell.events.unregister("post_run_cell", session.after_cell)
