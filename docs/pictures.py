"""Make the pictures of the README: `nox --session pictures`, of a new project that has run.

They show what a person sees: the command typed, JupyterLab and the pages opened in Chromium, by
the same steps as in the tests. An argument names a folder to make the project in, such as
/home/ada, since JupyterLab shows paths.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from uv import find_uv_bin

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent / name) for name in ("tests/template", "tests", "src", "")]

from conftest import BIN, FLAGS, QUIET, Project, clean_environ, generate, see_figures  # noqa: E402
from test_dashboard_seen import serve  # noqa: E402
from test_jupyter import jupyter_lab, open_task, run_all  # noqa: E402

TERMINAL = """<body style="margin:0;background:#1f2430"><pre style="margin:0;padding:24px 28px;
color:#d5dae5;font:15px/1.5 'DejaVu Sans Mono',monospace;white-space:pre-wrap">{}</pre></body>"""


def make_project(folder: Path, home: Path) -> tuple[Project, str]:
    """Type the one command and a build; return the project, and what the terminal shows."""
    environ = clean_environ(home, Path(find_uv_bin()).parent)
    typed, build = "uvx cookiecutter gh:org/template", "ploomber build"
    printed = generate(folder, environ).stdout
    path = folder / "my-pipeline"
    environ["PATH"] = f"{path / '.venv' / BIN}{os.pathsep}{environ['PATH']}"
    project = Project(path, "my_pipeline", environ)
    built = project.run(*build.split()).stdout
    # What is left to type is in the last lines; before them, what set-up has done.
    end = printed[printed.index("Ready, in") :].rstrip()
    screen = f"$ {typed}\n...\n{end}\n\n$ {build}\n{built}".replace(str(folder), "/home/ada")
    return project, screen


def take(page: Page, name: str, width: int, height: int) -> None:
    """Keep what the top of a page looks like."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(1500)  # figures follow the width
    page.screenshot(path=DOCS / f"{name}.png")


def draw_terminal(page: Page, screen: str) -> None:
    """Draw the text of a terminal; what is typed is bright."""
    text = re.sub(r"(?m)^\$ .*$", r'<b style="color:#fff">\g<0></b>', html.escape(screen))
    page.set_viewport_size({"width": 1000, "height": 400})
    page.set_content(TERMINAL.format(text.rstrip()))
    page.screenshot(path=DOCS / "terminal.png", full_page=True)


def draw_pages(page: Page, project: Project) -> None:
    """Draw the page of a build, the pipeline that it shows, and a report."""
    made = project.path / "products" / "development" / "sample=False"
    page.goto((made / "index.html").as_uri())
    take(page, "index", 1000, 740)
    page.locator(".picture svg").screenshot(path=DOCS / "pipeline.png")
    page.goto((made / "train.html").as_uri())
    see_figures(page.locator("body"), 2)
    take(page, "report", 1000, 900)


def draw_dashboard(page: Page, project: Project) -> None:
    """Draw the dashboard."""
    with serve(project, "nbtasks dashboard") as address:
        page.goto(address)
        see_figures(page.locator("body"), 5)
        take(page, "dashboard", 1000, 900)


def draw_jupyterlab(page: Page, project: Project, folder: Path) -> None:
    """Draw a task that is open as a notebook, with the paths that the pipeline has put in."""
    with jupyter_lab(project, folder) as server:
        notebook = open_task(page, server, "explore")
        run_all(page, notebook)
        injected = notebook.get_by_text("This cell was injected").first
        injected.evaluate("line => line.scrollIntoView()")
        take(page, "jupyterlab", 1200, 800)


def main(folder: Path) -> None:
    """Make all pictures."""
    project, screen = make_project(folder, folder / "settings")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        flags = f"{FLAGS} {QUIET}".split()
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 1200, "height": 800}, color_scheme="light")
        page.set_default_timeout(120_000)
        expect.set_options(timeout=120_000)
        draw_terminal(page, screen)
        draw_pages(page, project)
        draw_dashboard(page, project)
        draw_jupyterlab(page, project, folder / "settings")
        browser.close()
    print("Made:", *sorted(path.name for path in DOCS.glob("*.png")))


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as name:
            main(Path(name).resolve())
