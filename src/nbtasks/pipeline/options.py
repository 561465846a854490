"""What a command line says: which pipeline, and which parameters."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from nbtasks.project import root

CLI = "--env--"


def is_ploomber(program: Path) -> bool:
    """Tell whether a program is the command `ploomber`."""
    return "ploomber" in (program.stem, program.parent.stem)  # .parent: Windows, python -m


def given() -> dict[str, str]:
    """Return the parameters on the command line, as they are typed: option and value."""
    words = [part for word in sys.argv[1:] for part in split_option(word)]
    return {w: words[i + 1] for i, w in enumerate(words[:-1]) if w.startswith(CLI)}


def name_of(option: str) -> str:
    """Return the name of a parameter that is given as an option."""
    return option.removeprefix(CLI).replace("--", ".")


def read_value(text: str, example: Any) -> Any:
    """Return the value that Ploomber takes a text of the command line for."""
    from ploomber.env.expand import cast_if_possible

    return text if isinstance(example, str) else cast_if_possible(text)


def split_option(word: str) -> list[str]:
    """Split ``--env--name=value``."""
    return word.split("=", 1) if word.startswith(CLI) else [word]


def env_path() -> Path | None:
    """Return the file of parameters that this command reads, if there is one."""
    from ploomber.util.default import path_to_env_from_spec

    path = path_to_env_from_spec(entry_point(sys.argv))
    return Path(path).resolve() if path else None


def entry_point(words: list[str]) -> str:
    """Return the pipeline that a command line, or else the environment, names."""
    for option in ("--entry-point", "-e"):
        if option in words[:-1]:
            return words[words.index(option) + 1]
    return os.environ.get("ENTRY_POINT") or "pipeline.yaml"


def pipeline_path() -> Path:
    """Return the file of the pipeline that this command reads."""
    return root() / entry_point(sys.argv)
