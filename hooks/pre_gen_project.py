"""Refuse answers that would make a broken project, before any file is written."""

import keyword
import re
import sys
from pathlib import Path

SLUG = {{cookiecutter.project_slug | tojson}}
PACKAGE = {{cookiecutter.package_name | tojson}}
EMAIL = {{cookiecutter.email | tojson}}
#: Names that the project, Windows or the packages of requirements.lock already use.
TAKEN = set({{cookiecutter._taken_names | join(" ") | tojson}}.split())


def suggest(answer, separator):
    """Return a valid name that resembles the answer."""
    name = re.sub("[^a-z0-9]+", separator, answer.lower()).strip(separator)
    if not re.match("[a-z]", name):
        name = f"project{separator}{name}".strip(separator)
    return name if not why_taken(name) else f"{name}{separator}project"


def why_taken(name):
    """Say what already has this name, or return None."""
    name = name.lower().replace("-", "_")
    if keyword.iskeyword(name) or name in {"true", "false", "none"}:
        return "a word of the Python language"
    if name in sys.stdlib_module_names:
        return "a module of Python's standard library"
    if name in TAKEN:
        return "already the name of something the project uses"
    return None


def check_name(prompt, answer, pattern, allowed, separator):
    """Return what is wrong with a name, as a sentence, or None."""
    reason = why_taken(answer)
    if not re.fullmatch(pattern, answer):
        reason = f"not {allowed}"
    if reason is None:
        return None
    return f"{prompt}: {answer!r} is {reason}. Type for example {suggest(answer, separator)!r}."


def problems():
    """Return what is wrong with the answers, a sentence each."""
    yield check_name(
        *("project_slug", SLUG, "[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?"),
        *("letters, digits, - and _, beginning with a letter", "-"),
    )
    yield check_name(
        *("package_name", PACKAGE, "[a-z][a-z0-9_]*"),
        *("small letters, digits and _, beginning with a letter", "_"),
    )
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", EMAIL):
        yield f"email: {EMAIL!r} is not an e-mail address. Type for example 'ada@example.com'."
    if any(Path.cwd().iterdir()):
        yield (
            f"project_slug: the folder {Path.cwd()} exists and is not empty. "
            "Type another name, or move that folder away."
        )


refused = [problem for problem in problems() if problem]
if refused:
    print("No project was made:", *refused, sep="\n  ", file=sys.stderr)
    sys.exit(1)
