"""Where the lock has two versions of a package, what the machinery writes holds for both."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
from conftest import BIN, Project, clean_environ, found_pythons

from nbtasks.environment.lock import read_versions
from nbtasks.importer import probe
from nbtasks.importer.functions import schemas_text

pytestmark = pytest.mark.slow

PROBE = probe.__file__
NEEDED = ("pandas[parquet]", "pandera[pandas]", "joblib")
#: What `import` does with the tables of a notebook: its kernel looks at each column.
WRITE = """\
import json, runpy, sys
import pandas as pd

tables = json.loads(sys.argv[1])
table = pd.DataFrame({name: eval(code) for name, code in tables.items()})
table.to_parquet(sys.argv[2])
describe = runpy.run_path(sys.argv[3])["describe"]
print(json.dumps({name: describe(table[name]) for name in table}))
"""
#: What a build does with them.
CHECK = """\
import json, sys
import pandas as pd
import pandera.pandas as pa

SCHEMAS = {}
exec(sys.argv[1])
table = pd.read_parquet(sys.argv[2])
for kept in (table, table.astype(json.loads(sys.argv[3]))):
    SCHEMAS["get"]["data"].validate(kept, lazy=True)
"""
#: The same moments in another resolution, as other versions of pandas have them.
OTHER = {
    "parsed": "datetime64[ns]",
    "range": "datetime64[s]",
    "zone": "datetime64[ns, UTC]",
    "delta": "timedelta64[ns]",
}
COLUMNS = {
    "text": 'pd.Series(["a", None, "c"])',
    "string": 'pd.Series(["a", None, "c"], dtype="string")',
    "objects": 'pd.Series(["a", None, "c"], dtype=object)',
    "fixed": 'pd.Series(__import__("numpy").array(["a", "b", "c"]))',
    "parsed": 'pd.to_datetime(pd.Series(["2026-01-02", "2026-01-03", None]))',
    "range": 'pd.Series(pd.date_range("2026-01-02", periods=3))',
    "zone": 'pd.Series(pd.date_range("2026-01-02", periods=3, tz="UTC"))',
    "delta": 'pd.Series(pd.to_timedelta(["1 days", "2 days", "3 days"]))',
    "category": 'pd.Series(["a", "b", "a"], dtype="category")',
    "flag": "pd.Series([True, False, True])",
    "maybe": 'pd.Series([True, None, True], dtype="boolean")',
    "count": "pd.Series([1, 2, 3])",
    "counts": 'pd.Series([1, None, 3], dtype="Int64")',
    "size": "pd.Series([1.5, None, 3])",
    "day": "pd.Series([__import__('datetime').date(2026, 1, 2)] * 3)",
}


@pytest.fixture(scope="module")
def environments(
    bake: Callable[..., Project], uv: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Return the Pythons of environments with the oldest and the newest versions of the lock."""
    project, pythons = bake(), found_pythons()
    made = []
    for python in (pythons[0], pythons[-1]):
        venv = tmp_path_factory.mktemp("environment") / "venv"
        project.run(uv, "venv", "--quiet", "--python", python, venv)
        where = ("--python", venv / BIN / "python", "--constraint", "requirements.lock")
        project.run(uv, "pip", "install", "--quiet", *where, *NEEDED)
        made.append(venv / BIN / "python")
    code = "import numpy, pandas; print(numpy.__version__, pandas.__version__)"
    found = {project.run(python, "-c", code).stdout for python in made}
    locked = read_versions(project.read("requirements.lock"))
    assert len(found) == max(len({*locked[name]}) for name in ("numpy", "pandas")), found
    return made


def test_schemas_hold_for_both(environments: list[Path], tmp_path: Path, home: Path) -> None:

    project = Project(tmp_path, "", clean_environ(home))
    for writer, reader in [*permutations(environments), (environments[0],) * 2]:
        write = (writer, "-W", "error", "-c", WRITE, json.dumps(COLUMNS), "table.parquet", PROBE)
        columns = json.loads(project.run(*write).stdout)
        schemas = schemas_text({"get": {"data": columns}}, "old.ipynb")
        rest = ("table.parquet", json.dumps(OTHER))
        assert project.run(reader, "-c", CHECK, schemas, *rest).stdout == ""
        wrong = schemas.replace("'text': pa.Column('str'", "'text': pa.Column('int64'")
        done = project.run(reader, "-c", CHECK, wrong, *rest, check=False)
        assert done.returncode and "SchemaErrors" in done.stdout
