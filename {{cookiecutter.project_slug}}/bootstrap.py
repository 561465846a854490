"""Set up this project, after `git clone` and whenever requirements.lock has changed.

    python bootstrap.py

It needs Python and git. Its steps are in the package nbtasks: see vendor/README.md.
"""

import hashlib
import os
import re
import subprocess
import sys

typed_in = os.getcwd()
os.chdir(os.path.dirname(os.path.abspath(__file__)))
with open("requirements.lock", "rb") as file:
    lock = file.read().decode()
wheel = "vendor/nbtasks-" + re.findall(r"(?m)^nbtasks==([^\s;]+)", lock)[0] + "-py3-none-any.whl"
if os.path.exists(wheel):
    with open(wheel, "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() not in lock:
            sys.exit(wheel + " is not the file that requirements.lock names: take it from git anew")
    sys.path.insert(0, wheel)
    from nbtasks.set_up.steps import main

    sys.exit(main(sys.argv[1:], typed_in))
call, python = subprocess.call, ".venv/Scripts/python" if os.name == "nt" else ".venv/bin/python"
pip = [python, "-m", "pip", "install", "--require-hashes", "-r", "requirements.lock"]
steps = [python, "-m", "nbtasks", "set-up"] + sys.argv[1:]  # vendor/ is gone: an index has it
sys.exit(call([sys.executable, "-m", "venv", ".venv"]) or call(pip) or call(steps))
