"""What a command line says: which pipeline, and which parameters."""

import ast
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
    typed = (word.split("=", 1) if word.startswith(CLI) else [word] for word in sys.argv[1:])
    words = [part for parts in typed for part in parts]
    return {w: words[i + 1] for i, w in enumerate(words[:-1]) if w.startswith(CLI)}


def name_of(option: str) -> str:
    """Return the name of a parameter that is given as an option."""
    return option.removeprefix(CLI).replace("--", ".")


def read_value(text: str, example: Any) -> Any:
    """Return the value that a text of the command line stands for, as Ploomber reads it."""
    if isinstance(example, str):
        return text
    words = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def env_path() -> Path | None:
    """Return the file of parameters that this command reads, if there is one."""
    return env_of(entry_point(sys.argv))


def env_of(pipeline: str) -> Path | None:
    """Return the file of parameters that goes with a pipeline, if there is one.

    As Ploomber looks for it: the file that PLOOMBER_ENV_FILENAME names; ``env.X.yaml`` for a
    ``pipeline.X.yaml``, else ``env.yaml``; in this folder, else beside the pipeline.
    """
    chosen = os.environ.get("PLOOMBER_ENV_FILENAME")
    _, *middle = Path(pipeline).stem.split(".")
    names = [chosen] if chosen else [f"env.{part}.yaml" for part in middle[:1]] + ["env.yaml"]
    places = [Path(folder, name) for name in names for folder in ("", Path(pipeline).parent)]
    return next((place.resolve() for place in places if place.is_file()), None)


def entry_point(words: list[str]) -> str:
    """Return the pipeline that a command line, or else the environment, names."""
    for option in ("--entry-point", "-e"):
        if option in words[:-1]:
            return words[words.index(option) + 1]
    return os.environ.get("ENTRY_POINT") or "pipeline.yaml"


def pipeline_path() -> Path:
    """Return the file of the pipeline that this command reads."""
    return root() / entry_point(sys.argv)
