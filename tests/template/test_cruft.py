"""Cruft brings later versions of the template to a project, and sets nothing up for that."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import Project, clean_environ, publish, stub

pytestmark = pytest.mark.slow


def test_cruft(tmp_path: Path, home: Path) -> None:
    """Cruft brings later versions of the template, and never sets up its own copies."""
    template = publish(tmp_path / "template", home)
    log = tmp_path / "log"
    code = f"open({str(log)!r}, 'a').write('x'); sys.exit(1)"
    stub(tmp_path / "stubs", "uv", code)
    environ = clean_environ(home, tmp_path / "stubs", HOME=str(home), USERPROFILE=str(home))
    cruft = [sys.executable, "-m", "cruft"]
    outer = Project(tmp_path, "", environ)
    outer.run(*cruft, "create", "--no-input", template.path)
    assert log.read_text() == "x"  # created for real: set up, as far as the stub goes
    project = Project(tmp_path / "my-pipeline", "my_pipeline", environ)
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Keep .cruft.json")
    project.write("tasks/get.py", project.read("tasks/get.py") + "\n# %%\nmine = 1\n")
    project.git("commit", "--quiet", "--all", "--message", "Edit")

    source = "{{cookiecutter.project_slug}}/.gitattributes"
    template.write(source, template.read(source) + "*.png binary\n")
    template.git("commit", "--quiet", "--all", "--message", "Two")
    assert project.run(*cruft, "check", check=False).returncode == 1
    printed = project.run(*cruft, "update", "--skip-apply-ask").stdout
    assert "Good work" in printed
    assert "*.png binary" in project.read(".gitattributes")
    assert "mine = 1" in project.read("tasks/get.py")
    assert project.run(*cruft, "check").returncode == 0
    assert log.read_text() == "x"
