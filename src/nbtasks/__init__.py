"""Notebooks that go to production: what keeps scripts, notebooks, products and git in step.

What pipeline.yaml names is here; everything else is private, and reached by the commands that
`nbtasks` lists. Rooms, each of which uses only those above it:

project      the project one stands in: folder, package, modules, git, raw data
set_up       the environment of a project; needs Python and git alone
editors      JupyterLab and IPython: what they are set to, sessions with real parameters
notebooks    scripts and notebooks: read, write, compare, pair
pipeline     pipeline.yaml and env.yaml: read, check, add to, draw
checks       tables against their schemas; what is up to date, and why not
results      reports, the page of a build, the summary for CI
engine       Ploomber: the one room that knows it
environment  requirements, lock, add, audit
dashboard    the results, served
importer     an old notebook, made a pipeline
template     a later version of the template
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbtasks.engine.executor import Executor
    from nbtasks.engine.hooks import on_render

__all__ = ["Executor", "on_render"]

#: Imported when they are asked for: Ploomber takes seconds, and a set-up has none yet.
PLACES = {"Executor": "executor", "on_render": "hooks"}


def __getattr__(name: str) -> Any:
    """Return what pipeline.yaml names."""
    if name not in PLACES:
        raise AttributeError(f"module 'nbtasks' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"nbtasks.engine.{PLACES[name]}"), name)


def load_ipython_extension(shell: Any) -> None:
    """Give an IPython session the parameters of its task: %load_ext nbtasks."""
    from nbtasks.editors import session

    session.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Leave an IPython session alone: %unload_ext nbtasks."""
    from nbtasks.editors import session

    session.unload(shell)
