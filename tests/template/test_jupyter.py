"""A real JupyterLab in a real browser: what a data scientist sees, and what is on disk."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import Project, see_figures
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.slow

WHERE_AM_I = """
# %%
import os
import sys

print(sys.prefix, os.getcwd(), os.path.abspath("data/raw"))
"""


@dataclass
class Server:
    """A JupyterLab that runs in a project."""

    port: int
    info: dict[str, Any]

    def url(self, path: str) -> str:
        """Return the address of a page, with the token."""
        return f"http://127.0.0.1:{self.port}/{path}?token={self.info['token']}"


@contextmanager
def jupyter_lab(project: Project, folder: Path, **environ: str) -> Iterator[Server]:
    """Start `jupyter lab` in the project, as a person without settings of their own would."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(folder / name) for name in names}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    jupyter = shutil.which("jupyter", path=project.environ["PATH"]) or "jupyter"
    command = [jupyter, "lab", "--no-browser", f"--port={port}"]
    command += ["--allow-root"] * (hasattr(os, "geteuid") and os.geteuid() == 0)
    with open(folder / "server.log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            cwd=project.path,
            env=project.environ | own | environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            known = folder / "JUPYTER_RUNTIME_DIR" / f"jpserver-{process.pid}.json"
            deadline = time.monotonic() + 120
            while not (known.exists() and answers(port)):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    pytest.fail(f"jupyter lab did not start:\n{log.read()}")
                time.sleep(0.2)
            yield Server(port, json.loads(known.read_text("utf-8")))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # a kernel that is just starting holds it up
                process.kill()
                process.wait()


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something listens."""
    with socket.socket() as client:
        client.settimeout(5)
        return client.connect_ex((host, port)) == 0


@pytest.fixture(scope="module")
def project(set_up: Callable[..., Project]) -> Project:
    """Return a project whose pipeline has run."""
    project = set_up()
    project.run("ploomber", "build")
    return project


@pytest.fixture(scope="module")
def server(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a JupyterLab, started in the project."""
    with jupyter_lab(project, tmp_path_factory.mktemp("jupyter")) as server:
        yield server


def open_task(page: Page, server: Server, name: str) -> Locator:
    """Double-click a task in the file browser and return the notebook that opens."""
    page.goto(server.url("lab/tree/tasks") + "&reset")
    page.locator(".jp-DirListing-item", has_text=f"{name}.py").dblclick()
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook.locator(".jp-Cell").first).to_be_visible()
    expect(page.locator("#jp-bottom-panel")).to_contain_text("(ipykernel) | Idle")
    return notebook


def choose(page: Page, menu: str, item: str) -> None:
    """Choose an item of the menu bar."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$")).click()


def run_all(page: Page, notebook: Locator) -> None:
    """Run all cells, and wait until the last one has."""
    choose(page, "Run", "Run All Cells")
    last = notebook.locator(".jp-CodeCell .jp-InputPrompt").last
    expect(last).to_have_text(re.compile(r"\[\d+\]:"))


def save(page: Page, notebook: Locator, written: Path) -> None:
    """Save with the keyboard, and wait until the file is written."""
    before = written.stat().st_mtime_ns if written.exists() else 0
    notebook.locator(".jp-Cell").first.click()
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + 60
    while not written.exists() or written.stat().st_mtime_ns == before:
        assert time.monotonic() < deadline, f"JupyterLab did not write {written}"
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)  # the other file of the pair


def reload(page: Page) -> None:
    """Read the script again, also when JupyterLab warns that it has changes of its own."""
    choose(page, "File", "Reload Python File from Disk")
    page.wait_for_timeout(500)
    confirm = page.locator(".jp-Dialog .jp-mod-accept")
    if confirm.is_visible():
        confirm.click()


def injected_cell(notebook: Locator) -> Locator:
    """Return the cell with the parameters of the task."""
    return notebook.locator(".jp-CodeCell", has_text="This cell was injected automatically")


def values(source: str) -> dict[str, Any]:
    """Return the variables that a cell of literals sets."""
    return {
        ast.unparse(node.targets[0]): ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
    }


def parameters_seen(notebook: Locator) -> dict[str, Any]:
    """Return the parameters that the injected cell shows."""
    expect(injected_cell(notebook)).to_contain_text("product = {")
    lines = injected_cell(notebook).locator(".cm-line").all_inner_texts()
    return values("\n".join(lines))


def parameters_of_build(project: Project, folder: str, name: str) -> dict[str, Any]:
    """Return the parameters that a build gave to a task."""
    path = next(project.path.glob(f"products/**/{folder}/{name}.ipynb"))
    cells = nbformat.read(path, as_version=4).cells
    (cell,) = (c for c in cells if "injected-parameters" in c.metadata.get("tags", []))
    return values(cell.source)


def printed(path: Path) -> list[str]:
    """Return all that the cells of a notebook have printed."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.text for output in outputs if output.output_type == "stream"]


def test_jupyter_listens_here_only_and_asks_for_its_token(server: Server) -> None:
    assert server.info["hostname"] == "localhost"
    assert len(str(server.info["token"])) >= 40
    assert not answers(server.port, "127.0.0.2"), "it listens on more than 127.0.0.1"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/api/contents")
    with urllib.request.urlopen(server.url("api/contents")) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", ["clean", "train"])
def test_a_double_click_opens_a_task_with_the_parameters_of_a_build(
    project: Project, server: Server, page: Page, name: str
) -> None:
    notebook = open_task(page, server, name)
    seen = parameters_seen(notebook)
    assert not page.locator(".jp-mod-dirty").count(), "nobody has typed anything"
    assert seen == parameters_of_build(project, "sample=False", name)
    for path in seen["product"].values():
        assert Path(path).is_relative_to(project.path)


def test_a_session_on_the_sample(project: Project, page: Page, tmp_path: Path) -> None:
    project.run("ploomber", "build", "--partially", "get", "--env--sample", "true")
    tables = sorted(project.path.glob("products/**/get.parquet"))
    full, sample = [path.stat().st_mtime_ns for path in tables]
    with jupyter_lab(project, tmp_path, PLOOMBER_ENV_FILENAME="env.sample.yaml") as server:
        notebook = open_task(page, server, "get")
        assert parameters_seen(notebook) == parameters_of_build(project, "sample=True", "get")
        run_all(page, notebook)
    assert tables[0].stat().st_mtime_ns == full
    assert tables[1].stat().st_mtime_ns > sample
    assert project.git("status", "--porcelain") == ""


def test_run_all_and_save_leave_the_script_as_it_was(
    project: Project, server: Server, page: Page
) -> None:
    before = project.read("tasks/clean.py")
    pair = project.path / "notebooks" / "clean.ipynb"
    notebook = open_task(page, server, "clean")
    run_all(page, notebook)
    save(page, notebook, pair)
    assert project.read("tasks/clean.py") == before
    # Ploomber's cell has the parameters; the session fills in none beside it
    assert not any("parameters of" in text for text in printed(pair))
    assert "344 birds were never measured" in "".join(printed(pair))
    assert "injected" not in pair.read_text("utf-8")
    assert project.git("status", "--porcelain") == ""


def test_paths_and_the_environment_are_those_of_a_build(
    project: Project, server: Server, page: Page
) -> None:
    script = project.read("tasks/get.py")
    project.write("tasks/get.py", script + WHERE_AM_I)
    try:
        project.run("ploomber", "build", "--partially", "get")
        notebook = open_task(page, server, "get")
        run_all(page, notebook)
        pair = project.path / "notebooks" / "get.ipynb"
        save(page, notebook, pair)
    finally:
        project.write("tasks/get.py", script)
    prefix, root = project.environ["VIRTUAL_ENV"], project.path
    expected = f"{prefix} {root} {root / 'data' / 'raw'}\n"
    built = next(project.path.glob("products/**/sample=False/get.ipynb"))
    assert printed(built)[-1] == printed(pair)[-1] == expected


def test_a_change_made_in_an_editor_appears_on_reload(
    project: Project, server: Server, page: Page
) -> None:
    script = project.read("tasks/features.py")
    notebook = open_task(page, server, "features")
    try:
        project.write("tasks/features.py", script + "\n# %%\nprint('typed in an editor')\n")
        reload(page)
        expect(notebook.locator(".jp-CodeCell").last).to_contain_text("typed in an editor")
        assert "product" in parameters_seen(notebook)
    finally:
        project.write("tasks/features.py", script)


def test_an_edit_of_upstream_shows_in_the_injected_cell(
    project: Project, server: Server, page: Page
) -> None:
    script = project.read("tasks/features.py")
    notebook = open_task(page, server, "features")
    assert set(parameters_seen(notebook)["upstream"]) == {"clean"}
    try:
        notebook.locator(".jp-CodeCell .cm-content", has_text="product = None").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text('upstream = ["clean", "get"]\nproduct = None')
        save(page, notebook, project.path / "tasks" / "features.py")
        assert project.read("tasks/features.py") == script.replace(
            'upstream = ["clean"]', 'upstream = ["clean", "get"]'
        )
        reload(page)
        expect(injected_cell(notebook)).to_contain_text("get.parquet")
        assert set(parameters_seen(notebook)["upstream"]) == {"clean", "get"}
    finally:
        project.write("tasks/features.py", script)


def test_figures_show_in_jupyterlab(project: Project, server: Server, page: Page) -> None:
    script = project.read("tasks/explore.py")
    notebook = open_task(page, server, "explore")
    run_all(page, notebook)
    see_figures(notebook, 4)
    save(page, notebook, project.path / "notebooks" / "explore.ipynb")
    assert project.read("tasks/explore.py") == script
    page.set_viewport_size({"width": 1200, "height": 800})
    injected_cell(notebook).evaluate("cell => cell.scrollIntoView()")


def test_a_report_shows_in_jupyterlab(project: Project, server: Server, page: Page) -> None:
    """Its figures need the click on Trust HTML that they ask for."""
    report = next(project.path.glob("products/**/sample=False/train.html"))
    folder = report.parent.relative_to(project.path).as_posix()
    page.goto(server.url(f"lab/tree/{folder}") + "&reset")
    page.locator(".jp-DirListing-item", has_text="train.html").dblclick()
    shown = page.frame_locator("iframe.jp-HTMLViewer-iframe, .jp-HTMLViewer iframe")
    expect(shown.get_by_text("click Trust HTML above").first).to_be_visible()
    page.get_by_text("Trust HTML", exact=True).click()
    expect(shown.locator(".js-plotly-plot svg.main-svg").first).to_be_visible()


def open_file(page: Page, server: Server, folder: str, name: str) -> None:
    """Double-click a file in the file browser."""
    page.goto(server.url(f"lab/tree/{folder}" if folder else "lab") + "&reset")
    page.locator(".jp-DirListing-item", has_text=name).dblclick()


def test_a_pair_opens_with_the_parameters_too(project: Project, server: Server, page: Page) -> None:
    """In `notebooks/` Run All works, and saving writes no parameters."""
    before = project.read("tasks/get.py")
    open_file(page, server, "notebooks", "get.ipynb")
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    assert parameters_seen(notebook) == parameters_of_build(project, "sample=False", "get")
    expect(page.locator("#jp-bottom-panel")).to_contain_text("(ipykernel) | Idle")
    run_all(page, notebook)
    save(page, notebook, project.path / "notebooks" / "get.ipynb")
    assert project.read("tasks/get.py") == before
    assert "injected" not in project.read("notebooks/get.ipynb")


def test_a_result_can_be_read_and_not_saved(project: Project, server: Server, page: Page) -> None:
    """The executed notebooks open read-only: what is typed there would be lost."""
    path = next(project.path.glob("products/**/clean.ipynb"))
    folder = path.parent.relative_to(project.path).as_posix()
    before = path.read_bytes()
    open_file(page, server, folder, "clean.ipynb")
    expect(page.get_by_text("notebook is read-only")).to_be_visible()
    url = server.url(f"api/contents/{folder}/clean.ipynb")
    body = json.dumps({"type": "notebook", "format": "json", "content": json.loads(before)})
    request = urllib.request.Request(url, body.encode(), method="PUT")
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(request)
    assert "Edit its task" in refused.value.read().decode()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["src/my_pipeline/clean.py", "tests/test_clean.py", "bootstrap.py"]
)
def test_other_python_files_open_in_the_editor(server: Server, page: Page, name: str) -> None:
    """Only tasks are notebooks: no kernel is asked for, nothing can be saved as cells."""
    folder, _, file = name.rpartition("/")
    open_file(page, server, folder, file)
    expect(page.locator(".jp-FileEditor .cm-line").first).to_be_visible()
    expect(page.locator(".jp-NotebookPanel")).to_have_count(0)
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_pages_open_rendered(server: Server, page: Page) -> None:
    """A double click on a page shows it as one reads it, and no news are offered."""
    open_file(page, server, "vendor", "README.md")
    expect(page.locator(".jp-MarkdownViewer h1")).to_contain_text("The machinery of this project")
    expect(page.get_by_text("Jupyter news")).to_have_count(0)


def test_a_module_saved_as_a_notebook_is_not_changed(project: Project, server: Server) -> None:
    """Jupyter's files can still be asked for a module as a notebook: that must be harmless."""
    for path in sorted((project.path / "src" / project.package).glob("*.py")):
        before = path.read_bytes()
        url = server.url(f"api/contents/{path.relative_to(project.path).as_posix()}")
        with urllib.request.urlopen(f"{url}&type=notebook&content=1") as answer:
            model = json.load(answer)
        body = json.dumps({key: model[key] for key in ("type", "format", "content")}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body, method="PUT")) as answer:
            assert answer.status == 200
        assert path.read_bytes() == before, path


def test_set_up_keeps_settings_that_are_not_its_own(project: Project) -> None:
    prefix = Path(project.environ["VIRTUAL_ENV"])
    settings = prefix / "etc" / "ipython" / "ipython_kernel_config.py"
    before = {path: path.read_bytes() for path in (settings, prefix / "bootstrap.txt")}
    settings.write_text("# written by hand\n", encoding="utf-8")
    try:
        done = project.run("python", "bootstrap.py", "--environment", "current", check=False)
        assert done.returncode == 1
        assert f"{settings} is yours" in done.stdout
        assert settings.read_text(encoding="utf-8") == "# written by hand\n"
    finally:
        for path, content in before.items():
            path.write_bytes(content)
