"""Send the large files of git-lfs along with a push: the hook pre-push is pre-commit's here.

Git runs one program as its hook pre-push. What git-lfs would put there does not run beside
pre-commit's, so .pre-commit-config.yaml calls this.
"""

import os
import re
import shutil
import subprocess
import sys

from nbtasks.project import git, root

ASKED = re.compile(r"(?m)^[^#\n]*\bfilter=lfs\b")
#: What pre-commit tells of a push: the ref and the commit here, and those of the remote.
REFS = ("LOCAL_BRANCH", "TO_REF", "REMOTE_BRANCH", "FROM_REF")


def is_used() -> bool:
    """Tell whether files of the project are kept by git-lfs, and it is installed."""
    names = git.ask("ls-files", "*.gitattributes", ".gitattributes").splitlines()
    paths = [root() / name for name in names]
    texts = [path.read_text("utf-8", "replace") for path in paths if path.is_file()]
    return any(map(ASKED.search, texts)) and shutil.which("git-lfs") is not None


def main() -> int:
    """Send what is pushed just now; return the exit code of git-lfs."""
    told = {name: os.environ.get(f"PRE_COMMIT_{name}", "") for name in REFS}
    remote = [os.environ.get(f"PRE_COMMIT_REMOTE_{name}", "") for name in ("NAME", "URL")]
    if not all([told["LOCAL_BRANCH"], told["REMOTE_BRANCH"], *remote]) or not is_used():
        return 0
    # Of a first push pre-commit tells no commits.
    told["TO_REF"] = told["TO_REF"] or git.ask("rev-parse", told["LOCAL_BRANCH"]).strip()
    told["FROM_REF"] = told["FROM_REF"] or "0" * 40
    command = ["git", "lfs", "pre-push", *remote]
    line = " ".join(told.values()) + "\n"
    return subprocess.run(command, cwd=root(), input=line, encoding="utf-8").returncode


if __name__ == "__main__":
    sys.exit(main())
