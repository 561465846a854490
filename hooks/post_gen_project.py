"""Refuse names that are taken, or else set the new project up by its own bootstrap.py.

What goes wrong in set-up is said by bootstrap.py; if this failed, the project would be deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import keyword
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

NAMES = [
    ("project_slug", "{{ cookiecutter.project_slug.split('/') | last }}", "-"),
    ("package_name", "{{ cookiecutter.package_name }}", "_"),
]
#: Used by the project and by Windows; modules that have another name than their package.
TAKEN = """bootstrap build data dist docs env exploration notebooks pip products setup src tasks
    test tests vendor aux con nul prn argon2 attr bs4 conftest dateutil git ipykernel_launcher
    jsonpointer_stubs jupyter jupyterlab_jupytext jupytext_config markdown_it ploomber_cli py
    pythonjsonlogger rpds ruamel sklearn websocket yaml zmq"""

#: What only the example, or only a cluster, needs of the lock, which is one for all answers.
EXAMPLE = """blinker dash flask importlib-metadata itsdangerous janus lazy-importer narwhals
    plotly retrying scikit-learn scipy threadpoolctl waitress werkzeug zipp"""
CLUSTER = "build pyproject-hooks soopervisor"
#: The answers that need none of these, nor what is for older Pythons.
UNUSED = {
    *(EXAMPLE.split() * ("{{ cookiecutter.example }}" == "empty")),
    *(CLUSTER.split() * ("{{ cookiecutter.cluster }}" == "none")),
}
OLDEST = [3, int("{{ cookiecutter.oldest_python }}".partition(".")[2])]
FOR_PYTHON = re.compile(r" ; python_full_version (<|==|>=) '([\d.]+)(?:\.\*)?'(?= )")


def trim_lock() -> None:
    """Leave in the lock what `nbtasks lock` would, so that the first one changes nothing else."""
    lock = Path("requirements.lock")
    head, *blocks = re.split(r"(?m)^(?=\w)", lock.read_text("utf-8"))
    kept = []
    for block in blocks:
        is_for = FOR_PYTHON.search(block)
        bound = [int(number) for number in is_for[2].split(".")] if is_for else [99]
        if is_for and is_for[1] == ">=" and bound <= OLDEST:
            block = FOR_PYTHON.sub("", block)
        elif bound < OLDEST or (is_for and is_for[1] == "<" and bound == OLDEST):
            continue
        if block.partition("==")[0] not in UNUSED:
            kept.append(block)
    lines = [line for line in "".join([head, *kept]).splitlines() if line[:1] != "#"]
    seal = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]  # environment/lock.py
    head = re.sub(r"(?m)^(# What follows, in short: ).*", rf"\g<1>{seal}", head)
    lock.write_bytes("".join([head, *kept]).encode())


def find_taken_names() -> Iterator[str]:
    """Return a sentence for each name that is that of something else."""
    locked = re.findall(r"(?m)^[\w.-]+(?===)", Path("requirements.lock").read_text("utf-8"))
    used = [re.sub("[-.]", "_", name.lower()) for name in locked + TAKEN.split()]
    taken = {
        **dict.fromkeys(sys.stdlib_module_names, "a module of Python's standard library"),
        **dict.fromkeys(used, "already the name of something the project uses"),
        **dict.fromkeys(" ".join(keyword.kwlist).lower().split(), "a word of the Python language"),
    }
    for prompt, answer, dash in NAMES:
        name = answer.lower().replace("-", "_")
        if name in taken:
            better = f"{name}_project".replace("_", dash)
            yield f"{prompt}: {answer!r} is {taken[name]}. Type for example {better!r}."


def main() -> None:
    """Run bootstrap.py, or say how to."""
    project, command = Path.cwd().resolve(), ["bootstrap.py", "--first-commit", "--first-run"]
    refused = list(find_taken_names())
    trim_lock()
    temporary = str(Path(tempfile.gettempdir()).resolve() / "tmp")
    if "{{ cookiecutter._commit | default('') }}" and str(project).startswith(temporary):
        return  # cruft has made it, only to compare it with another
    if refused:
        sys.exit("\n  ".join(["No project was made:", *refused]))
    if "{{ cookiecutter.environment }}" == "none":
        python = "python" if shutil.which("python") else "python3"
        print(f"The project is in {project}")
        print(f"To set it up, type there: {python} {' '.join(command)}")
        return
    # Ctrl-C reaches bootstrap.py too, which says how to resume.
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run([sys.executable, *command])


if __name__ == "__main__":
    main()
