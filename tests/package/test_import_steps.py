"""Each step of an import does what it says, on small pieces of notebooks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from conftest import Project, forget
from nbformat import writes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from nbtasks import notebooks


@pytest.fixture(scope="module")
def step(bake: Callable[..., Project]) -> Iterator[Callable[[str], Any]]:
    """Return a function that finds the steps, `module.name`, in a project that was baked."""

    def step(name: str) -> Any:
        module, _, attribute = name.partition(".")
        return getattr(importlib.import_module(f"nbtasks.importer.{module}"), attribute)

    with chdir(bake().path):
        forget()
        yield step
    forget()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import helpers\n", "from pkg import helpers\n"),
        ("import helpers as h  # ours\n", "import pkg.helpers as h  # ours\n"),
        ("import os, helpers\n", "import os; from pkg import helpers\n"),
        ("import helpers.sub\n", "from pkg import helpers; import pkg.helpers.sub\n"),
        (
            "if 1:\n    from helpers import (\n        a,\n        b,\n    )\n",
            "if 1:\n    from pkg.helpers import a, b\n",
        ),
        ('"""\nimport helpers\n"""\nimport helper\n', '"""\nimport helpers\n"""\nimport helper\n'),
    ],
)
def test_imports_of_modules_beside_the_notebook(step: Any, code: str, expected: str) -> None:
    """They are imported from the package; what only looks like an import stays."""
    assert step("outside.use_modules")(code, ["helpers"], "pkg") == expected


def test_modules_are_found_with_what_they_import(step: Any, tmp_path: Path) -> None:
    """Files and packages beside the notebook, but nothing else of that folder."""
    import ast

    (tmp_path / "a.py").write_text("import b.c")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.py").write_text("import os")
    (tmp_path / "other.py").write_text("")
    (tmp_path / "data").mkdir()
    (tmp_path / "sub").mkdir()
    tree = ast.parse("import a, os, data")
    found = step("outside.find_modules")([tree], [tmp_path / "sub", tmp_path])
    assert found == {name: tmp_path / name for name in ("a.py", "b/c.py")}


def test_pictures_move_attached_or_not(step: Any, tmp_path: Path) -> None:
    """Those attached and those of the folder; addresses on the web stay."""
    (tmp_path / "my bird.png").write_bytes(b"bird")
    text = "![a](attachment:fly.png) <img src='my%20bird.png'> ![c](https://x.org/z.png)"
    cell = new_markdown_cell(text, attachments={"fly.png": {"image/png": "Zmx5"}})
    assert step("outside.take_pictures")([cell], tmp_path, "fit") == {
        "fit_fly.png": b"fly",
        "fit_my_bird.png": b"bird",
    }
    assert cell.source == (
        "![a](../tasks/images/fit_fly.png) <img src='../tasks/images/fit_my_bird.png'> "
        "![c](https://x.org/z.png)"
    )
    assert "attachments" not in cell


def read(text: str) -> list[Any]:
    """Return the cells that a text tells, those that begin with `#` in Markdown."""
    cells = (part.strip("\n") for part in text.split("---\n"))
    return [new_markdown_cell(c) if c.startswith("#") else new_code_cell(c) for c in cells]


def flow_of(step: Any, text: str, seen: dict[int, Any] | None = None) -> Any:
    """Return what flows between the parts of a notebook."""
    parts = step("parts.split")(read(text), [])
    return step("flow.Flow")(parts, step("functions.find_movable")(parts, set()), seen or {})


def script_of(step: Any, text: str, number: int, seen: dict[int, Any] | None = None) -> str:
    """Return the script of a part, counted from 0."""
    flow = flow_of(step, text, seen)
    task = step("scripts.make_task")(flow, number, read(text), "module", step("files.Files")())
    script = notebooks.to_script({"cells": task.cells})
    return script


#: A notebook of two parts -> the names that pass from the first to the second.
PASSED = {
    "a value": ("x = f()", "print(x)", {"x"}),
    "an f-string": ("x = f()", "print(f'{x + 1:>{x}}')", {"x"}),
    "a comprehension has names of its own": ("x = f()", "[x for x in range(3)]", set()),
    "what it iterates over": ("x = f()", "[y for y in x]", {"x"}),
    "a walrus": ("if (n := len('a')): pass", "print(n)", {"n"}),
    "a decorator": ("d = f()", "@d\ndef g(): pass", {"d"}),
    "a default": ("d = f()", "def g(x=d): pass", {"d"}),
    "a global of a method": ("d = f()", "class A:\n    def g(self): return d", {"d"}),
    "a closure": ("d = f()", "def g():\n    def h(): return d\n    return h", {"d"}),
    "a formula": ("z = f()\nlog = f()", "ols('y ~ x + I(log(z))', df)", {"df", "z", "log"}),
    "a path is no formula": ("z = f()", "open('~/z')", set()),
    "a query": ("limit = f()\nu = f()", "df.query('a > @limit')", {"df", "limit"}),
    "a text that is evaluated": ("a = f()", "eval('a + 1')", {"a"}),
    "a global that a function sets": (
        "n = f()\ndef bump():\n    global n\n    n += 1",
        "bump()\nprint(n)",
        {"n"},
    ),
    "a global that a function only reads back": (
        "n = f()\ndef bump():\n    global n\n    n += 1\n    return n",
        "print(bump())",
        {"n"},
    ),
    "a global that only a function makes": (
        "def init():\n    global n\n    n = 1\ninit()",
        "print(n)",
        {"n"},
    ),
    "a name of Python's": ("x = max(f())\nmax = x", "print(max)", {"max"}),
    "a constant is written anew": ("LIMIT = 3\nx = f()", "print(LIMIT)", set()),
    "unless it changes": ("LIST = []\nLIST.append(1)", "print(LIST)", {"LIST"}),
    "a name of IPython": ("x = f()", "get_ipython().magic('time')\ndisplay(1)", set()),
    "a file handle": ("with open('f') as fh: x = fh.read()", "print(x)", {"x"}),
    "an import in try": ("try:\n    import a\nexcept ImportError:\n    a = None", "a.b()", set()),
}


@pytest.mark.parametrize(("first", "second", "names"), PASSED.values(), ids=PASSED)
def test_what_passes_between_parts(step: Any, first: str, second: str, names: set[str]) -> None:
    """Names are found wherever code uses them, and only those that the first part makes."""
    text = f"# One\n---\nfrom lib import f\ndf = f()\n---\n{first}\n"
    text += f"---\n# Two\n---\n{second}\nprint()\n"
    flow = flow_of(step, text)
    assert set(flow.parts[1].needs) == names - ({"df"} if "df" not in second else set())


def test_a_function_carries_what_it_changes(step: Any) -> None:
    """A part that calls it gives the global on; also by a function that calls the function."""
    text = (
        "# A\n---\nfrom lib import f\nn = f()\ndef bump():\n    global n\n    n += 1\n"
        "def twice():\n    bump(); bump()\n---\n# B\n---\ntwice()\n---\n# C\n---\nprint(n)\n"
    )
    flow = flow_of(step, text)
    assert flow.parts[2].needs == {"n": 1}
    assert "global n" in script_of(step, text, 1)


def test_formulas_find_imports_and_earlier_formulas_too(step: Any) -> None:
    """Text that is evaluated in a later part brings the import that it names."""
    text = (
        "# A\n---\nimport numpy as np\nfrom lib import ols, df\nprint(np.e)\n"
        "model = 'y ~ np.log(x)'\n---\n# B\n---\nols(model, df)\n"
    )
    script = script_of(step, text, 1)
    assert "import numpy as np" in script and 'model = "y ~ np.log(x)"' in script.replace("'", '"')


def test_imports_for_what_they_do_go_to_every_later_part(step: Any) -> None:
    """One that no code names may be needed all the same, unless it got a name of its own."""
    text = (
        "# A\n---\nimport hvplot.pandas\nimport pylab as plt\nimport json, sys\n"
        "import scipy.stats\nimport scipy\nprint(json, 1)\n"
        "---\n# B\n---\nprint(2)\n---\n# C\n---\nscipy.stats.norm\n"
    )
    first, second, third = (script_of(step, text, number) for number in range(3))
    assert "import hvplot.pandas" in second and "json" not in second
    assert "pylab" not in first + second
    assert "import scipy.stats" in third  # though the name comes from the import below it
    assert "scipy" not in first


def test_a_name_that_is_imported_and_made_anew_is_both(step: Any) -> None:
    """What is between the two may use the first."""
    text = (
        "# A\n---\nfrom lib import One, x\ndef f(a: One): return x\nclass One: pass\nx = f(1)\n"
        "---\n# B\n---\nprint(f(2), One)\n"
    )
    script = script_of(step, text, 1)
    assert script.index("import One") < script.index("def f") < script.index("class One")


def test_settings_are_set_again(step: Any) -> None:
    """What is set in a library, a magic included, holds for each later part."""
    text = (
        "# A\n---\n%matplotlib inline\nimport seaborn as sns, warnings\nsns.set_theme()\n"
        "warnings.filterwarnings('ignore')\nsns.set_theme()\nsns.rc['a'] = 1\nprint(1)\n"
        "---\n# B\n---\nprint(2)\n"
    )
    script = script_of(step, text, 1)
    assert "set_up()" in script and "inline" not in script and "sns" not in script
    flow = flow_of(step, text)
    (module,) = step("functions.functions_of")(flow, "module", "n.ipynb").values()
    for line in ["sns.set_theme()", "warnings.filter", "sns.rc['a'] = 1"]:
        assert f"    {line}" in module


def test_random_numbers_that_go_on_keep_parts_together(step: Any) -> None:
    """Later draws depend on earlier ones; where nothing was drawn yet, the seed is set again."""
    text = (
        "# A\n---\nimport numpy as np\nnp.random.seed(0)\nx = np.random.rand()\n"
        "---\n# B\n---\nnp.random.rand()\n"
    )
    assert flow_of(step, text).parts[1].needs == {"numpy_random": 0}  # a run looks at it
    drawn: dict[int, Any] = {
        2: {"numpy_random": {"state": "1"}},
        4: {"numpy_random": {"state": "2"}},
    }
    assert "random numbers go on from one seed" in flow_of(step, text, drawn).joined[0]
    drawn[2]["numpy_random"]["fresh"] = True
    assert "np.random.seed(0)" in script_of(step, text, 1, drawn)


def test_one_object_with_two_names_keeps_parts_together(step: Any) -> None:
    """Changed by one and read by the other, it would fall apart in two files."""
    text = "# A\n---\na = b = f()\n---\n# B\n---\na.append(1)\nprint(b)\n---\n# C\n---\nprint(b)\n"
    same = {"a": {"state": "1", "shares": ["b"]}, "b": {"state": "1", "shares": ["a"]}}
    changed = {"a": {"state": "2", "shares": ["b"]}, "b": {"state": "2", "shares": ["a"]}}
    flow = flow_of(step, text, {2: same, 4: changed, 6: changed})
    assert [part.name for part in flow.parts] == ["A", "C"]
    assert flow.joined == ["b and a are one object, which changes: A, B"]


def test_results_by_their_numbers_are_reported(step: Any) -> None:
    """`_` is the result of another cell in a task than in the notebook."""
    flow = flow_of(step, "# A\n---\n1 + 1\n---\n# B\n---\nprint(_, _2)\n")
    assert flow.parts[1].unresolved == {"_", "_2"}


def test_what_cannot_be_stored_keeps_parts_together(step: Any) -> None:
    """A figure that is drawn on, a generator: the cell and the reason are reported."""
    text = "# A\n---\nfig = f()\n---\n# B\n---\nfig.show()\n"
    flow = flow_of(step, text, {2: {"fig": {"why": "Figure: no"}}})
    assert flow.joined == ["fig (cell 2) can't be stored, Figure: no: A, B"]


def test_classes_that_code_makes_are_no_values(step: Any) -> None:
    """A named tuple is defined anew where it is used; what hides keeps parts together."""
    text = "# A\n---\nfrom lib import f\nP = {}\np = P(1)\n---\n# B\n---\nprint(p)\n"
    seen = {2: {"p": {"classes": ["P"]}, "P": {"classes": ["P"]}}}
    named = text.replace("{}", "namedtuple('P', fields)").replace("p =", "fields = f()\np =")
    script = script_of(step, named, 1, seen)
    assert script.index("P = namedtuple(") < script.index("p = joblib.load(")
    flow = flow_of(step, text.replace("{}", "f.make()"), seen)
    assert flow.joined == [
        "P (cell 2) can't be stored, it is a class or a function that code makes: A, B"
    ]


def test_classes_come_before_the_values_that_are_made_of_them(step: Any) -> None:
    """A value can only be loaded where its class is."""
    text = (
        "# A\n---\nfrom lib import f\nrate = f()\nclass Nest:\n    def go(self): return rate\n"
        "nest = Nest()\n---\n# B\n---\nprint(nest.go())\n"
    )
    script = script_of(step, text, 1, {2: {"nest": {"classes": ["Nest"]}}})
    assert script.index("class Nest") < script.index("nest = joblib.load")


def test_names_that_ploomber_uses_are_kept_apart(step: Any) -> None:
    """A notebook may have a product, an upstream and an nb of its own."""
    text = (
        "# A\n---\nfrom lib import f\nproduct = f()\nupstream = 5\nnb = f()\n"
        "---\n# B\n---\nprint(product, upstream, nb)\n"
    )
    assert 'joblib.dump(nb, task_product["nb_value"])' in script_of(step, text, 0)
    second = script_of(step, text, 1)
    kept = second.index("task_product, task_upstream = product, upstream")
    assert (
        kept
        < second.index("upstream = 5", kept)
        < second.index(' = joblib.load(task_upstream["A"]')
    )


def test_an_import_that_is_named_like_a_parameter_comes_after_it(step: Any) -> None:
    text = (
        "# A\n---\nfrom itertools import product\nprint(product)\n---\n# B\n---\nprint(product)\n"
    )
    for number in range(2):
        script = script_of(step, text, number)
        assert script.index("product = None") < script.index("import product")


def test_what_only_moved_code_imports_stays_in_no_script(step: Any) -> None:
    """The import goes along to the module, and values of its classes load without their name."""
    text = (
        "# A\n---\nfrom dataclasses import dataclass\nfrom lib import f\n"
        "@dataclass\nclass Bird:\n    name: str\nbirds = f()\n---\n# B\n---\nprint(birds)\n"
    )
    assert "dataclass" not in script_of(step, text, 0)
    assert "Bird" not in script_of(step, text, 1, {2: {"birds": {"classes": ["Bird"]}}})


def printed(text: str) -> list[Any]:
    """Return the outputs of a cell that prints a text."""
    return [new_output("stream", name="stdout", text=text)]


def shown(*rows: str) -> list[Any]:
    """Return the outputs of a cell that shows a table."""
    return [new_output("display_data", {"text/html": "".join(f"<tr>{row}</tr>" for row in rows)})]


def test_figures_are_compared(step: Callable[[str], Any]) -> None:
    """What a library draws is nested, and no line of text."""

    def figure(*heights: int) -> list[Any]:
        data = {"application/vnd.plotly.v1+json": {"data": [{"y": [*heights]}]}}
        return [new_output("display_data", data)]

    difference = step("prove.difference")
    assert difference(figure(1), figure(1), figure(1)) == ""
    assert difference(figure(2), figure(1), figure(1)) == "figure"


@pytest.mark.parametrize(
    ("ours", "theirs", "again", "expected"),
    [
        (printed("at 0x7f00aa"), printed("at 0x7f11bb"), None, ""),
        (printed("<Tree...x7f00aa>"), printed("<Tree...x7f11bb>"), None, ""),
        (printed("Time: 12:00:01"), printed("Time: 12:00:02"), None, ""),
        (printed("1.0"), printed("1.1"), None, "text"),
        (printed("n 1\n0.3"), printed("n 1\n0.1"), printed("n 1\n0.2"), ""),
        (printed("n 2\n0.3"), printed("n 1\n0.1"), printed("n 1\n0.2"), "text"),
        (printed("n 1"), printed("n 1\n0.1"), printed("n 1\n0.2"), "text"),
        (printed("1\n2\n3"), printed("1\n2"), printed("1"), ""),
        (shown("1", "0.3"), shown("1", "0.1"), shown("1", "0.2"), ""),
        (shown("2", "0.3"), shown("1", "0.1"), shown("1", "0.2"), "table"),
        (printed("1") + shown("1"), printed("1"), None, "2 outputs, in the original 1"),
    ],
)
def test_what_varies_by_itself_is_no_difference(
    step: Any, ours: list[Any], theirs: list[Any], again: list[Any] | None, expected: str
) -> None:
    """Addresses, times, and lines that differ between two runs of the original; no other line."""
    assert step("prove.difference")(ours, theirs, again or theirs) == expected


def test_runs_that_agree_by_chance_are_told_by_another(step: Any) -> None:
    runs = [printed("n 1\n62"), printed("n 1\n62"), printed("n 1\n60")]
    assert step("prove.difference")(printed("n 1\n65"), *runs[:2]) == "text"
    assert step("prove.difference")(printed("n 1\n65"), *runs) == ""
    assert step("prove.difference")(printed("n 2\n65"), *runs) == "text"


def test_what_cannot_be_decided_is_reported(step: Any) -> None:
    """Names that no code binds, and cells whose names can't be followed."""
    text = "# A\n---\n!pip install x\nexec('a = 1')\n---\n# B\n---\nprint(a)\n"
    flow = flow_of(step, text)
    files, cells = step("files.Files")(), read(text)
    tasks = [step("scripts.make_task")(flow, n, cells, "module", files) for n in range(2)]
    assert [*step("words.find_undecided")(tasks)] == [
        "A: cell 2 installs packages at each build; name them in requirements.txt instead",
        "A: cell 2 uses names in a way that can't be followed",
        "B: cell 4: nothing says what a is",
    ]


def rewritten(step: Any, folder: Path, text: str, opened: dict[str, bool]) -> tuple[Any, str]:
    """Return the files of a notebook of one part, and its script."""
    cells = read(text)
    files = step("files.Files")(folder / "n.ipynb", [])
    statements = step("parts.split")(cells, [])[0].statements
    files.needed(statements, cells)
    seen = [(name, name, way) for name, way in opened.items()]
    files.note({2: {"opened files": seen}} if seen else {}, statements)
    files.rewrite(statements, cells)
    parts = step("parts.split")(cells, [])
    flow = step("flow.Flow")(parts, [], {})
    task = step("scripts.make_task")(flow, 0, cells, "module", files)
    return files, "\n".join(cell.source for cell in task.cells)


def test_files_that_are_read_become_resources(step: Any, tmp_path: Path) -> None:
    """By their names in the code, and in lines for the shell."""
    for name in ("my.csv", "your.csv"):
        (tmp_path / name).write_text("a")
    text = "# A\n---\nopen('my.csv')\n!head your.csv\n"
    files, script = rewritten(step, tmp_path, text, {"my.csv": False})
    assert {key: files.place(key) for key in files.reads} == {
        "my": "data/raw/my.csv",
        "your": "data/raw/your.csv",
    }
    assert 'open(resources_["my"])\n!head data/raw/your.csv' in script


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('D = "./"\nread(D + "w.csv")', 'read(resources_["w"])'),
        ('D = "./"\nread(D + "w.csv")\nD = "./"', 'read(resources_["w"])'),
        ('D = "in"\nread(f"{D}/a.csv")', 'read(resources_["a"])'),
        ('read(os.path.join("in", "a.csv"))', 'read(resources_["a"])'),
        ('D = Path("in")\nread(D / "a.csv")', 'read(Path(resources_["a"]))'),
        ('read(Path("in") / "a.csv")', 'read(Path(resources_["a"]))'),
        ('for n in ["a.csv"]:\n    read("in/" + n)', 'for n in ["a.csv"]:\n    read("in/" + n)'),
        ('def f(n):\n    return read("./" + n)\nf("w.csv")', 'f("w.csv")'),
        ('z.open("other.csv")', 'z.open("other.csv")'),
        ('read(f"../up/{n}.csv")', 'read(f"./up/{n}.csv")'),
        ("%cd ../up", "%cd ./up"),
    ],
)
def test_a_path_is_a_whole_or_stays_as_it_is(
    step: Any, tmp_path: Path, code: str, expected: str
) -> None:
    """What is put together of known parts is a file; other parts of paths stay."""
    for name in ("work/w.csv", "work/in/a.csv", "work/other.csv", "up/b.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("a")
    opened = {"./w.csv": False, "in/a.csv": False, "../up/b.csv": False}
    text = f"# A\n---\nimport os\nfrom pathlib import Path\n{code}\n"
    files, script = rewritten(step, tmp_path / "work", text, opened)
    assert expected in script
    root = step("store.root")()
    copied = {path.relative_to(root).as_posix() for path in files.copies()}
    assert copied >= ({"in/a.csv"} if "in ['" in code.replace('"', "'") else set())
    assert "up/b.csv" in copied


def test_what_is_written_again_is_no_resource(step: Any, tmp_path: Path) -> None:
    """A file of an earlier run lies beside the notebook; what is only read stays one."""
    for name in ("plot.png", "my.csv"):
        (tmp_path / name).write_text("old")
    opened = {"plot.png": True, "my.csv": False}
    files, script = rewritten(step, tmp_path, "# A\n---\nf('plot.png', 'my.csv')", opened)
    assert [*files.reads] == ["my"]
    assert files.writes == {"plot_file": "plot.png"}
    assert [target.name for target in files.copies()] == ["my.csv"]
    assert 'f(product["plot_file"], resources_["my"])' in script


def test_parts_begin_at_headings_or_where_the_user_says(step: Any) -> None:
    """Headings of the first two levels name them; what does nothing joins the next."""
    text = (
        "# 1. Birds & bees\n---\nimport a\n---\n## Load *all*\n---\na.b()\n---\n### Deeper\n---\n"
        "a.c()\n---\n# The end\n"
    )
    parts = step("parts.split")(read(text), [])
    assert [(part.name, part.cells) for part in parts] == [
        ("Load all", [1, 2, 3, 4]),
        ("Deeper", [5, 6, 7]),
    ]
    parts = step("parts.split")(read(text), [3, 6])
    assert [part.cells for part in parts] == [[1, 2, 3, 4, 5], [6, 7]]
    raw = [new_raw_cell("Birds\n=====\nText"), *read("print(1)"), new_raw_cell("Bees\n----")]
    parts = step("parts.split")([*raw, *read("print(2)")], [])
    assert [part.name for part in parts] == ["Birds", "Bees"]
    constants = step("parts.split")(read("# A\n---\nX = 1\n---\n# B\n---\nprint(X)\n"), [])
    assert [part.cells for part in constants] == [[1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("imports", "moves"),
    [
        ("import numpy as np\nimport autograd.numpy as np", False),
        ("import numpy as np\nnp = 1", False),
        ("import numpy as np\nimport numpy as np", True),
        ("import np\nimport np.linalg", True),
        ("try:\n    import a as np\nexcept ImportError:\n    import b as np", True),
        ("try:\n    import a as np\nexcept ImportError:\n    np = None", True),
    ],
)
def test_a_function_stays_if_a_name_in_it_means_two_things(
    step: Any, imports: str, moves: bool
) -> None:
    """Its module could have one of the two only."""
    parts = step("parts.split")(
        read(f"# A\n---\n{imports}\n---\ndef f():\n    return np.log\n"), []
    )
    assert bool(step("functions.find_movable")(parts, set())) is moves


def test_a_function_named_like_one_of_ipython_moves_and_is_used(step: Any) -> None:
    """By the others that move, too."""
    text = "# A\n---\nclass display: pass\ndef f(): display()\nf()\n---\n# B\n---\ndisplay()\n"
    flow = flow_of(step, text)
    assert flow.parts[1].moved == {"display"}
    lines = [*step("words.advise")([], flow, step("files.Files")(), {})]
    assert lines == ["No test, since no short, plain call of them was seen: f"]
    assert not flow_of(step, text.replace("pass", "size = len(_)")).moved
    staying = flow_of(step, "# A\n---\nx = g()\ndef f(): return x\nf()\n")
    (advice,) = step("words.advise")([], staying, step("files.Files")(), {})
    assert "it uses x. Give it" in advice
    (module,) = step("functions.functions_of")(flow, "module", "n.ipynb").values()
    assert "def f()" in module and "import" not in module
    assert (
        "import display"
        in step("functions.functions_of")(
            flow_of(step, "def f(): display(1)\nf()"), "module", "n.ipynb"
        ).popitem()[1]
    )


def test_a_function_that_a_text_names_is_imported(step: Any) -> None:
    """Also by the part that it moves away from; what evaluates texts stays, it must see names."""
    text = "# A\n---\ndef show(t): return eval(t)\ndef g(): return 1\neval('g()')\n"
    assert flow_of(step, text).parts[0].moved == {"g"}


def test_a_function_with_a_magic_stays_and_keeps_it(step: Any) -> None:
    """A module can have none."""
    text = "# A\n---\ndef f():\n    !ls\n    %time x = 1\n    return x\nf()\n---\n# B\n---\nf()\n"
    assert flow_of(step, text).moved == set()
    assert "    # !ls\n    # %time x = 1\n" in script_of(step, text, 1)


def test_a_script_has_a_cell_even_when_all_its_code_has_moved(step: Any) -> None:
    """Ploomber refuses a script that ends with its parameters."""
    script = script_of(step, "# A\n---\nimport os\ndef f():\n    return os.sep\n", 0)
    assert script.rstrip().endswith("# All of its code has moved to src/")


def test_data_is_where_the_notebook_looks_for_it(step: Any, tmp_path: Path) -> None:
    """In the folder that it runs in, by the name that the code wants; in the project likewise."""
    (tmp_path / "work" / "data").mkdir(parents=True)
    (tmp_path / "work" / "data" / "a.csv").write_text("a")
    (tmp_path / "above.csv").write_text("b")
    (tmp_path / "far.csv").write_text("c")
    data = [tmp_path / "above.csv", tmp_path / "far.csv"]
    files = step("files.Files")(tmp_path / "work" / "n.ipynb", data)
    cells = read("read('in/far.csv')")
    statements = step("parts.split")(cells, [])[0].statements
    place = step("run.prepare")(files.needed(statements, cells), tmp_path / "scratch")
    for name in ("data/a.csv", "../above.csv", "in/far.csv"):
        assert (place / name).is_file()
    seen = [(name, name, False) for name in ("in/far.csv", "../above.csv")]
    files.note({1: {"opened files": seen}}, statements)
    files.rewrite(statements, cells)
    root = step("store.root")()
    assert files.copies() == {root / "above.csv": b"b", root / "data" / "raw" / "far.csv": b"c"}


def test_nothing_is_overwritten(step: Any, tmp_path: Path, capsys: Any) -> None:
    """A script that is there, though in no pipeline, stays as it is, and nothing is written."""
    path, script = tmp_path / "n.ipynb", step("store.root")() / "tasks" / "bees.py"
    cells = read("# Birds\n---\nprint(1)\n---\n# Bees\n---\nprint(2)\n")
    path.write_text(writes(new_notebook(cells=cells)))
    script.write_text("mine")

    def files() -> dict[Path, bytes]:
        found = (item for item in script.parents[1].rglob("*") if item.is_file())
        return {item: item.read_bytes() for item in found if item.suffix != ".pyc"}

    before = files()
    assert importlib.import_module("nbtasks.importer").main([str(path)]) == 1
    assert capsys.readouterr().out.endswith("tasks/bees.py is there already, and stays as it is\n")
    assert files() == before
    script.unlink()
