"""Refuse answers that would make a broken project, before any file is written."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ANSWERS, FOLDER = json.loads({{cookiecutter | tojson | tojson}}), Path.cwd()
NAME = "[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?"


def suggest(answer: str, dash: str) -> str:
    """Return a valid name that resembles the answer."""
    name = re.sub("[^a-z0-9]+", dash, answer.lower()).strip(dash)
    return name if name[:1].isalpha() else f"project{dash}{name}".strip(dash)


def problems(
    project_slug: str,
    package_name: str,
    email: str,
    project_name: str,
    description: str,
    author: str,
    environment: str,
    **_: object,
) -> Iterator[str]:
    """Return what is wrong with the answers, a sentence each."""
    like = "digits, - and _, beginning with a letter"
    if not re.fullmatch(f"{NAME}(/{NAME})*", project_slug):
        better = suggest(project_slug, "-")
        yield f"project_slug: {project_slug!r} is not letters, {like}. Type for example {better!r}."
    if not re.fullmatch("[a-z][a-z0-9_]*", package_name):
        like, better = f"small letters, {like.replace(', -', '')}", suggest(package_name, "_")
        yield f"package_name: {package_name!r} is not {like}. Type for example {better!r}."
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        yield f"email: {email!r} is not an e-mail address. Type for example 'ada@example.com'."
    if re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", project_name + description + author):
        yield "project_name, description and author are one line of text each."
    if any(FOLDER.iterdir()):
        yield f"project_slug: the folder {FOLDER} exists and is not empty. Type another name."
    if len(str(FOLDER).splitlines()) > 1:
        yield f"no environment works in {str(FOLDER)!r}: choose a folder of one line."
    elif os.pathsep in str(FOLDER) and environment != "current":
        yield f".venv can't be in {str(FOLDER)!r}: choose a folder without {os.pathsep!r}, or "
        yield "activate an environment that is elsewhere, and add the answer environment=current."


def left_behind(project_slug: str, **_: object) -> Iterator[str]:
    """Yield what cookiecutter does not take away: the folder that a project in `a/b` lies in."""
    for folder in list(FOLDER.parents)[: project_slug.count("/")][::-1]:
        if len(list(folder.iterdir())) == 1:
            yield f"{folder} stays, an empty folder: delete it."
            return


if refused := list(problems(**ANSWERS)):
    sys.exit("\n  ".join(["No project was made:", *refused, *left_behind(**ANSWERS)]))
# cookiecutter can leave a file out by its name, but no folder.
(FOLDER / ANSWERS["__job_template"]).parent.mkdir(exist_ok=True)
