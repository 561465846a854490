"""Scripts and notebooks: read, written, compared and paired, so that no edit is lost.

It uses `project`. The face has what other rooms need; `sync` is the command.
"""

from nbtasks.notebooks.cells import Cell, Notebook, contents, is_python, tags_of
from nbtasks.notebooks.files import (
    CELL,
    LIGHT_CELL,
    Unreadable,
    command,
    fill,
    read_notebook,
    read_script,
    read_text,
    replace,
    to_notebook,
    to_script,
    without_injected,
)

__all__ = [
    "CELL",
    "LIGHT_CELL",
    "Cell",
    "Notebook",
    "Unreadable",
    "command",
    "contents",
    "fill",
    "is_python",
    "read_notebook",
    "read_script",
    "read_text",
    "replace",
    "tags_of",
    "to_notebook",
    "to_script",
    "without_injected",
]
