"""Notebooks that go to production: what keeps scripts, notebooks, products and git in step.

A module is a command (`nbtasks` lists them) or what pipeline.yaml names: checks, executor,
report. Each folder holds the parts of one of them.
"""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Give an IPython session the parameters of its task: %load_ext nbtasks."""
    from nbtasks.editors import session

    session.load(shell)
