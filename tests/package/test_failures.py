"""What is printed, shown and kept of a task that has failed: its line, its error, what to type."""

from __future__ import annotations

import re
from pathlib import Path

import plain
import pytest

pytestmark = pytest.mark.slow

ONE = "  - source: tasks/one.py\n    product: {nb: out/one.ipynb, data: out/one.parquet}\n"
TWO = f"{ONE}  - source: tasks/two.py\n    product: {{nb: out/two.ipynb, data: out/two.parquet}}\n"
FUNCTION = "  - source: pkg.make.make\n    product: out/made.txt\n"
SAVE = "import pandas as pd\npd.DataFrame({'a': [1, 2]}).to_parquet(product['data'])\n"
#: What nobody wants to read: our internals, those of libraries, offers of help.
NOISE = ("Traceback", "site-packages", "nbtasks/", "ploomber.io", "exceptions.", "=====")


def make(folder: Path, pipeline: str = ONE, **files: str) -> plain.Plain:
    """Return a pipeline with a package `pkg`."""
    project = plain.make(folder)
    project.environ["PYTHONPATH"] += f":{folder / 'src'}"
    project.package = "pkg"
    project.pipeline(pipeline)
    project.write("pyproject.toml", "[tool.nbtasks]\n")
    project.write("src/pkg/__init__.py", "")
    for name, text in files.items():
        project.write(f"src/pkg/{name}.py", text)
    return project


def fail(project: plain.Plain) -> list[str]:
    """Return the lines of a build that fails, from the empty one above the task on."""
    done = project.ploomber("build", check=False)
    assert done.returncode == 1, done.stdout
    assert not [word for word in NOISE if word in done.stdout], done.stdout
    lines = done.stdout.rstrip().splitlines()
    shown = lines[lines.index("") + 1 :]
    assert len(shown) <= 16, done.stdout
    return shown


def test_a_cell_is_named_by_its_line_in_the_script(tmp_path: Path) -> None:
    project = make(tmp_path)
    again = "y = 2\n\n1 / 0\n"
    project.task(
        f"# %% [markdown]\n# {again[:6]}\n\n# %%\ntotal = 1\n\n# %%\n{again}\n# %%\n{again}"
    )
    line = project.read("tasks/one.py").splitlines().index("1 / 0") + 1

    assert fail(project) == [
        "The task 'one' (tasks/one.py) has failed:",
        f"  tasks/one.py:{line}: 1 / 0",
        "  ZeroDivisionError: division by zero",
        "The notebook as far as it ran: out/one.ipynb",
        "",
        "When that is mended, to run what is left: ploomber build",
    ]
    page = project.read("out/index.html")
    assert f"tasks/one.py:{line}: 1 / 0\nZeroDivisionError: division by zero" in page


def test_of_two_like_cells_the_one_that_failed_is_named(tmp_path: Path) -> None:
    project = make(tmp_path)
    project.task("left = [1]\n\n# %%\nleft.pop()\n\n# %%\nleft.pop()\n")
    last = len(project.read("tasks/one.py").splitlines())
    assert f"  tasks/one.py:{last}: left.pop()" in fail(project)


def test_cells_with_magics_and_functions_of_earlier_cells_are_found(tmp_path: Path) -> None:
    project = make(tmp_path)
    project.task("def halve(x):\n    return x / 0\n\n# %%\n# %precision 3\n\nhalve(3)\n")
    lines = project.read("tasks/one.py").splitlines()
    assert fail(project)[1:3] == [
        f"  tasks/one.py:{lines.index('halve(3)') + 1}: halve(3)",
        f"  tasks/one.py:{lines.index('    return x / 0') + 1}: return x / 0",
    ]


def test_functions_of_the_project_are_named_down_to_the_last(tmp_path: Path) -> None:
    code = "def inner(d):\n    return d['b']\n\n\ndef outer(d):\n    return inner(d)\n"
    project = make(tmp_path, clean=code)
    project.task(
        "import pandas as pd\nfrom pkg.clean import outer\nouter(pd.DataFrame({'a': [1]}))"
    )
    line = len(project.read("tasks/one.py").splitlines())
    assert fail(project)[1:5] == [
        f"  tasks/one.py:{line}: outer(pd.DataFrame({{'a': [1]}}))",
        "  src/pkg/clean.py:6: return inner(d)",
        "  src/pkg/clean.py:2: return d['b']",
        "  KeyError: 'b'",
    ]


def test_a_chain_of_calls_is_cut_and_a_cause_is_named(tmp_path: Path) -> None:
    code = "def down(n):\n    if n:\n        return down(n - 1)\n    try:\n        return {}['k']\n"
    code += "    except KeyError as error:\n        raise ValueError('no data') from error\n"
    project = make(
        tmp_path, clean=code, make="from pkg.clean import down\ndef make(product):\n    down(9)\n"
    )
    project.pipeline(FUNCTION)
    shown = fail(project)
    assert shown[1:] == [
        "  src/pkg/make.py:3: down(9)",
        "  src/pkg/clean.py:3: return down(n - 1)",
        "  src/pkg/clean.py:7: raise ValueError('no data') from error",
        "  ValueError: no data",
        "    from KeyError: 'k' (src/pkg/clean.py:5)",
        "The whole traceback: ploomber task make",
        "",
        "When that is mended, to run what is left: ploomber build",
    ]
    calls = "\n".join(f"def f{n}():\n    f{n + 1}()" for n in range(12))
    project.write(
        "src/pkg/make.py", f"def make(product):\n    f0()\n{calls}\ndef f12():\n    1 / 0\n"
    )
    shown = fail(project)
    assert shown[1:4] == ["  src/pkg/make.py:2: f0()", "  ...", "  src/pkg/make.py:22: f10()"]
    assert shown[6:8] == ["  src/pkg/make.py:28: 1 / 0", "  ZeroDivisionError: division by zero"]


def test_what_a_library_does_below_a_function_is_left_out(tmp_path: Path) -> None:
    code = "import pandas as pd\n\n\ndef make(product):\n    pd.read_csv('nothing.csv')\n"
    shown = fail(make(tmp_path, FUNCTION, make=code))
    assert shown[:3] == [
        "The task 'make' (src/pkg/make.py) has failed:",
        "  src/pkg/make.py:5: pd.read_csv('nothing.csv')",
        "  FileNotFoundError: [Errno 2] No such file or directory: 'nothing.csv'",
    ]


def test_a_hook_is_named_by_its_line(tmp_path: Path) -> None:
    project = make(tmp_path, f"{ONE}    on_finish: pkg.hooks.after\n")
    project.write("src/pkg/hooks.py", "def after(product):\n    assert 2 > 3, 'too small'\n")
    project.task(SAVE)
    shown = fail(project)
    assert shown[1:3] == [
        "  src/pkg/hooks.py:2: assert 2 > 3, 'too small'",
        "  AssertionError: too small",
    ]


def test_sql_and_shell_scripts_are_named(tmp_path: Path) -> None:
    project = make(tmp_path)
    project.write("tasks/q.sql", "CREATE TABLE {{product}} AS\nSELECT *\nFROM nowhere\n")
    project.write(
        "tasks/s.sh", "for n in $(seq 99); do echo $n; done\ncat gone.txt > {{product}}\n"
    )
    project.write(
        "clients.py",
        "from ploomber.clients import SQLAlchemyClient\n"
        "def get():\n    return SQLAlchemyClient('sqlite:///d.db')\n",
    )
    project.pipeline(
        "  - source: tasks/q.sql\n    product_class: SQLiteRelation\n    product: [t, table]\n"
        "    client: clients.get\n    product_client: clients.get\n"
        "  - source: tasks/s.sh\n    product: out/s.txt\n"
    )
    done = project.ploomber("build", check=False).stdout
    assert not [word for word in NOISE if word in done], done
    assert "tasks/q.sql:3: FROM nowhere\n  OperationalError: no such table: nowhere\n" in done
    task = done[done.index("The task 's' (tasks/s.sh) has failed:") :]
    assert "cat: gone.txt: No such file or directory\n" in task
    assert "lines more)" in task and task.count("\n") < 30


BROKEN = "import pandera.pandas as pa\n\nSCHEMAS = {\n    '*': pa.DataFrameSchema(%s),\n}\n"


@pytest.mark.parametrize(
    ("schemas", "says"),
    [
        (
            BROKEN % "{'a': pa.Column('notatype')}",
            [
                "  src/pkg/schemas.py can't be imported:",
                "  src/pkg/schemas.py:4: '*': pa.DataFrameSchema({'a': pa.Column('notatype')}),",
                "  TypeError: data type 'notatype' not understood",
            ],
        ),
        (
            f"from pkg.gone import x\n{BROKEN % ''}",
            [
                "  src/pkg/schemas.py can't be imported:",
                "  src/pkg/schemas.py:1: from pkg.gone import x",
                "  ModuleNotFoundError: No module named 'pkg.gone'",
            ],
        ),
        ("SCHEMAS = {'*': 3}\n", ["  src/pkg/schemas.py: SCHEMAS['*'] is no schema: 3"]),
    ],
    ids=["a schema", "an import", "no schema"],
)
def test_schemas_that_are_broken_are_told_of_once(
    tmp_path: Path, schemas: str, says: list[str]
) -> None:
    project = make(tmp_path, TWO, schemas=schemas)
    project.task(SAVE)
    project.task(SAVE, "two")
    assert fail(project) == [
        "The tasks 'one' (tasks/one.py), 'two' (tasks/two.py) failed:",
        *says,
        "",
        "When that is mended, to run what is left: ploomber build",
    ]


def test_schemas_that_are_no_python_are_refused_before_tasks_run(tmp_path: Path) -> None:
    project = make(tmp_path, schemas=f"{BROKEN % ''}\nSCHEMAS[\n")
    project.task(SAVE)
    done = project.ploomber("build", check=False)
    assert done.returncode == 1
    assert "\nError: src/pkg/schemas.py:7: '[' was never closed\n" in done.stdout
    assert not (tmp_path / "out").exists()


def test_two_tables_that_break_their_schemas_are_both_told(tmp_path: Path) -> None:
    project = make(tmp_path, TWO, schemas=BROKEN % "{'a': pa.Column(int, pa.Check.gt(1))}")
    project.task(SAVE)
    project.task(SAVE, "two")
    shown = "\n".join(fail(project))
    for name in ("one", "two"):
        assert (
            f"The task '{name}' (tasks/{name}.py) has failed:\n"
            f"  The table of task '{name}' is not as its schema in schemas.py says:\n"
            "    column a, check greater_than(1): 1 of 2 rows, first\n" in shown
        )


def test_a_check_that_fails_at_the_start_is_a_sentence(tmp_path: Path) -> None:
    project = make(tmp_path)
    project.task(SAVE)
    project.write("env.yaml", "limit: 1\n")
    text = project.read("pipeline.yaml")
    project.write(
        "pipeline.yaml",
        text.replace("out/one", "out/{{limit}}")
        .replace("{nb: ", '{nb: "')
        .replace(", data: ", '", data: "')
        .replace("parquet}", 'parquet"}'),
    )
    project.write("env.production.yaml", "meta: {import_from: env.yaml}\nlimits: 2\n")
    said = "env.production.yaml: there is no parameter limits; those that exist"
    printed = project.build(check=False)
    assert f"\nError: {said}" in printed
    printed = printed[printed.index("Error: ") :]
    assert not [word for word in NOISE if word in printed], printed
    status = project.nbtasks("status", check=False).stdout
    assert said in status
    assert not [word for word in (*NOISE, "on_render") if word in status], status


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (
            "tasks/wnid.py",
            "pipeline.yaml:4: there is no file tasks/wind.py. Did you mean tasks/wnid.py?",
        ),
        (
            "tasks/meteo.py",
            "pipeline.yaml:4: there is no file tasks/wind.py. Did you mean tasks/meteo.py?",
        ),
        ("", "pipeline.yaml:4: there is no file tasks/wind.py. Has it been renamed?"),
    ],
)
def test_a_renamed_script_is_named_with_the_line_of_the_pipeline(
    tmp_path: Path, written: str, says: str
) -> None:
    project = make(tmp_path, "  - source: tasks/wind.py\n    product: out/wind.ipynb\n")
    if written:
        project.write(written, plain.SCRIPT)
    for printed in (project.build(check=False), project.nbtasks("status", check=False).stdout):
        assert says in printed
        assert "scaffold" not in printed and "Traceback" not in printed
    project.nbtasks("smoke", tmp_path / "smoke", check=False)
    log = (tmp_path / "smoke" / "pipeline.yaml.log").read_text()
    assert says in log


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "pkg.make.made",
            "pipeline.yaml:4: src/pkg/make.py has no function made. Did you mean make?",
        ),
        ("pkg.mack.make", "pipeline.yaml:4: there is no module pkg.mack. Did you mean pkg.make?"),
        ("pkg.zebra.make", "pipeline.yaml:4: there is no module pkg.zebra\n"),
    ],
)
def test_a_missing_function_is_named(tmp_path: Path, source: str, says: str) -> None:
    project = make(
        tmp_path, FUNCTION.replace("pkg.make.make", source), make="def make(product): 1\n"
    )
    assert project.nbtasks("status", check=False).stdout.startswith(says)


@pytest.mark.parametrize(
    "code",
    [
        "from pkg.other import make\n",
        "from pkg.other import *\n",
        "import pkg.other\ndef __getattr__(name):\n    return pkg.other.make\n",
        "try:\n    from pkg.gone import make\nexcept OSError:\n    pass\nexcept ImportError:\n"
        "    from pkg.other import make\n",
    ],
)
def test_a_function_that_is_there_in_another_way_is_not_refused(tmp_path: Path, code: str) -> None:
    project = make(tmp_path, FUNCTION, make=code, other="def make(product):\n    pass\n")
    assert "will run" in project.nbtasks("status").stdout


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("pipeline.yaml", "tasks: *none\n", "line 1, column 8: found undefined alias 'none'"),
        ("pipeline.yaml", "tasks:\n\t- source: a.py\n", "line 2, column 1: found character '\\t'"),
        ("pipeline.yaml", "tasks: {{x}}\n", 'a placeholder goes between quotes: "{{name}}"'),
        (
            "pipeline.yaml",
            f"tasks:\n{ONE}    product: x\n",
            "line 4: 'product' is there already, in line 3",
        ),
        ("pipeline.yaml", "tasks: [{source: a, source: b}]\n", "line 1: 'source' is there already"),
        ("env.yaml", "a: 1\nb: [2\n", "line 3, column 1: expected ',' or ']'"),
        ("env.yaml", "a: 1\nb: 2\na: 3\n", "line 3: 'a' is there already, in line 1"),
        ("env.production.yaml", "a: b: c\n", "line 1, column 5: mapping values are not allowed"),
        ("env.yaml", "a: !own 3\n", "line 1, column 4: could not determine a constructor"),
        ("env.yaml", "a: \x07\n", "can't be read: unacceptable character"),
    ],
)
def test_yaml_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, file: str, text: str, says: str
) -> None:
    project = make(tmp_path)
    project.task(SAVE)
    project.write(file, text)
    printed = project.nbtasks("status", check=False)
    assert printed.returncode == 1
    assert re.match(rf"{re.escape(file)}[ ,]", printed.stdout) and says in printed.stdout
    assert len(printed.stdout.splitlines()) == 1, printed.stdout


def test_yaml_with_anchors_and_merges_is_read(tmp_path: Path) -> None:
    project = make(tmp_path, TWO)
    project.task(SAVE)
    project.task(SAVE, "two")
    own = "product: {<<: {nb: out/3.ipynb}, <<: {log: out/log.txt}, nb: out/two.ipynb"
    text = project.read("pipeline.yaml").replace("product: {nb: out/two.ipynb", own)
    project.write("pipeline.yaml", text)
    assert "two  will run" in project.nbtasks("status").stdout


def test_the_smoke_test_says_the_line_too(tmp_path: Path) -> None:
    project = make(tmp_path / "project")
    project.task("total = 1\n\n# %%\n1 / 0\n")
    printed = project.nbtasks("smoke", tmp_path / "made", check=False).stdout
    assert printed.startswith("pipeline.yaml:\nThe task 'one' (tasks/one.py) has failed:\n")
    assert "  tasks/one.py:9: 1 / 0\n  ZeroDivisionError: division by zero\n" in printed
    assert "ploomber build" not in printed and not [word for word in NOISE if word in printed]
