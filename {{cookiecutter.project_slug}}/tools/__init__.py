"""The machinery of the project: what keeps scripts, notebooks, products and git in step.

A file here is a command (`python tools` lists them) or what pipeline.yaml names: checks.py,
executor.py, report.py. Each folder holds the parts of one of them, and git.py, notebooks.py and
pipeline_file.py are the only ways to read and change what their names say.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
