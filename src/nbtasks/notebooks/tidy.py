"""What ruff makes of a script at a commit, which is no edit of its notebook."""

import subprocess
import sys
from pathlib import Path

from nbtasks.project import root


def tidied(script: str, path: Path) -> str:
    """Return a script as the hooks of a commit leave it; as it is if ruff can't read it."""
    if path.suffix != ".py":
        return script
    for words in (["format"], ["check", "--fix", "--exit-zero"], ["format"]):
        command = [sys.executable, "-m", "ruff", *words, "--quiet", "--force-exclude"]
        done = subprocess.run(
            [*command, "--stdin-filename", str(path), "-"],
            input=script.encode("utf-8", "surrogatepass"),
            capture_output=True,
            cwd=root(),
        )
        if done.returncode:
            return script
        script = done.stdout.decode("utf-8").replace("\r\n", "\n")
    return script
