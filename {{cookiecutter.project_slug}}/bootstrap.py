"""Set up this project: the environment, the package and the git hooks.

Run it once after `git clone`, and again whenever requirements.lock has changed:

    python bootstrap.py

It needs nothing but Python {{ cookiecutter.python }} or newer and git, prints every command it runs, keeps
what is there already and can be run again at any time.
"""

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = ({{ cookiecutter.python | replace('.', ', ') }})
WINDOWS = os.name == "nt"
UV = shutil.which("uv") or os.environ.get("UV")
# What must not leak into the commands.
LEAKS = {
    # git and uv act on what these name rather than on this folder
    *("VIRTUAL_ENV", "PYTHONHOME", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"),
    # each task would compile all that it imports again
    "PYTHONDONTWRITEBYTECODE",
}
ENVIRON = {name: value for name, value in os.environ.items() if name not in LEAKS}

# A file in the environment that says where and from what it was made.
NOTE = "bootstrap.txt"

# Files of tools/jupyter/ -> where in the environment JupyterLab and IPython look for them.
SETTINGS = {
    "ipython_kernel_config.py": "etc/ipython/ipython_kernel_config.py",
    "jupyter_server_config.py": "etc/jupyter/jupyter_server_config.py",
    "overrides.json5": "share/jupyter/lab/settings/overrides.d/{{ cookiecutter.package_name }}.json5",
    "page_config.json": "etc/jupyter/labconfig/page_config.d/{{ cookiecutter.package_name }}.json",
    "package.json": "share/jupyter/labextensions/tasks-as-notebooks/package.json",
    "tasks_as_notebooks.js": "share/jupyter/labextensions/tasks-as-notebooks/static/open.js",
}

# Put after the first line of every git hook: clients with windows start git without an
# activated environment, and a worktree has none of its own.
HOOK_LINES = """\
env_bin=$(cd {bin} 2>/dev/null && pwd)
if [ ! -e "$env_bin/{python}" ]; then
    echo "The environment of this project is missing. To build it: python bootstrap.py" >&2
    case "$0" in *post-*) exit 0 ;; *) exit 1 ;; esac
fi
PATH="$env_bin:$PATH"
# Run this hook once more, and leave out the lines of what passed.
case "$RUNS_QUIETLY$0" in yes* | *pre-push) ;; *)
    [ -t 2 ] && export PRE_COMMIT_COLOR=always
    set -o pipefail
    RUNS_QUIETLY=yes "$BASH" "$0" "$@" 2>&1 | while IFS= read -r line; do
        case "$0 $line" in
            *...*Passed* | *...*Skipped*) ;;
            *post-*"- hook id: "* | *post-*"- duration: "* | *post-*"Unmerged files"*) ;;
            *) echo "$line" ;;
        esac
    done
    code=$?
    case "$0" in *post-*) exit 0 ;; *) exit "$code" ;; esac
esac
"""


class SetupError(Exception):
    """A step failed; the message says what and, where it helps, what to do about it."""


def run(*command, quiet=False):
    """Print a command, run it in the project folder and return what it printed.

    Raises SetupError if the command is missing or fails; `quiet` keeps its output back.
    """
    command = [str(part) for part in command]
    if not quiet:
        print("  $", subprocess.list2cmdline(command) if WINDOWS else shlex.join(command))
    sys.stdout.flush()
    pipe = subprocess.PIPE if quiet else None
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=ENVIRON, stdout=pipe, stderr=pipe, encoding="utf-8"
        )
    except OSError as error:
        raise SetupError(f"{command[0]} could not be started: {error}") from None
    if done.returncode:
        raise SetupError(f"`{' '.join(command[:4])} ...` failed (exit code {done.returncode})")
    return (done.stdout or "").strip()


def works(*command):
    """Tell whether a command can be run and succeeds."""
    try:
        run(*command, quiet=True)
    except SetupError:
        return False
    return True


# --- the environment -------------------------------------------------------------------


def python_of(prefix):
    """Return the interpreter of an environment, a venv or a conda one."""
    places = ["Scripts/python.exe", "python.exe"] if WINDOWS else ["bin/python"]
    return next((prefix / place for place in places if (prefix / place).exists()), None)


def is_new_enough(python):
    """Tell whether an interpreter works and is not older than the oldest supported."""
    return works(python, "-c", f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})")


def find_current():
    """Return the interpreter of the environment that is active."""
    # Not the one that runs this file: that may be the environment of cookiecutter.
    prefix = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    python = python_of(Path(prefix)) if prefix else None
    if python is None:
        raise SetupError("no environment is active: activate yours (conda activate NAME) first")
    if not is_new_enough(python):
        raise SetupError(f"{python} is older than Python {{ cookiecutter.python }}, the oldest supported")
    return python


def make_venv():
    """Make .venv, unless it is there and whole, and return its interpreter."""
    venv = ROOT / ".venv"
    python = python_of(venv)
    if python and read_note(venv)[:1] not in ([], [str(venv)]):
        raise SetupError(f"{venv} was made in another folder and can't move: delete it, try again")
    if python and is_new_enough(python) and (UV or works(python, "-m", "pip", "--version")):
        print("  .venv is there already")
        return python
    new_enough = sys.version_info >= OLDEST_PYTHON
    if UV:
        wanted = sys.executable if new_enough else ">={{ cookiecutter.python }}"
        run(UV, "venv", "--quiet", "--allow-existing", "--python", wanted, venv)
    elif new_enough:
        try:
            run(sys.executable, "-m", "venv", venv)
        except SetupError as error:
            hint = "on Debian or Ubuntu: sudo apt install python3-venv"
            raise SetupError(f"{error}; {hint}") from None
    else:
        found = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(
            f"this is Python {found} and the project needs {{ cookiecutter.python }} or newer: run bootstrap.py "
            "with a newer Python, or install uv, which brings one along"
        )
    return python_of(venv)


def read_note(prefix):
    """Return the place of an environment, and the fingerprint of the lock it was made from."""
    note = prefix / NOTE
    return note.read_text(encoding="utf-8").splitlines() if note.exists() else []


def fingerprint_of_lock():
    """Return a short name for the contents of the lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def check_lock():
    """Say so if the lock has changed since the environment was made; git hooks call this."""
    if fingerprint_of_lock() in read_note(Path(sys.prefix)):
        return 0
    print("requirements.lock is not what is installed. Next: python bootstrap.py")
    return 1


def install(python):
    """Install what the lock names, then this project in editable mode."""
    pip = [UV, "pip", "install", "--python", python] if UV else [python, "-m", "pip", "install"]
    # The lock is complete, so nothing is resolved; pip would also refuse its extras.
    run(*pip, "--no-deps", "--require-hashes", "-r", "requirements.lock")
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")


def copy_settings(prefix):
    """Copy tools/jupyter/ to the environment, where JupyterLab and IPython look for settings."""
    for name, place in SETTINGS.items():
        source, target = ROOT / "tools" / "jupyter" / name, prefix / place
        if target.exists() and "bootstrap.py" not in target.read_text(encoding="utf-8"):
            raise SetupError(f"{target} is yours: add what {source} says to it, or remove it")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def build_environment(kind):
    """Make or find the environment, install into it and return its interpreter."""
    python = find_current() if kind == "current" else make_venv()
    install(python)
    prefix = Path(run(python, "-c", "import sys; print(sys.prefix)", quiet=True))
    copy_settings(prefix)
    note = f"{prefix}\n{fingerprint_of_lock()}\n"
    (prefix / NOTE).write_text(note, encoding="utf-8")
    return python


# --- git -------------------------------------------------------------------------------


def find_repository():
    """Return the top folder of the git repository that this folder is in, or None."""
    try:
        return Path(run("git", "rev-parse", "--show-toplevel", quiet=True)).resolve()
    except SetupError:
        return None


def check_repository():
    """Return why this folder can't be given git hooks, or None if it can."""
    if not shutil.which("git"):
        return "git is not installed"
    top = find_repository()
    if top is None:
        return "this folder is not a git repository"
    if top != ROOT:
        return f"this project is inside the repository {top}, which is yours to commit to"
    return None


def make_repository():
    """Make a git repository of this folder, unless it is in one already."""
    if not shutil.which("git"):
        raise SetupError("git is not installed, so nothing will be committed")
    if find_repository() is None:
        run("git", "init", "--quiet", "--initial-branch", "main")


def first_commit():
    """Commit the whole project, unless something was committed before."""
    problem = check_repository()
    if problem:
        print(f"  No commit: {problem}.")
    elif works("git", "rev-parse", "--verify", "HEAD"):
        print("  The first commit is there already")
    elif not works("git", "config", "user.email") and "GIT_AUTHOR_EMAIL" not in os.environ:
        raise SetupError(
            "git does not know who you are, so nothing was committed; tell it with "
            '`git config --global user.name "Your Name"` and '
            "`git config --global user.email you@example.com`"
        )
    else:
        run("git", "add", "--all")
        message = "Start the project from its template"
        run("git", "commit", "--quiet", "--no-verify", "--message", message)


def register_hooks(python):
    """Register the hooks of .pre-commit-config.yaml with git."""
    problem = check_repository()
    if problem:
        print(f"  No git hooks: {problem}.")
        return
    run(python, "-m", "pre_commit", "install")
    folder = ROOT / run("git", "rev-parse", "--git-path", "hooks", quiet=True)
    lines = HOOK_LINES.format(bin=shlex.quote(python.parent.as_posix()), python=python.name)
    for hook in folder.iterdir():
        text = hook.read_text(encoding="utf-8", errors="replace")
        if "File generated by pre-commit" in text and lines not in text:
            shebang, rest = text.split("\n", 1)
            hook.write_text(f"{shebang}\n{lines}{rest}", encoding="utf-8", newline="\n")

{%- if cookiecutter.__stripped %}
    configure_notebooks(python)


def configure_notebooks(python):
    """Tell git how to store, compare and merge notebooks, also where no environment is active."""
    run(python, "-m", "nbdime", "config-git", "--enable")
    command, nbdime = shlex.quote(python.as_posix()), "-m nbdime.vcs.git"
    for name, value in {
        "filter.notebook.clean": "tools/notebook_filter.py clean %f",
        "filter.notebook.smudge": "tools/notebook_filter.py smudge %f",
        "diff.jupyternotebook.command": f"{nbdime}.diffdriver diff",
        "merge.jupyternotebook.driver": f"{nbdime}.mergedriver merge %O %A %B %L %P",
    }.items():
        run("git", "config", name, f"{command} {value}")
{%- endif %}


# --- all of it -------------------------------------------------------------------------


def first_run(python):
    """Run the pipeline once on a sample of the data."""
    folders = [python.parent, python.parent / "Scripts"]  # Scripts: conda on Windows
    ploomber = shutil.which("ploomber", path=os.pathsep.join(map(str, folders)))
    run(ploomber, "build", "--env--sample", "true")


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--environment",
        choices=["venv", "current"],
        default="{{ 'current' if cookiecutter.environment == 'current' else 'venv' }}",
        help="install in .venv, or in the environment that is active (default: %(default)s)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="only tell whether the environment is that of requirements.lock",
    )
    parser.add_argument(
        "--first-commit",
        action="store_true",
        help="also make a git repository and its first commit (a project just generated)",
    )
    parser.add_argument(
        "--first-run",
        action="store_true",
        help="also run the pipeline on a sample of the data",
    )
    return parser.parse_args(arguments)


def main(arguments=None):
    """Take every step that can be taken; return 0 if none failed."""
    options = parse(arguments)
    if options.check:
        return check_lock()
    started, failures = time.monotonic(), []

    def step(title, function, *args):
        print(f"\n{title}", flush=True)
        try:
            return function(*args)
        except SetupError as error:
            print(f"  FAILED: {error}", flush=True)
            failures.append(f"{title}: {error}")

    try:
        if options.first_commit:
            step("The git repository", make_repository)
        python = step("The environment", build_environment, options.environment)
        if python:
            step("The git hooks", register_hooks, python)
            step("The notebooks of the tasks", run, python, "tools", "sync", "--exit-zero")
        if options.first_commit:
            step("The first commit", first_commit)
        if python and options.first_run:
            step("The first run, on a sample of the data", first_run, python)
    except KeyboardInterrupt:
        failures.append("stopped by Ctrl-C")
    report(options, failures, time.monotonic() - started)
    return 1 if failures else 0


def report(options, failures, seconds):
    """Say how it went, where the results are and what to type next."""
    quote = subprocess.list2cmdline if WINDOWS else shlex.join
    name = "python" if shutil.which("python") else "python3"
    again = [name, str(ROOT / "bootstrap.py"), "--environment", options.environment]
    if failures:
        again += ["--first-commit"] * options.first_commit + ["--first-run"] * options.first_run
        print("\nNot all is set up; what is there stays.")
        for failure in failures:
            print(f"  {failure}")
        print(f"To go on from here:\n  {quote(again)}")
        return
    print(f"\nReady, in {seconds:.0f} seconds.")
    if options.first_run:
        products = ROOT / "products"
        reports = sorted(products.rglob("*.html"))
        print(f"The results of the first run{', to open in a browser' if reports else ''}:")
        for result in reports or sorted(products.rglob("*.parquet")):
            print(f"  {result}")
    if find_repository() is None and shutil.which("git"):
        print("This folder is no git repository yet, so it has no git hooks. To make it one:")
        print(f"  {quote([*again, '--first-commit'])}")
    print("What to type next:")
    print(f"  {quote(['cd', str(ROOT)])}")
    if options.environment == "venv":
        print("  .venv\\Scripts\\activate" if WINDOWS else "  source .venv/bin/activate")
    print("  ploomber build")


if __name__ == "__main__":
    sys.exit(main())
