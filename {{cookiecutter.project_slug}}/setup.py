"""Needed, though nearly empty: it is how Ploomber finds the root of the project.

The name, the version, the packages and the configuration of every tool are in
pyproject.toml. This file stays because Ploomber takes the folder that holds a setup.py
for the root of the project.
"""

from setuptools import setup

setup()
