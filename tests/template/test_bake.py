"""Every way to bake the template gives a whole project. Nothing is set up here."""

from __future__ import annotations

import ast
import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from allpairspy import AllPairs
from conftest import CHOICES, CONTEXT, OPTIONS, TEMPLATE, Project

#: Free text that has broken templates: quotes, backslashes, braces, other alphabets.
TEXTS = {
    "project_name": ["My Pipeline", "Прогноз \"спроса\" & 'цен'"],
    "description": ["What it is.", 'It\'s "quoted", C:\\new, 50 % {of} ünïcode 🐧'],
    "author": ["Ada Lovelace", 'Zoë "Zo" O\'Neill 🐧'],
}
#: The pages that `nbtasks docs` shows.
MANUAL = sorted(path.stem for path in (TEMPLATE / "docs").glob("*.md"))
SAFE_NAMES = {"project_slug": "my-pipeline", "package_name": "my_pipeline"}

#: Every value of every option, in all pairs.
MATRIX = [
    dict(zip([*CHOICES, *TEXTS], values, strict=True))
    for values in AllPairs([*CHOICES.values(), *TEXTS.values()])
]
#: All that a project can have.
MATRIX.append(MATRIX[0] | dict(example="penguins", notebooks_in_git="stripped", cluster="slurm"))


#: A project, and the answers it was baked with.
Baked = tuple[Project, dict[str, str]]


@pytest.fixture(scope="module", params=MATRIX, ids=lambda options: "-".join(options.values())[:60])
def baked(request: pytest.FixtureRequest, bake: Callable[..., Project]) -> Baked:
    """Return a project and the answers it was baked with."""
    options = request.param
    # Generated only: what the answers to `environment` do is tested in test_set_up.py.
    return bake(**SAFE_NAMES | options | {"environment": "none"}), options


def test_matrix_has_every_value() -> None:
    """The matrix holds all pairs of values, and every option that has choices."""
    for (one, ones), (two, twos) in itertools.combinations(CHOICES.items(), 2):
        for pair in itertools.product(ones, twos):
            assert any((options[one], options[two]) == pair for options in MATRIX)


def test_prompts_are_few_and_explained() -> None:
    """Every prompt has a text for people, and so has each of its answers."""
    prompts = CONTEXT["__prompts__"]
    assert len(OPTIONS) <= 12
    assert set(prompts) == set(OPTIONS)
    for name, values in CHOICES.items():
        assert set(prompts[name]) == {"__prompt__", *values}


def test_unknown_options_are_refused(bake: Callable[..., Project]) -> None:
    """The harness itself: a test can't pass an option that does not exist."""
    with pytest.raises(AssertionError, match="json has no"):
        bake(licence="MIT")
    with pytest.raises(AssertionError, match="can't be"):
        bake(license="GPL")


FILES = """
.gitattributes .github/dependabot.yml .github/workflows/ci.yml .github/workflows/newest.yml
.gitignore .pre-commit-config.yaml .vscode/extensions.json .vscode/settings.json AGENTS.md LICENSE
README.md bootstrap.py data/raw/README.md
env.production.yaml env.sample.yaml env.staging.yaml env.yaml
pipeline.yaml pyproject.toml requirements.lock requirements.txt setup.py
src/my_pipeline/__init__.py src/my_pipeline/get.py src/my_pipeline/schemas.py tasks/get.py
tests/conftest.py tests/test_get.py tests/test_pipeline.py vendor/README.md
"""
EXAMPLE_FILES = {
    "empty": "data/raw/example.csv",
    "penguins": """
        data/raw/penguins.csv
        src/my_pipeline/clean.py src/my_pipeline/dashboard.py src/my_pipeline/explore.py
        src/my_pipeline/features.py src/my_pipeline/style.py src/my_pipeline/train.py
        tasks/clean.py tasks/explore.py tasks/features.py tasks/train.py
        tests/test_clean.py tests/test_dashboard.py tests/test_explore.py
        tests/test_features.py tests/test_train.py
    """,
}
NOTEBOOK_FILES = {"no": "", "stripped": " notebooks/.gitattributes"}

CLUSTER_FILES = {"none": "", "slurm": " soopervisor.yaml cluster/template.sh"}

#: So much, and no more, is a project: files, entries at its top, lines of its bootstrap.py.
MOST_FILES, MOST_ENTRIES, MOST_LINES = 58, 26, 30


def test_files(baked: Baked) -> None:
    """A project has exactly these files."""
    project, options = baked
    names = FILES + EXAMPLE_FILES[options["example"]] + NOTEBOOK_FILES[options["notebooks_in_git"]]
    names += CLUSTER_FILES[options["cluster"]]
    assert project.files() == {*names.split(), f"vendor/{wheel_of(project)}"}


def wheel_of(project: Project) -> str:
    """Return how the one wheel of a project is called."""
    (wheel,) = (project.path / "vendor").glob("*.whl")
    return wheel.name


def test_a_project_is_small(baked: Baked) -> None:
    """It has few files, few of them at its top, and no machinery but a short bootstrap.py."""
    project, _ = baked
    project.git("init", "--quiet")
    project.git("add", "--all")
    assert len(project.git("ls-files").splitlines()) == len(project.files()) <= MOST_FILES
    assert len({name.split("/")[0] for name in project.files()}) <= MOST_ENTRIES
    assert len(project.read("bootstrap.py").splitlines()) <= MOST_LINES
    assert not any(name.startswith("tools/") for name in project.files())


def test_the_hooks_and_workflows_only_call_the_package(baked: Baked) -> None:
    """What runs of ours is the package, by `python -m`: on Windows it may replace itself."""
    project, _ = baked
    for name in [".pre-commit-config.yaml", *WORKFLOWS, "tests/test_pipeline.py", "pipeline.yaml"]:
        text = project.read(name)
        assert "tools" not in re.findall(r"[\w.]+", text), name
        for command in re.findall(r"(?m)^ *(?:entry|run): (.*\bnbtasks\b.*)$", text):
            assert command.startswith("python -m nbtasks"), name


WORKFLOWS = [f".github/workflows/{name}.yml" for name in ("ci", "newest")]


def test_how_it_was_made_is_in_pyproject(baked: Baked) -> None:
    """`nbtasks update` finds the template, its version and the answers there."""
    project, options = baked
    made = tomllib.loads(project.read("pyproject.toml"))["tool"]["nbtasks"]
    assert set(made) == {"template", "version", "environment", "answers"}
    assert made["template"] and made["version"] == CONTEXT["_version"]
    assert set(made["answers"]) >= set(OPTIONS)
    assert made["answers"] == made["answers"] | options | {"environment": "none"}


SECRETS = """
.env .env.local .env.production server.pem id_rsa id_ed25519 credentials.json
credentials-prod.json google_credentials.json Credentials.json credentials.yml tls.key .netrc
secrets.yaml service-account.json token.json .pgpass .htpasswd store.jks putty.ppk keys.kdbx
"""


def test_git_ignores_secrets_and_nothing_else(bake: Callable[..., Project]) -> None:
    """Files that hold passwords and keys are not committed, anywhere; the project's files are."""
    project = bake()
    project.git("init", "--quiet")
    for name in SECRETS.split():
        for path in [name, f"src/{name}"]:
            assert project.git("check-ignore", path) == path
    ignored = project.git(
        "check-ignore",
        "--no-index",
        *project.files(),
        ".env.example",
        "src/secrets.py",
        check=False,
    )
    assert ignored == ""


def test_nothing_of_jinja_is_left(baked: Baked) -> None:
    """No placeholder of the template survives in a name or a text."""
    project, options = baked
    for name in project.files():
        if name.endswith(".whl"):
            continue  # what is in it is tested as sources
        text = (name + project.read(name)).replace(options["description"], "")
        if name in CLUSTER_FILES["slurm"]:
            text = re.sub(r"\{#-.*?#\}|\{%- set .*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        assert not re.search(r"\{%|\{#|cookiecutter\.\w|\{\{ *cookiecutter", text), name
        if name != "pipeline.yaml" and not name.startswith(".github/"):
            # Placeholders of Ploomber and of GitHub, that texts speak of.
            known = r"\{\{(name|products|sample)\}\}|\$\{\{ steps\.[\w.]+ \}\}"
            assert "{{" not in re.sub(known, "", text), name


def test_text_files_are_tidy(baked: Baked) -> None:
    """Lines end in one way, without white space, and so does the file."""
    project, _ = baked
    for name in project.files():
        if not name.startswith("data/raw/") and name != "LICENSE" and name[-4:] != ".whl":
            text = project.read(name)
            assert "\r" not in text and "\n\n\n\n" not in text, name
            assert text.endswith("\n") and not text.endswith("\n\n"), name
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), name


def test_python_files_compile(baked: Baked) -> None:
    """Every Python file is valid for the oldest Python that is supported."""
    project, options = baked
    major, minor = map(int, options["oldest_python"].split("."))
    for name in project.files():
        if name.endswith(".py"):
            ast.parse(project.read(name), name, feature_version=(major, minor))


def test_configuration_loads(baked: Baked) -> None:
    """YAML and TOML files load, and hold what was answered."""
    project, options = baked
    loaded = {}
    for name in project.files():
        if name.endswith((".yaml", ".yml")):
            loaded[name] = yaml.safe_load(project.read(name))
        elif name.endswith(".toml"):
            loaded[name] = tomllib.loads(project.read(name))
    about = loaded["pyproject.toml"]["project"]
    assert about["description"] == options["description"]
    assert about["authors"] == [{"name": options["author"], "email": OPTIONS["email"]}]
    assert about["requires-python"] == f">={options['oldest_python']}"
    assert options["author"] in project.read("LICENSE")


def test_lint(baked: Baked) -> None:
    """Ruff finds nothing to mend, with the project's own rules."""
    project, _ = baked
    project.run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    project.run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".")


def test_links(baked: Baked) -> None:
    """Links of the README and of each page lead to files and headings that exist."""
    project, _ = baked
    for name in project.files():
        if name.endswith(".md"):
            check_links(project.path / name)


def test_pages_are_short_and_found(baked: Baked) -> None:
    """The README and AGENTS.md stay short, and the README names every page of the manual."""
    project, options = baked
    readme = project.read("README.md")
    assert len(readme.splitlines()) <= 80
    assert len(project.read("AGENTS.md").splitlines()) <= 40
    for topic in MANUAL:
        shown = topic != "cluster" or options["cluster"] != "none"
        assert (f"`{topic}`" in readme.partition("## Where to read on")[2]) == shown, topic
    assert len(project.read("vendor/README.md").splitlines()) <= 16


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", *(f"docs/{p}.md" for p in MANUAL)])
def test_links_of_the_repository(name: str) -> None:
    """So do those of the template's own pages."""
    check_links(TEMPLATE / name)


def anchors_of(page: Path) -> set[str]:
    """Return what a link to a heading of a Markdown page can end in."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def check_links(page: Path) -> None:
    """Fail if a relative link or an anchor of a Markdown page leads nowhere."""
    text, anchors = page.read_text("utf-8"), anchors_of(page)
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    for link in map("".join, links):
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith(("https://", "mailto:")):
            file, _, anchor = link.partition("#")
            assert (page.parent / file).exists(), link
            assert not anchor or anchor in anchors_of(page.parent / file), link


#: Checks of sp-repo-review that are not for such a project, and why.
NOT_APPLICABLE = {
    "PY004": "a project's documentation is its README and its notebooks",
    "PY007": "ploomber runs the tasks",
    "MY": "no type checker is part of the layout; types are for readers",
    "PC": "hooks are local, so that they run offline with the locked tools",
    "SEC001": "zizmor checks the workflows here, in test_ci.py, and needs no hook there",
    "RTD": "there is no Read the Docs site",
}


def test_repo_review(baked: Baked) -> None:
    """The Scientific Python guide's checks pass, those above left out."""
    project, _ = baked
    # Some checks look at what git knows.
    subprocess.run(["git", "init", "--quiet", project.path], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "repo_review", str(project.path), "--format", "json"],
        capture_output=True,
        encoding="utf-8",
    )
    checks = json.loads(done.stdout)["checks"]
    assert len(checks) > 40
    failed = {
        name: check["err_msg"]
        for name, check in checks.items()
        if check["result"] is False and not name.startswith(tuple(NOT_APPLICABLE))
    }
    assert not failed
