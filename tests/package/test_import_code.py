"""What an import makes of code: rewritten cells, arguments, names, tests, a page."""

from __future__ import annotations

import ast
import pickle
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Project, forget
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from nbtasks.environment import declared, requirements
from nbtasks.importer import cells, files, flow, functions, parts, statements, store, syntax, words
from nbtasks.importer.prove import page as page_of

EXAMPLES = runpy.run_path(str(Path(cells.__file__).with_name("examples.py")))


@pytest.fixture(autouse=True)
def project(bake: Callable[..., Project]) -> Iterator[None]:
    """Stand in a project."""
    with chdir(bake().path):
        forget()
        yield
    forget()


def notebook(*sources: str) -> list[Any]:
    """Return cells; those that begin with `#` and a space and have one line are Markdown."""
    return [
        new_markdown_cell(text)
        if text.startswith("# ") and "\n" not in text
        else new_code_cell(text)
        for text in sources
    ]


@pytest.mark.parametrize(
    ("source", "tags", "expected"),
    [
        ("a = 1\n;", [], 'a = 1\n""'),
        ("# why\nfrom __future__ import division\n1 / 2", [], "# why\n1 / 2"),
        ("%%HTML\n<p>", [], "%%html\n<p>"),
        ("1 / 0", ["raises-exception"], "try:\n    1 / 0\nexcept Exception:"),
    ],
)
def test_what_only_a_runner_of_notebooks_reads_is_said_anew(
    source: str, tags: list[str], expected: str
) -> None:
    assert expected in cells.readable(source, tags)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('pd.read_csv("https://x.org/a.csv?raw=1")', 'pd.read_csv("a.csv")'),
        ('pd.read_csv("https://x.org/b.csv")', 'pd.read_csv("https://x.org/b.csv")'),
        ("!wget -q https://x.org/a.csv", "pass  # !wget -q https://x.org/a.csv"),
        ("if x:\n    urlretrieve(url, name)", "if x:\n    pass  # urlretrieve(url, name)"),
        ("wget.download(u, out='a')", "pass  # wget.download(u, out='a')"),
        ("nltk.download('punkt')", "nltk.download('punkt')"),
    ],
)
def test_what_is_there_is_not_downloaded(source: str, expected: str) -> None:
    assert cells.without_downloads(source, {"a.csv"}) == expected
    assert cells.without_downloads(source, set()) == source


def test_pieces_of_a_cell_are_replaced_behind_a_magic_too() -> None:
    """Columns count bytes; what stands before the magic stays."""
    source = "%time é = f('a',\n 'b')\ng('c')"
    tree = ast.parse("é = f('a',\n 'b')\ng('c')")
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    edits = [syntax.replacing(node, str(node.value).upper()) for node in texts]
    lines = statements.as_python(source)
    assert syntax.edited(source, edits, lines) == "%time é = f(A,\n B)\ng(C)"


def test_what_depends_on_constants_alone_is_one() -> None:
    """A text of constants, a type of types: they move with the functions that use them."""
    code = "import typing as t, numpy as np\nPlayer = int\nPair = t.Tuple[Player, Player]\nA = 2\n"
    code += "B = f'{A}.csv'\nx = np.pi\ny = x.real\nz = f(A)\nw = dict(a=A)"
    (part,) = parts.split(notebook(code), [])
    kinds = {name: item.kind for item in part.statements for name in item.binds}
    constants = [name for name, kind in kinds.items() if kind == "constant"]
    assert constants == ["Player", "Pair", "A", "B", "x", "y", "w"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Step 3: Split the data into training and test sets", "split_data_training"),
        ("Task 1", ""),
        ("2. Clean the data!", "clean_data"),
        ("Hands-on: k-Means", "hands_on_k_means"),
        ("Untitled", ""),
        ("What are the latest rates of overdose by race?", "latest_rates_overdose"),
    ],
)
def test_names_are_short_and_of_whole_words(title: str, expected: str) -> None:
    assert words.short(title) == expected


def test_a_part_is_named_for_what_it_does_where_its_heading_says_nothing(tmp_path: Path) -> None:
    """And never like something of Python, or like another task."""
    code = notebook(
        "# Task 1", "prices = pd.read_csv(f)", "# Task 2", "model.fit(a)\nmodel.predict(b)",
        "# Statistics", "print(1)", "# Statistics", "print(2)", "# Pandas", "import pandas\nf()",
    )  # fmt: skip
    found = parts.split(code, [])
    words.name_parts(found, tmp_path / "birds.ipynb")
    assert [part.name for part in found] == [
        "load_prices",
        "model",
        "birds_statistics",
        "birds_statistics_2",
        "birds_pandas",
    ]
    assert words.module_name(tmp_path / "12_random.ipynb") == "random_notebook"


@pytest.mark.parametrize(
    "titles",
    [
        ("# Birds", "### Load", "### Clean"),
        ("# Birds", "**Load**", "__Clean__:"),
        ("# Birds", "<h2 align='center'>Load<h2>", "<h2>Clean</h2>"),
    ],
)
def test_other_headings_count_where_there_are_no_better_ones(titles: tuple[str, ...]) -> None:
    first, second, third = map(new_markdown_cell, titles)
    code = [new_code_cell("x = f()"), new_code_cell("print(x)")]
    found = parts.split([first, second, code[0], third, code[1]], [])
    assert [part.name for part in found] == ["Load", "Clean"]


def test_comments_at_the_top_of_cells_are_headings_at_last() -> None:
    code = notebook("# Load the birds\nx = f()", "# In[2]:\nx", "# Show them\nprint(x)")
    assert [part.name for part in parts.split(code, [])] == ["Load the birds", "Show them"]


def test_where_little_flows_is_a_good_place_to_split() -> None:
    """The words can be pasted."""
    code = notebook(
        "df = pd.read_csv(f)", "df", "df.head()", "df = df.dropna()", "a = df.a", "b = df.b",
        "c = a + b", "c.hist()\na.hist()", "d = c.mean()", "d", "plt.show(d)", "print(d)",
    )  # fmt: skip
    (part,) = parts.split(code, [])
    advice = words.suggest(part, code)
    assert advice.startswith("--split ") and "load" in advice


def test_imports_of_a_task_are_those_that_it_uses() -> None:
    """A part of a line, too."""
    (part,) = parts.split(notebook("import os, sys\nfrom a import b, c as d\nimport e"), [])
    texts = [cells.import_text(item, {"sys", "d"}) for item in part.statements]
    assert texts == ["import sys", "from a import c as d", ""]


def test_a_comment_on_a_setting_goes_with_it() -> None:
    (part,) = parts.split(notebook("# A look\nsns.set()\nx = f()"), [])
    part.statements[0].kind = "setting"
    cell = new_code_cell("# A look\nsns.set()\nx = f()")
    left = cells.body_of(cell, 1, part, {part.statements[0]})
    assert left.source == "x = f()"


def test_a_setting_stands_once() -> None:
    """The last of those that set the same; others stay, though they call the same function."""
    text = "import seaborn as sns, pandas as pd\nsns.set_style('dark')\nsns.set_style('white')\n"
    text += (
        "pd.set_option('a', 1)\npd.set_option('b', 2)\nsns.rc['a'] = 1\nsns.rc['a'] = 2\nx = f()"
    )
    found = parts.split(notebook("# A", text, "# B", "print(x)"), [])
    assert [item.text for item in functions.find_common(found)] == [
        "sns.set_style('white')",
        "pd.set_option('a', 1)",
        "pd.set_option('b', 2)",
        "sns.rc['a'] = 2",
    ]


def test_a_comment_above_a_function_becomes_its_docstring() -> None:
    """If it has none; one on one line stays as it is."""
    code = "# the rain\n# of a day\ndef f(a):\n    return a\n# b\ndef g(a): return a\n"
    code += '# c\ndef h(a):\n    """D."""\n'
    (part,) = parts.split(notebook("x = 1", code), [])
    first, second, third = map(functions.with_docstring, part.statements[1:])
    assert first == 'def f(a):\n    """The rain of a day."""\n    return a'
    assert second.startswith("# b\ndef g") and third.startswith("# c\ndef h")
    moved = flow.Flow([part], functions.find_movable([part], set()), {})
    (text,) = functions.functions_of(moved, "module", "n.ipynb").values()
    assert first in text


def test_what_is_left_to_do_is_said_with_the_reason() -> None:
    """A function that sets a global, a table that parquet would change."""
    code = "import lib\nn = lib.f()\ndef bump():\n    global n\n    n += 1\nbump()"
    found = parts.split(notebook("# A", code, "# B", "print(n)"), [])
    seen = {2: {"n": {"type": "DataFrame"}}}
    passed = flow.Flow(found, functions.find_movable(found, set()), seen)
    assert [*words.advise([], passed, files.Files(), ())] == [
        "bump (cell 2) stays in the script: it sets n by `global`. Let it return what it makes.",
        "n passes by joblib: parquet would change its types, or nan to None.",
    ]


def test_scripts_are_as_a_commit_wants_them() -> None:
    """Imports sorted at the top only; old code that breaks rules is marked, and formatted then."""
    names = ", ".join(f"argument_{number}" for number in range(6))
    script = "# %% Imports\nimport pandas\nimport os\n\n# %%\nprint(pandas, os)\n"
    script += f"import b, a\ndef f({names}, x=[1]): pass\n"
    file = Path.cwd() / "tasks" / "old.py"
    first = store.tidied({file: script.encode()})
    assert first[file].startswith(b"# %% Imports\nimport os\n\nimport pandas\n\n# %%\n")
    assert b"# noqa: B006" in first[file] and store.tidied(first) == first


TABLE = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1.0, np.nan, 3, 4, 5]})
FUNCTIONS = """
import random
def double(t, n=2): return t.assign(c=t.a * n)
def total(t): return t.b.sum()
def draw(t): return random.random()
def nothing(t): print(t)
def words(t): return [*t]
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("double", "pd.testing.assert_frame_equal(result, pd.DataFrame("),
        ("total", "np.testing.assert_allclose(result, 8.0)"),
        ("words", "assert result == ['a', 'b']"),
        ("draw", None),
        ("nothing", None),
    ],
)
def test_an_example_of_a_function_is_a_few_rows(name: str, expected: str | None) -> None:
    """With what comes out of them; none where that is another thing each time, or nothing."""
    space: dict[str, Any] = {}
    exec(FUNCTIONS, space)
    call = pickle.dumps(([TABLE], {}))
    found = EXAMPLES["example"](space[name], call)
    if expected is None:
        assert found is None
    else:
        arguments, check = found
        assert check.startswith(expected)
        assert arguments[0].startswith("pd.DataFrame({'a': [1, 2, 3, 4]")


def test_the_page_has_both_sides_and_what_is_to_do() -> None:
    """Figures and tables, too."""
    outputs = [
        new_output("display_data", {"image/png": "QUJD", "text/plain": "figure"}),
        new_output("display_data", {"text/html": "<b>table</b>"}),
        new_output("stream", text="<1>"),
    ]
    cell = new_code_cell("plot()", outputs=outputs)
    page = page_of("Birds", ["Look & see"], {"load": [(cell, cell, "cell 2: text")]})
    for text in [
        "Look &amp; see",
        "base64,QUJD",
        "<b>table</b>",
        "&lt;1&gt;",
        "<strong>cell 2: text",
    ]:
        assert text in page


def test_the_run_that_looks_leaves_no_trace_in_functions() -> None:
    """They are seen by a profiler, which ends when all were called; files by an audit hook."""
    probe = runpy.run_path(str(Path(cells.__file__).with_name("probe.py")))
    space: dict[str, Any] = {}
    exec("def add(a, *more, b=1, **rest): return a + b", space)
    function = space["add"]
    probe["listen"](space, ["add"])
    try:
        space["add"](1, 2, b=3, c=4)
        Path(__file__).read_bytes()
    finally:
        sys.setprofile(None)
    assert space["add"] is function and function.__dict__ == {}
    assert pickle.loads(probe["CALLS"]["add"]) == ([1, 2], {"b": 3, "c": 4})
    assert probe["OPENED"][__file__, __file__] is False


def test_a_table_passes_by_parquet_only_if_all_of_it_comes_back() -> None:
    survives = runpy.run_path(str(Path(cells.__file__).with_name("probe.py")))["survives"]
    assert survives(pd.DataFrame({"a": [1.5, None], "b": ["x", "y"]}))
    assert not survives(pd.DataFrame({"a": pd.Series([np.nan, "x"], dtype=object)}))
    assert not survives(pd.DataFrame({1: [2]}))


def test_a_lower_bound_is_the_lowest_version_of_the_lock() -> None:
    """Not that of this Python, which another one may not be able to install."""
    lock = declared.lock_file()
    before = lock.read_bytes()
    try:
        lock.write_text("numpy==2.4.6 ; python_version >= '3.12'\nnumpy==2.3.5\n", "utf-8")
        assert requirements.with_floor("numpy") == "numpy>=2.3.5"
    finally:
        lock.write_bytes(before)
