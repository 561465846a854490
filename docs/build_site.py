"""Build the site of the manual: `nox --session docs`.

    python docs/build_site.py FOLDER            the pages as they are here
    python docs/build_site.py FOLDER --tags     those of each release too, in FOLDER/TAG

Sphinx makes it of docs/, of the changelog, and of pages that nbtasks.reference makes of the code.
A link that leads nowhere, and a page that docs/index.md does not name, are errors. The site needs
no network, and opens from a disk as well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "src"))

from nbtasks import reference  # noqa: E402

#: The parts of the site, and what is said above their lists.
PARTS = {
    "tutorial": "# Tutorial\n\nTo learn by doing, once, from the first line to the last.",
    "how-to": "# How to\n\nOne page for one thing that you want to do.",
    "reference": "# Reference\n\nMade from the code of this version, so that it is right.",
    "why": "# Why\n\nHow it works, what is promised and what is not, and what else there is.",
}
#: What `nbtasks status` needs to say which options it has: a pipeline.
PIPELINE = "tasks: [{source: get.py, product: get.ipynb}]\n"
SCRIPT = '# %% tags=["parameters"]\nupstream = product = None\n'
TOCTREE = "\n\n```{{toctree}}\n:{}\n\n{}\n```\n"


def gather(folder: Path) -> None:
    """Put together what the site is made of: pages, those made of the code, lists of both."""
    names = ("conf.py", "pictures.py", "build_site.py", "__pycache__")
    shutil.copytree(REPOSITORY / "docs", folder, ignore=shutil.ignore_patterns(*names[1:]))
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        Path("pipeline.yaml").write_text(PIPELINE, "utf-8")
        Path("get.py").write_text(SCRIPT, "utf-8")
        made = {f"reference/{topic}": text for topic, text in reference.pages().items()}
    changes = (REPOSITORY / "CHANGELOG.md").read_text("utf-8")
    made["changelog"] = changes.replace("](docs/", "](")
    index = (folder / "index.md").read_text("utf-8")
    for part, text in PARTS.items():
        pages = [page for page in [*made, *linked(index)] if page.startswith(f"{part}/")]
        titles = "maxdepth: 1"
        inside = "\n".join(page.removeprefix(f"{part}/") for page in pages)
        made[f"{part}/index"] = text + TOCTREE.format(titles, inside)
    inside = "\n".join([*(f"{part}/index" for part in PARTS), "changelog"])
    made["index"] = index + TOCTREE.format("hidden:", inside)
    for page, text in made.items():
        path = folder / f"{page}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def linked(text: str) -> list[str]:
    """Return the pages that a page links to, in their order."""
    return list(dict.fromkeys(re.findall(r"\]\(([\w/-]+)\.md\)", text)))


def build(target: Path) -> None:
    """Build the site of the pages as they are here; what Sphinx warns of ends the program."""
    with tempfile.TemporaryDirectory() as name:
        sources = Path(name, "docs")
        gather(sources)
        options = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env"]
        define = ["-D", f"version={version()}", "-D", f"release={version()}"]
        places = ["--doctree-dir", str(Path(name, "doctrees")), str(sources), str(target)]
        command = [sys.executable, "-m", "sphinx", *options, *define, *places]
        subprocess.run(command, check=True)


def version() -> str:
    """Return the version of the template, which projects link to."""
    made: str = json.loads((REPOSITORY / "cookiecutter.json").read_text("utf-8"))["_version"]
    return made


def build_tags(target: Path) -> None:
    """Build the site of each release that has one, by its own program, in a folder of its name."""
    git = ["git", "-C", str(REPOSITORY)]
    listed = subprocess.run([*git, "tag"], check=True, capture_output=True, encoding="utf-8")
    for tag in listed.stdout.split():
        with tempfile.TemporaryDirectory() as name:
            copy = Path(name, "copy")
            subprocess.run([*git, "worktree", "add", "--quiet", "--detach", copy, tag], check=True)
            program = copy / "docs" / Path(__file__).name
            if program.exists():
                shutil.rmtree(target / tag, ignore_errors=True)
                subprocess.run([sys.executable, program, target / tag], check=True)
            subprocess.run([*git, "worktree", "remove", "--force", copy], check=True)


def main(arguments: list[str]) -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("folder", type=Path, help="where the site goes")
    parser.add_argument("--tags", action="store_true", help="those of the releases too")
    options = parser.parse_args(arguments)
    target = options.folder.resolve()
    shutil.rmtree(target, ignore_errors=True)
    build(target)
    if options.tags:
        shutil.copytree(target, target / version())  # until it is released
        build_tags(target)
    print(f"The site: {target / 'index.html'}")


if __name__ == "__main__":
    main(sys.argv[1:])
