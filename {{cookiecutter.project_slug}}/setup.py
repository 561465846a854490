"""Needed by Ploomber, which takes the folder that holds it for the root of the project.

Name, version and the configuration of every tool are in pyproject.toml. What the package
requires is here, since it is what requirements.txt asks for by name; paths and options there
are for the environment only.
"""

import re
from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist

LINES = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8-sig").splitlines()
BY_NAME = re.compile(r"\s*(\w[\w.-]*(?<!\.whl) *(\[[^]]*\])? *([<>=!~;(@].*?)?) *(\\|--hash|\s#|$)")


class SourcePackage(sdist):
    """Has requirements.txt too."""

    def make_distribution(self):
        """Add it to the files."""
        self.filelist.append("requirements.txt")
        super().make_distribution()


setup(
    install_requires=[found[1] for found in map(BY_NAME.match, LINES) if found],
    cmdclass={"sdist": SourcePackage},
)
