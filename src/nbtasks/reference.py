"""The pages of the manual that are made of the code: commands, keys of files, files, exit codes."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
from collections.abc import Iterator
from typing import Any

from nbtasks.errors import EXIT_CODES

#: What is where in a project, and who writes it. A name with a / at its end is a folder.
FILES = {
    "tasks/": "you: the notebooks, a script each; functions and SQL too",
    "src/PACKAGE/": "you: functions; `schemas.py` describes the tables",
    "tests/": "you: tests of functions; `test_pipeline.py` runs all notebooks on the sample",
    "data/raw/": "you: raw data; `large-files.yaml` lists what is too large for git",
    "exploration/": "you: drafts, which nothing checks",
    "pipeline.yaml": "you: tasks and products; `pipeline.NAME.yaml`: a second pipeline",
    "env.yaml": "you: parameters; `env.NAME.yaml`: what differs in the environment NAME",
    "requirements.txt": "you: the packages that `tasks/` and `src/` import",
    "pyproject.toml": "you: settings of tools, the answers that the project was made with",
    "requirements.lock": "`nbtasks lock`: version and hash of every package",
    "notebooks/": "JupyterLab and `nbtasks sync`: the tasks with outputs, not in git",
    "products/": "`ploomber build`: a folder for each environment, with `index.html`; not in git",
    ".cache/": "`ploomber build`: what is known of the last run; not in git",
    "cluster/": "you: resources of SLURM jobs; SLURM: what they print",
    "soopervisor.yaml": "the template: how tasks become SLURM jobs",
    "bootstrap.py": "the template: sets the project up after `git clone`",
    "vendor/": "the template: the package `nbtasks`, one file",
    "setup.py": "the template: by it Ploomber finds the project",
    ".pre-commit-config.yaml": "the template: what is checked at a commit and at a push",
    ".github/": "the template: what GitHub runs",
    ".vscode/": "the template: settings for VS Code",
    ".gitignore": "the template and you; so is `.gitattributes`",
    "README.md": "you: how the project is set up and run; `AGENTS.md`: for assistants",
    "LICENSE": "you: chosen when the project was made",
}


def pages() -> dict[str, str]:
    """Return topic -> text of the pages that are made of the code."""
    return {"commands": commands(), "keys": keys(), "files": files()}


def commands() -> str:
    """Describe each command, as its ``--help`` does."""
    from nbtasks.__main__ import COMMANDS

    parts = ["# Commands"]
    for name, (module, purpose) in COMMANDS.items():
        parts += [f"## nbtasks {name}", f"{purpose[0].upper()}{purpose[1:]}."]
        parts.append(f"```text\n{help_of(module)}\n```")
    parts += ["## Exit codes", table(["code", "what it means"], EXIT_CODES.items())]
    return "\n\n".join(parts) + "\n"


def help_of(module: str) -> str:
    """Return what a command says of itself; why not, if it can't here."""
    said = io.StringIO()
    os.environ["COLUMNS"] = "78"  # the same on every screen
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            place, _, function = module.partition(":")
            found = importlib.import_module(f"nbtasks.{place}")
            getattr(found, function or "main")(["--help"])
    except SystemExit:
        pass  # as argparse ends, when it has helped
    except ImportError as error:
        return f"{error}. Next: python bootstrap.py"
    return said.getvalue().strip()


def keys() -> str:
    """Describe the keys of env.yaml and pipeline.yaml, by the schemas that check them."""
    from nbtasks.pipeline import schema

    env, pipeline = (json.loads(schema.text_of(name)) for name in ("env", "pipeline"))
    kinds = pipeline["definitions"]
    parts = ["# Keys of env.yaml and pipeline.yaml"]
    parts.append("A key that is not here is refused, but in env.yaml, where it is a parameter.")
    for title, part in [
        ("env.yaml", env),
        ("pipeline.yaml", kinds["pipeline"]),
        ("A task in pipeline.yaml", kinds["task"]),
    ]:
        rows = [(f"`{key}`", said) for key, said in described(part)]
        parts += [f"## {title}", table(["key", "what it is"], rows)]
    return "\n\n".join(parts) + "\n"


def described(part: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key of a part of a schema, with what the schema says of it."""
    for key, value in part.get("properties", {}).items():
        values = [v for way in [value, *value.get("anyOf", ())] for v in way.get("enum", ())]
        listed = ", ".join(f"`{json.dumps(v).strip(chr(34))}`" for v in values)
        said = value.get("description", "")
        yield f"{before}{key}", f"{said}: {listed}" if listed else said
        yield from described(value, f"{before}{key}.")


def files() -> str:
    """Describe the files and folders of a project."""
    rows = [(f"`{name}`", said) for name, said in FILES.items()]
    return f"# Files and folders\n\n{table(['what', 'who writes it: what it is'], rows)}\n"


def table(head: list[str], rows: Any) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
