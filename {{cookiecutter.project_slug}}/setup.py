"""What a pyproject.toml can't say; and how Ploomber finds the root of the project.

The name, the version, the packages and the configuration of every tool are in
pyproject.toml. This file stays because Ploomber takes the folder that holds a setup.py
for the root of the project.
"""

import re
from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist

# What tasks/ and src/ import, by name: a path or an option in requirements.txt is for the
# environment only, and the package that is built can't require it.
TEXT = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8-sig")
LINES = re.sub(r"\\\r?\n|\s--hash=\S+", " ", TEXT).splitlines()
NAMED = re.compile(r"\s*(\w[\w.-]*\s*(\[[^]]*\])?\s*([<>=!~;(@].*)?)$")
FOUND = [NAMED.match(re.split(r"(?:^|\s)#", line)[0]) for line in LINES]


class WithRequirements(sdist):
    """A source package needs requirements.txt too."""

    def make_distribution(self):
        """Add it to the list."""
        self.filelist.append("requirements.txt")
        super().make_distribution()


setup(
    install_requires=[found[1].strip() for found in FOUND if found],
    cmdclass={"sdist": WithRequirements},
)
