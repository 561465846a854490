"""The weekly audit looks up every package of the lock; what can't be looked up is said too.

pip-audit asks a server of vulnerabilities here that speaks OSV's protocol, and PyPI.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from conftest import Project
from test_requirements import ESCAPES

from nbtasks.environment import audit as command

pytestmark = pytest.mark.filterwarnings(*ESCAPES)

LOCK = """\
nbtasks==2027.1+0a1b2c3d \\
    --hash=sha256:0
numpy==2.1.0 ; python_full_version < '3.11' \\
    --hash=sha256:0
numpy==2.3.0 ; python_full_version >= '3.11' \\
    --hash=sha256:0
pywin32==300 ; sys_platform == 'win32' \\
    --hash=sha256:0
"""
#: A record of https://osv.dev, shortened.
VULNERABILITY = {
    "id": "PYSEC-2099-1",
    "summary": "Made up",
    "affected": [
        {
            "package": {"name": "pywin32", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "301"}]}],
        }
    ],
}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """Return the address of a server in which pywin32 300 is vulnerable, and what it was asked."""
    asked = set()

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name, version = query["package"]["name"], query["version"]
            asked.add((name, version))
            found = {"vulns": [VULNERABILITY]} if (name, version) == ("pywin32", "300") else {}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()


@pytest.fixture
def audit(bake: Callable[..., Project]) -> Callable[..., tuple[int, str]]:
    """Return a function that audits a lock by the step of the weekly workflow."""
    project = bake(example="empty")
    jobs = yaml.safe_load(project.read(".github/workflows/newest.yml"))["jobs"]
    start, words = jobs["audit"]["steps"][-1]["run"].split("nbtasks")
    assert start == "python -m "

    def audit(lock: str, **environ: Any) -> tuple[int, str]:
        project.write("requirements.lock", lock)
        done = project.nbtasks(*words.split(), check=False, **environ)
        assert "Traceback" not in done.stdout, done.stdout
        return done.returncode, done.stdout

    return audit


def osv(url: str) -> dict[str, str]:
    """Return the variables that make pip-audit ask a server of vulnerabilities."""
    return {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}


def test_every_version_is_looked_up_and_a_vulnerability_is_reported(
    audit: Callable[..., tuple[int, str]], server: tuple[str, set[tuple[str, str]]]
) -> None:
    """Those of other Pythons and systems too."""
    url, asked = server
    code, printed = audit(LOCK, **osv(url))
    assert code == 1
    assert asked == {("numpy", "2.1.0"), ("numpy", "2.3.0"), ("pywin32", "300")}
    assert "requirements.lock: 3 packages audited, 1 findings" in printed
    assert "  pywin32 300: PYSEC-2099-1, mended in 301\n" in printed
    assert "nbtasks lock --upgrade NAME" in printed
    code, printed = audit(LOCK.replace("300", "301"), **osv(url))
    assert (code, printed) == (0, "requirements.lock: 3 packages audited, 0 findings\n")


def test_a_package_that_could_not_be_looked_up_is_reported(
    audit: Callable[..., tuple[int, str]],
) -> None:
    code, printed = audit("no-such-package-at-all==1.0 \\\n    --hash=sha256:0\n")
    assert code == 1
    assert "no-such-package-at-all could not be looked up: Dependency not found" in printed


def test_an_audit_that_did_not_happen_is_no_success(audit: Callable[..., tuple[int, str]]) -> None:
    code, printed = audit(LOCK, **osv("http://127.0.0.1:9"))
    assert code == 1
    assert "pip-audit could not do its work, so nothing is known:" in printed


def test_another_package_of_our_name_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    command.say_if_taken("nbtasks")
    assert capsys.readouterr().out == ""
    command.say_if_taken("six")
    said = capsys.readouterr().out
    assert "PyPI has a package six now, which is not that of this project" in said
