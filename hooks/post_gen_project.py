"""Set the new project up, by its own bootstrap.py.

This hook never fails: cookiecutter would delete the project. What goes wrong is said by
bootstrap.py, with the command that resumes.
"""

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = "{{ cookiecutter.environment }}"
# Only cruft sets this. To compare versions it generates into a temporary folder.
MADE_BY_CRUFT = bool("{{ cookiecutter._commit | default('') }}")


def is_temporary_copy(project):
    """Tell whether cruft made this project only to compare it with another."""
    temporary = Path(tempfile.gettempdir()).resolve()
    return MADE_BY_CRUFT and any(
        parent.parent == temporary and parent.name.startswith("tmp") for parent in project.parents
    )


def main():
    """Run bootstrap.py, or say how to."""
    project = Path.cwd().resolve()
    if is_temporary_copy(project):
        return
    command = ["bootstrap.py", "--first-commit", "--first-run"]
    if ENVIRONMENT == "none":
        print(f"The project is in {project}\nTo set it up, type there: python {' '.join(command)}")
        return
    # Ctrl-C reaches bootstrap.py too, which says how to resume.
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run([sys.executable, *command])


if __name__ == "__main__":
    main()
