"""What Ploomber calls while it runs the pipeline; pipeline.yaml says when.

Every ploomber command imports this module, so it imports nothing that is slow.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "{{ cookiecutter.package_name }}"
#: An import of something in this package, by its name or by a dot.
IMPORT = re.compile(rf"(?m)^\s*(?:from|import)\s+(?:{SOURCES.name}\b|\.)(?:\([^)]*\)|[^(\n])*")
#: Name of the task -> fingerprint of the functions it used when it was last looked at.
FINGERPRINTS: dict[str, str] = {}
#: What Ploomber knows about a product that has never been made.
NEVER_MADE = {"timestamp": None, "stored_source_code": None, "params": None}


def check_table(task: Any, product: Any) -> None:
    """Check the table that a task has made: its integrity test.

    Parameters
    ----------
    task
        The Ploomber task, which has just run.
    product
        Its products; ``data`` is the table.

    Raises
    ------
    FileNotFoundError
        If the task has not written its products.
    schemas.IntegrityError
        If the table is not as the schema of this task says. The build then
        fails, and the next one makes the table again.
    """
    import pandas as pd

    from {{ cookiecutter.package_name }} import schemas

    check_written(task, product)
    schemas.check(pd.read_parquet(product["data"]), task.name)


def check_written(task: Any, product: Any) -> None:
    """Refuse products that are left over from an earlier run, and note how they were made.

    Parameters
    ----------
    task
        The Ploomber task, which has just run.
    product
        Its products.

    Raises
    ------
    FileNotFoundError
        If the task has not written one of them.
    """
    for file in product:
        path = Path(file)
        if not path.exists() or (note_of(path).exists() and not is_newer_than_note(path)):
            raise FileNotFoundError(f"task {task.name!r} has not written its product {path}")
    used = FINGERPRINTS.get(task.name) or fingerprint(task)
    functions_note(task).write_text(used, encoding="utf-8")


def check_pipeline(dag: Any) -> None:
    """Check the parameters, and find out which products can't be trusted.

    Ploomber looks at the script of a task only: a task whose functions in
    this package have changed is run again too, and so is one whose table does
    not match a schema that has changed. And Ploomber would take a product for
    up to date if an earlier run had made it, although the last one was cut
    short: a product written after that success was noted is made again.

    Parameters
    ----------
    dag
        The pipeline, about to be run or shown.

    Raises
    ------
    ValueError
        If a parameter does not exist or its value has the wrong type, or if a
        task has no integrity test.
    """
    check_parameters(dag)
    for name, task in dag.items():
        if task.on_finish is None:
            raise ValueError(
                f"task {name!r} has no integrity test: in pipeline.yaml, give it `on_finish: "
                f"{SOURCES.name}.hooks.check_table`, or check_written if it makes no table"
            )
    FINGERPRINTS.update({name: fingerprint(task) for name, task in dag.items()})
    up_to_date = [task for task in dag.values() if task.exec_status.name == "Skipped"]
    outdated = [
        task.name
        for task in up_to_date
        if any(is_newer_than_note(Path(file)) for file in task.product)
        or has_new_functions(task)
        or breaks_new_schema(task)
    ]
    if outdated:
        for name, task in dag.items():
            if name in outdated:
                task.product.metadata.update_locally(NEVER_MADE)
            else:
                task.product.metadata.clear()  # it may depend on one that is outdated
        dag.render(show_progress=False)


def fingerprint(task: Any) -> str:
    """Return a short name for all that a task imports from this package.

    Parameters
    ----------
    task
        The Ploomber task. Its modules are found by the imports in its script,
        and in turn by theirs.

    Returns
    -------
    str
        Changes whenever one of these modules does.
    """
    package = SOURCES / "__init__.py"
    sources = {package: package.read_text(encoding="utf-8")}
    texts = [Path(task.source.loc).read_text(encoding="utf-8"), sources[package]]
    for text in texts:
        words = set(re.findall(r"\w+", " ".join(IMPORT.findall(text))))
        for path in SOURCES.rglob("*.py") if words else ():
            if path.stem in words and path not in sources:
                sources[path] = path.read_text(encoding="utf-8")
                texts.append(sources[path])
    contents = "".join(sources[path] for path in sorted(sources))
    return hashlib.sha256(contents.encode()).hexdigest()


def functions_note(task: Any) -> Path:
    """Return the file that keeps the fingerprint of the functions a product was made with."""
    return Path(str(task.product["nb"])).with_name(f".{task.name}.functions")


def has_new_functions(task: Any) -> bool:
    """Tell whether functions that a task uses have changed since it made its products."""
    note = functions_note(task)
    return not note.exists() or note.read_text(encoding="utf-8") != FINGERPRINTS[task.name]


def breaks_new_schema(task: Any) -> bool:
    """Tell whether schemas.py has changed since, and does not allow the table of a task now."""
    note = functions_note(task)
    is_table = check_table.__name__ in str(task.on_finish)
    if not is_table or (SOURCES / "schemas.py").stat().st_mtime <= note.stat().st_mtime:
        return False

    import pandas as pd

    from {{ cookiecutter.package_name }} import schemas

    try:
        schemas.check(pd.read_parquet(str(task.product["data"])), task.name)
    except schemas.IntegrityError:
        return True
    note.touch()
    return False


def note_of(path: Path) -> Path:
    """Return the file in which Ploomber notes that a product is complete."""
    return path.with_name(f".{path.name}.metadata")


def is_newer_than_note(path: Path) -> bool:
    """Tell whether a product was written after Ploomber noted that it is complete."""
    return path.stat().st_mtime > note_of(path).stat().st_mtime


def check_parameters(dag: Any) -> None:
    """Refuse parameters that env.yaml or a notebook lacks, and values of another type than there.

    Parameters
    ----------
    dag
        The pipeline. Its tasks hold the parameters in use, be they from a
        file or from the command line.

    Raises
    ------
    ValueError
        If there is such a parameter; the message lists those that exist.
    """
    folder = next(p for p in [Path.cwd(), *Path.cwd().parents] if (p / "pipeline.yaml").exists())
    known = read_parameters(folder / "env.yaml")
    given = {path.name: read_parameters(path) for path in folder.glob("env.*.yaml")}
    for task in dag.values():
        given[f"task {task.name!r}"] = {
            name: value for name, value in task.params.items() if name in known
        }
        script = Path(task.source.loc)
        text = script.read_text(encoding="utf-8")
        for name in sorted(set(task.params) - {"upstream", "product"}):
            if not re.search(rf"(?m)^{re.escape(name)}\b.*=", text):
                raise ValueError(
                    f"task {task.name!r}: pipeline.yaml gives it the parameter {name}, but the "
                    f"cell tagged `parameters` of {script.name} has no line `{name} = None`"
                )
    for where, parameters in given.items():
        unknown = sorted(set(parameters) - set(known))
        if unknown:
            raise ValueError(
                f"{where}: there is no parameter {', '.join(unknown)}; "
                f"those that exist (env.yaml): {', '.join(known)}"
            )
        for name, value in parameters.items():
            if not has_same_type(value, known[name]):
                raise ValueError(
                    f"{where}: the parameter {name} can't be {value!r}; in env.yaml it is "
                    f"{known[name]!r} ({type(known[name]).__name__})"
                )


def read_parameters(path: Path) -> dict[str, Any]:
    """Read a file of parameters, without its ``meta`` section."""
    parameters = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: value for name, value in parameters.items() if name != "meta"}


def has_same_type(value: object, example: object) -> bool:
    """Tell whether a value has the type of the example, or is a whole number for a float."""
    return type(value) is type(example) or (type(example) is float and type(value) is int)
