"""Set up this project, after `git clone` and whenever requirements.lock has changed."""

# Its steps are in the package nbtasks, and need Python and git only: see vendor/README.md.
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

typed_in = os.getcwd()
os.chdir(os.path.dirname(os.path.abspath(__file__)))
lock = Path("requirements.lock").read_text("utf-8")
named = re.findall(r"(?m)^nbtasks==.*\n(?: .*\n)*", lock)
wheels = sorted(Path("vendor").glob("nbtasks-*.whl"))
ours = [path for path in wheels if hashlib.sha256(path.read_bytes()).hexdigest() in lock]
if not ours and bool(named) == bool(wheels):
    sys.exit("vendor/nbtasks-*.whl is not the file that requirements.lock names: take it from git")
with tempfile.TemporaryDirectory() as folder:
    if not wheels:  # an index has it
        file = Path(folder, "nbtasks.txt")
        file.write_text(named[0])
        pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["uv", "pip"]
        pip += ["install", "-q", "--no-deps", "--require-hashes", "--target", folder, "-r", file]
        if subprocess.call(pip):
            sys.exit("vendor/ has no nbtasks, and no index that pip knows has the one of the lock")
    sys.path.insert(0, str((ours or wheels or [folder])[0]))
    sys.exit(importlib.import_module("nbtasks.set_up.steps").main(sys.argv[1:], typed_in))
