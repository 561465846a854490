"""Turn an old notebook into tasks of this project, and prove that they do the same.

    nbtasks import analysis.ipynb --dry-run    show the parts, and what flows between them
    nbtasks import analysis.ipynb              run it, split it, build it and compare

The notebook runs first as it is, in a folder of its own. Each part below a heading of the first
two levels becomes a task; its functions move to src/, with tests. Nothing is overwritten.

The room: it uses `engine`, to build what it has made, `environment` and what is below them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nbtasks.errors import Refusal
from nbtasks.importer.run import DoesNotRun
from nbtasks.importer.steps import Import
from nbtasks.importer.store import take_back


def main(arguments: list[str] | None = None) -> int:
    """Import a notebook; return 0 only if its tasks show the same as it does."""
    parser = argparse.ArgumentParser(
        prog="nbtasks import",
        description=__doc__.partition("\n\nThe room:")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebook", type=Path, help="the notebook, which stays as it is")
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="what it reads or imports",
    )
    parser.add_argument(
        "--split", default="", metavar="3,7,12", help="cells that begin a part, counted from 1"
    )
    parser.add_argument("--undo", action="store_true", help="take back one that was not finished")
    parser.add_argument("--no-run", action="store_true", help="go on without running it")
    parser.add_argument("--dry-run", action="store_true", help="show the parts, write nothing")
    options = parser.parse_args(arguments)
    try:
        if options.undo:
            take_back(options.notebook.resolve())
            return 0
        return Import(options).run()
    except (Refusal, DoesNotRun) as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Type the same again: what was written is taken back first.")
        return 130
