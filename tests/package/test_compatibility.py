"""Each mend of Ploomber is needed, and mends: with the oldest and the newest Python alike."""

from __future__ import annotations

import ast
import functools
import types
from pathlib import Path
from typing import Any

import networkx
import pytest
from conftest import read_ours
from networkx.readwrite import json_graph
from ploomber import DAG
from ploomber.dag import plot
from ploomber.products import File
from ploomber.static_analysis import python
from ploomber.tasks import NotebookRunner, PythonCallable

from nbtasks.engine import compatibility, ipython

CODE = """
def two(product, upstream):
    return upstream["one"], upstream[0], upstream[name], other["three"]
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back what another test has mended in this process, and then what this one has."""
    for place, name in [
        (python, "ast"),
        (plot, "with_d3"),
        (plot, "with_mermaid"),
        (NotebookRunner, "__init__"),
    ]:
        now = getattr(place, name)
        monkeypatch.setattr(place, name, ast if name == "ast" else getattr(now, "mends", now))


def test_the_manual_counts_them() -> None:
    mends = [name for name in vars(compatibility) if name.startswith("mend_")]
    words = {3: "three", 4: "four", 5: "five"}
    assert f"\n{words[len(mends)]} mends, of a few lines each" in read_ours("docs/ploomber.md")


def without(module: types.ModuleType, name: str) -> types.SimpleNamespace:
    """Return a module as it is in a Python that has a name no more."""
    return types.SimpleNamespace(**{key: v for key, v in vars(module).items() if key != name})


def test_functions_that_name_their_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python 3.14 has it: `ast.Str` is gone."""
    monkeypatch.setattr(python, "ast", without(ast, "Str"))
    extract = python.PythonCallableExtractor(CODE).extract_upstream
    with pytest.raises(AttributeError, match="Str"):
        extract()
    compatibility.mend()
    assert extract() == {"one"}
    compatibility.mend()
    assert extract() == {"one"}


def test_a_python_that_has_all_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = types.SimpleNamespace(**vars(ast) | {"Str": str})
    monkeypatch.setattr(python, "ast", whole)
    compatibility.mend()
    assert python.ast is whole


def one(product: Any) -> None:
    """Make nothing."""


def two(product: Any, upstream: Any) -> None:
    """Make nothing."""


@pytest.fixture
def dag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DAG:
    """Return a pipeline of two tasks."""
    monkeypatch.chdir(tmp_path)
    compatibility.mend_functions_with_upstream()
    dag = DAG()
    tasks = [PythonCallable(f, File(f"{f.__name__}.txt"), dag) for f in (one, two)]
    tasks[0] >> tasks[1]
    return dag


@pytest.mark.parametrize("backend", ["mermaid", "d3"])
@pytest.mark.filterwarnings("ignore:(read|open)_text is deprecated")
def test_pictures(monkeypatch: pytest.MonkeyPatch, dag: DAG, backend: str) -> None:
    """As networkx 3.6 has it: the lines of a graph are its `edges`."""
    newest = functools.partial(networkx.node_link_data, edges="edges")
    monkeypatch.setattr(json_graph, "node_link_data", newest)
    with pytest.raises(KeyError, match="links"):
        dag.plot("plot.html", backend=backend)
    compatibility.mend()
    compatibility.mend()
    dag.plot("plot.html", backend=backend)
    line = {"mermaid": "One --> Two", "d3": '"parentIds": ["one"]'}[backend]
    assert line in Path("plot.html").read_text()


def test_a_networkx_that_has_links_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    older = functools.partial(networkx.node_link_data, edges="links")
    monkeypatch.setattr(json_graph, "node_link_data", older)
    before = plot.with_d3
    compatibility.mend()
    assert plot.with_d3 is before


@pytest.mark.parametrize("key", ["executor_params", "papermill_params"])
@pytest.mark.filterwarnings("ignore:papermill_params")
def test_a_notebook_with_an_engine_of_papermill(dag: DAG, key: str) -> None:
    def notebook(name: str, engine: str) -> NotebookRunner:
        Path("task.py").write_text('# %% tags=["parameters"]\nupstream = None\n')
        options = {key: {"engine_name": engine, "cwd": "."}}
        return NotebookRunner(Path("task.py"), File(f"{name}.ipynb"), dag, name=name, **options)

    with pytest.raises(KeyError, match="conflicting options"):
        notebook("a", "of_ones_own")
    compatibility.mend()
    compatibility.mend()
    task = notebook("b", "of_ones_own")
    assert task.executor_params == {"engine_name": "of_ones_own", "cwd": "."}
    assert notebook("c", "papermill").executor_params["engine_name"] == "papermill"
    with pytest.raises(KeyError, match="conflicting options"):  # a mistake, as ever
        notebook("d", "ploomber-engine")


@pytest.mark.parametrize(("version", "how"), [("7.2.0", "disabled"), ("7.3.0", "auto")])
def test_kernels_encrypt_what_they_say_where_ipykernel_asks_for_it(
    dag: DAG, version: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: version)
    Path("task.py").write_text('# %% tags=["parameters"]\nupstream = None\n')
    task = NotebookRunner(Path("task.py"), File("a.ipynb"), dag, name="a")
    for each in (task, dag["one"]):  # a function has no kernel
        ipython.encrypt(each)
    manager = task.executor_params["kernel_manager_class"]()
    if manager.has_trait("transport_encryption"):
        assert manager.transport_encryption == how
    own = NotebookRunner(
        Path("task.py"), File("b.ipynb"), dag, executor_params={"kernel_manager_class": 1}, name="b"
    )
    ipython.encrypt(own)
    assert own.executor_params == {"kernel_manager_class": 1}
