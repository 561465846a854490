"""The machinery of the project: what keeps scripts, notebooks, products and git in step."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
