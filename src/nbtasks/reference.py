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
    "tasks/": "You: the notebooks, a script each; functions, SQL and R too",
    "src/PACKAGE/": "You: functions, and `schemas.py`, which describes the tables",
    "tests/": "You: tests of the functions; `test_pipeline.py` runs all notebooks on the sample",
    "data/raw/": "You: raw data; `large-files.yaml` lists what is too large for git",
    "exploration/": "You: drafts, which nothing checks",
    "pipeline.yaml": "You: the tasks and what each one makes; `pipeline.NAME.yaml`: one more",
    "env.yaml": "You: the parameters; `env.NAME.yaml`: what differs in the environment NAME",
    "requirements.txt": "You: the packages that `tasks/` and `src/` import",
    "pyproject.toml": "You: about the project, settings of its tools, the answers it was made with",
    "requirements.lock": "`nbtasks lock`: the exact version and hash of every package",
    "notebooks/": "`nbtasks sync`, JupyterLab: the tasks with their outputs; git ignores it",
    "products/": "`ploomber build`: a folder for each environment; in it one for the full run, one "
    "for the sample, each with `index.html`; git ignores it",
    ".cache/": "`ploomber build`: what is remembered of the last run; may be deleted",
    "cluster/": "You: `template.sh`, the resources of jobs. SLURM: what the jobs print",
    "soopervisor.yaml": "The template: how tasks become SLURM jobs",
    "bootstrap.py": "The template: sets the project up after `git clone`",
    "vendor/": "The template: the package `nbtasks`, one file",
    "setup.py": "The template: by it Ploomber finds the project",
    ".pre-commit-config.yaml": "The template: what is checked at a commit and at a push",
    ".github/": "The template: what GitHub runs",
    ".vscode/": "The template: settings of the project for VS Code",
    ".gitignore": "The template, then you: what git leaves out; so does `.gitattributes`",
    "README.md": "You: how this project is set up and run; `AGENTS.md`: the same for assistants",
    "LICENSE": "You: chosen when the project was made",
}


def pages() -> dict[str, str]:
    """Return topic -> text of the pages that are made of the code."""
    return {"commands": commands(), "keys": keys(), "files": files()}


def commands() -> str:
    """Describe each command with its options, as its ``--help`` does."""
    from nbtasks.__main__ import COMMANDS

    parts = ["# Commands", "As `--help` of each one says. Exit codes are at the end."]
    for name, (module, purpose) in COMMANDS.items():
        parts += [f"## nbtasks {name}", f"{purpose[0].upper()}{purpose[1:]}."]
        parts.append(f"```text\n{help_of(module)}\n```")
    parts += ["## Exit codes", table(["code", "what it means"], EXIT_CODES.items())]
    return "\n\n".join(parts) + "\n"


def help_of(module: str) -> str:
    """Return what a command says of itself; why not, if it can't here."""
    said, here, columns = io.StringIO(), os.getcwd(), os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "78"  # the same on every screen
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            importlib.import_module(f"nbtasks.{module}").main(["--help"])
    except SystemExit:
        pass  # as argparse ends, when it has helped
    except ImportError as error:
        return f"{error}. Next: python bootstrap.py"
    finally:
        os.chdir(here)
        del os.environ["COLUMNS"]
        if columns is not None:
            os.environ["COLUMNS"] = columns
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
    return f"# Files and folders\n\n{table(['what', 'who writes it, and what it is'], rows)}\n"


def table(head: list[str], rows: Any) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
