"""Fifty visitors of the dashboard at the same time: what each of them waits for.

Each opens the page (its layout, then the figures of the birds) and changes the filter four times.
Against Dash's own server, `app.run()`, which serves the same app.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

from measure import environ, make_project
from uv import find_uv_bin

UV = find_uv_bin()
VISITORS, CHANGES = 50, 4
SPECIES, ISLANDS = ["Adelie", "Chinstrap", "Gentoo"], ["Biscoe", "Dream", "Torgersen"]
OUTPUTS = [("birds", "children"), ("bills", "figure"), ("mass", "figure"), ("pairs", "figure")]
#: Serves the same application as `nbtasks dashboard --sample`, as a newcomer would.
DASH = """
from my_pipeline import dashboard as page
from nbtasks import dashboard, status

dag = status.load(["--env--sample", "true"])
dashboard.make_server(page, dag, "").run(port=8061, threaded=True)
"""


def ask(address: str, body: dict | None = None) -> tuple[float, bytes]:
    """Return the seconds that an answer takes, and the answer; raise if it is no 200."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(address, data, {"Content-Type": "application/json"})
    started = time.perf_counter()
    with urlopen(request, timeout=300) as response:
        answer = response.read()
        assert response.status == 200
    return time.perf_counter() - started, answer


def redraw(species: list[str]) -> dict:
    """Return what a browser sends when the filter is changed."""
    outputs = [{"id": key, "property": name} for key, name in OUTPUTS]
    inputs = [
        {"id": "species", "property": "value", "value": species},
        {"id": "islands", "property": "value", "value": ISLANDS},
    ]
    output = f"..{'...'.join(f'{key}.{name}' for key, name in OUTPUTS)}.."
    return {
        "output": output,
        "outputs": outputs,
        "inputs": inputs,
        "changedPropIds": ["species.value"],
        "parsedChangedPropsIds": ["species.value"],
    }


def visit(address: str) -> dict[str, list[float]]:
    """Open the page and change the filter; return the seconds of each step."""
    seconds: dict[str, list[float]] = {"page": [], "layout": [], "figures": []}
    seconds["page"].append(ask(address)[0])
    took, layout = ask(f"{address}/_dash-layout")
    assert b"Sample, 60 of 344 rows" in layout
    seconds["layout"].append(took)
    for number in range(CHANGES + 1):
        chosen = SPECIES[number % 3 :]
        took, answer = ask(f"{address}/_dash-update-component", redraw(chosen))
        assert b'"bills"' in answer and chosen[-1].encode() in answer
        seconds["figures"].append(took)
    return seconds


def measure(command: list, address: str, project: Path, env: dict[str, str]) -> None:
    """Serve, and print what one visitor waits for, and what fifty do."""
    server = subprocess.Popen(
        command, cwd=project, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(120):
            try:
                ask(f"{address}/health")
                break
            except OSError:
                time.sleep(0.5)
        for number in (1, VISITORS):
            started = time.perf_counter()
            with ThreadPoolExecutor(number) as pool:
                visits = list(pool.map(visit, [address] * number))
            wall = time.perf_counter() - started
            for step in visits[0]:
                times = sorted(seconds for one in visits for seconds in one[step])
                late = times[int(0.95 * (len(times) - 1))]
                row = f"{statistics.median(times):8.2f} {late:8.2f} {times[-1]:8.2f}"
                print(f"{number:>8}  {step:8} {len(times):>8} {row}")
            print(f"{'':8}  all of it took {wall:.1f} s, no answer failed")
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Set a project up, run it on the sample, and measure both servers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environ(folder / "home", Path(UV).parent)
        project = make_project(folder, UV, env, "example=penguins")
        python = project / ".venv" / "bin" / "python"
        print("\nSeconds that visitors of the dashboard wait (median, 95 of 100, longest)")
        print(f"{'visitors':>8}  {'step':8} {'answers':>8} {'median':>8} {'95 %':>8} {'max':>8}")
        print("nbtasks dashboard (waitress)")
        listen = ["--sample", "--listen", "127.0.0.1:8060"]
        serve = [python, "-m", "nbtasks", "dashboard", *listen]
        measure(serve, "http://127.0.0.1:8060", project, env)
        print("Dash's own server")
        measure([python, "-c", DASH], "http://127.0.0.1:8061", project, env)


if __name__ == "__main__":
    main()
