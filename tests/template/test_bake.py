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


@pytest.fixture(scope="module", params=MATRIX, ids=lambda options: "-".join(options.values())[:60])
def baked(request: pytest.FixtureRequest, bake: Callable[..., Project]) -> tuple[Project, dict]:
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
.gitignore .pre-commit-config.yaml AGENTS.md LICENSE README.md bootstrap.py data/raw/README.md
env.production.yaml env.sample.yaml env.staging.yaml env.yaml exploration/README.md
pipeline.yaml pyproject.toml requirements.lock requirements.txt setup.py
src/my_pipeline/__init__.py src/my_pipeline/get.py src/my_pipeline/schemas.py tasks/get.py
tests/conftest.py tests/test_get.py tests/test_pipeline.py
docs/ci.md
docs/data.md
docs/dependencies.md
docs/notebooks-and-git.md
docs/parameters.md
docs/reports.md
docs/tasks.md
tools/__init__.py
tools/__main__.py
tools/builds/__init__.py
tools/checking/__init__.py
tools/pairing/__init__.py
tools/dependencies/__init__.py
tools/pages/__init__.py
tools/pages/about.py
tools/pages/failure.py
tools/pairing/actions.py
tools/add.py
tools/audit.py
tools/pairing/agreements.py
tools/answers.json
tools/checks.py
tools/checking/commands.py
tools/checking/clients.py
tools/checking/early.py
tools/pairing/compare.py
tools/pairing/copies.py
tools/copying.py
tools/data.py
tools/dependencies/declared.py
tools/executor.py
tools/checking/fingerprints.py
tools/checking/imports.py
tools/index.py
tools/checking/frames.py
tools/git.py
tools/checking/imports.py
tools/ipython.py
tools/jupyter/contents.py
tools/jupyter/ipython_kernel_config.py
tools/jupyter/jupyter_server_config.py
tools/jupyter/overrides.json5
tools/jupyter/package.json
tools/jupyter/page_config.json
tools/jupyter/tasks_as_notebooks.js
tools/into.py
tools/builds/kernels.py
tools/lock.py
tools/pairing/messages.py
tools/new.py
tools/importer/__init__.py
tools/importer/cells.py
tools/importer/effects.py
tools/importer/files.py
tools/importer/flow.py
tools/importer/local.py
tools/importer/movable.py
tools/importer/parts.py
tools/importer/probe.py
tools/importer/prove.py
tools/importer/run.py
tools/importer/scripts.py
tools/importer/show.py
tools/importer/skeletons.py
tools/importer/statements.py
tools/importer/store.py
docs/import.md
tools/notebooks.py
tools/builds/located.py
tools/builds/overdue.py
tools/dependencies/packages.py
tools/pairing/pairs.py
tools/checking/options.py
tools/checking/parameters.py
tools/picture.py
tools/checking/tables.py
tools/checking/uptodate.py
tools/pipeline_file.py
tools/builds/processes.py
tools/builds/progress.py
tools/pairing/readback.py
tools/report.py
tools/requirements.py
tools/checking/results.py
tools/pairing/scripts.py
tools/set_up/__init__.py
tools/set_up/commands.py
tools/set_up/environment.py
tools/set_up/repository.py
tools/skeletons/functions.txt
tools/skeletons/schema.txt
tools/skeletons/script.txt
tools/skeletons/test.txt
tools/smoke.py
tools/status.py
tools/builds/stopping.py
tools/summary.py
tools/sync.py
tools/checking/tables.py
tools/pages/templates/figures.js
tools/pages/templates/index.html.j2
tools/pages/templates/report/conf.json
tools/pages/templates/report/index.html.j2
tools/pages/templates/style.css
tools/builds/times.py
tools/builds/turns.py
tools/update.py
tools/checking/uptodate.py
tools/builds/worker.py
tools/builds/workers.py
"""
EXAMPLE_FILES = {
    "empty": "data/raw/example.csv",
    "penguins": """
        data/raw/penguins.csv docs/dashboard.md tools/dashboard.py tools/pages/whole.py
        src/my_pipeline/clean.py src/my_pipeline/dashboard.py src/my_pipeline/explore.py
        src/my_pipeline/features.py src/my_pipeline/style.py src/my_pipeline/train.py
        tasks/clean.py tasks/explore.py tasks/features.py tasks/train.py
        tests/test_clean.py tests/test_dashboard.py tests/test_explore.py
        tests/test_features.py tests/test_train.py
    """,
}
NOTEBOOK_FILES = {"no": "", "stripped": " tools/notebook_filter.py notebooks/.gitattributes"}

CLUSTER_FILES = {
    "none": "",
    "slurm": " soopervisor.yaml cluster/template.sh tools/cluster.py docs/cluster.md",
}


def test_files(baked: tuple[Project, dict]) -> None:
    """A project has exactly these files."""
    project, options = baked
    names = FILES + EXAMPLE_FILES[options["example"]] + NOTEBOOK_FILES[options["notebooks_in_git"]]
    names += CLUSTER_FILES[options["cluster"]]
    assert project.files() == set(names.split())


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


def test_machinery_stays_small(baked: tuple[Project, dict]) -> None:
    """The root has few entries; files of the machinery are short, their functions simple."""
    project, options = baked
    more = {"no": 0, "stripped": 1}[options["notebooks_in_git"]]
    more += {"none": 0, "slurm": 2}[options["cluster"]]
    assert len({name.split("/")[0] for name in project.files()}) <= 24 + more
    for name in project.files():
        if name.startswith("tools/") or name == "bootstrap.py":
            assert len(project.read(name).splitlines()) <= 200, name
    rules = ["--select=C901", "--config=lint.mccabe.max-complexity=7"]
    project.run(sys.executable, "-m", "ruff", "check", "--no-cache", *rules, ".")


def test_nothing_of_jinja_is_left(baked: tuple[Project, dict]) -> None:
    """No placeholder of the template survives in a name or a text."""
    project, options = baked
    for name in project.files():
        if name.endswith(".j2"):
            continue  # a template of its own
        text = (name + project.read(name)).replace(options["description"], "")
        if name in CLUSTER_FILES["slurm"]:
            text = re.sub(r"\{#-.*?#\}|\{%- set .*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        assert not re.search(r"\{%|\{#|cookiecutter\.\w|\{\{ *cookiecutter", text), name
        if name != "pipeline.yaml" and not name.startswith(".github/"):
            # Placeholders of Ploomber and of GitHub, that texts speak of.
            known = r"\{\{(name|products|sample)\}\}|\$\{\{ steps\.[\w.]+ \}\}"
            assert "{{" not in re.sub(known, "", text), name


def test_text_files_are_tidy(baked: tuple[Project, dict]) -> None:
    """Lines end in one way, without white space, and so does the file."""
    project, _ = baked
    for name in project.files():
        text = project.read(name)
        if not name.startswith("data/raw/") and name != "LICENSE":
            assert "\r" not in text and "\n\n\n\n" not in text, name
            assert text.endswith("\n") and not text.endswith("\n\n"), name
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), name


def test_python_files_compile(baked: tuple[Project, dict]) -> None:
    """Every Python file is valid for the oldest Python that is supported."""
    project, options = baked
    version = tuple(map(int, options["oldest_python"].split(".")))
    for name in project.files():
        if name.endswith(".py"):
            ast.parse(project.read(name), name, feature_version=version)


def test_configuration_loads(baked: tuple[Project, dict]) -> None:
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
    assert about["requires-python"] == f">={options['python']}"
    assert options["author"] in project.read("LICENSE")


def test_lint(baked: tuple[Project, dict]) -> None:
    """Ruff finds nothing to mend, with the project's own rules."""
    project, _ = baked
    project.run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    project.run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".")


def test_links(baked: tuple[Project, dict]) -> None:
    """Links of the README and of each page lead to files and headings that exist."""
    project, _ = baked
    for name in project.files():
        if name.endswith(".md"):
            check_links(project.path / name)


def test_pages_are_short_and_found(baked: tuple[Project, dict]) -> None:
    """The README and AGENTS.md stay short, and the README names every page of the manual."""
    project, options = baked
    readme = project.read("README.md")
    assert len(readme.splitlines()) <= 80
    assert len(project.read("AGENTS.md").splitlines()) <= 40
    for topic in MANUAL:
        shown = topic != "cluster" or options["cluster"] != "none"
        assert (f"`{topic}`" in readme.partition("## Where to read on")[2]) == shown, topic


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


def test_repo_review(baked: tuple[Project, dict]) -> None:
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
