"""The first thing of ours that a command of Ploomber comes to.

Ploomber reads the YAML of a pipeline, and imports the functions that are tasks, before it calls
anything that the pipeline names. Before that it imports papermill, which imports its engines:
this module is listed as one (the entry point `papermill.engine`), and is none.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from nbtasks.pipeline.options import is_ploomber, pipeline_path
from nbtasks.project import has_table, root

# A parameter of env.yaml may be there for another pipeline.
warnings.filterwarnings("ignore", "The following placeholders are declared in the environment")


def check() -> None:
    """Refuse, in a sentence, what the command that is being run can't read."""
    if not is_ploomber(Path(sys.argv[0])):
        return
    path = pipeline_path()
    if not path.is_file() or not (has_table(root()) or b"nbtasks." in path.read_bytes()):
        return
    from nbtasks.errors import Refusal
    from nbtasks.pipeline import sources

    try:
        sources.check()
    except Refusal as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)


check()
