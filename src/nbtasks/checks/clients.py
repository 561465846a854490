"""Know which functions make the clients, such as a connection to a database, of a task.

Ploomber calls them before it hands over the pipeline, and forgets which they were; so they
are read from pipeline.yaml.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from nbtasks.pipeline import options, pipeline_file
from nbtasks.pipeline.tasks import Task

#: How a fingerprint of what pipeline.yaml passes to such a function is called.
PASSED = "clients in pipeline.yaml"


def makers(task: Task) -> Iterator[tuple[str, str]]:
    """Yield the dotted paths of the functions that make the clients of a task.

    Yields
    ------
    tuple of str
        A dotted path, and a fingerprint of what is passed to the function, "" for nothing.
        Where files are copied to does not count: they are the same there.
    """
    is_file = all(product.path is not None for product in task.products.values())
    if not task.has_client and is_file:
        return
    pipeline = pipeline_file.read(options.pipeline_path())
    kinds = task.kinds - {"File"}
    given = [(pipeline.get("clients") or {}).get(kind) for kind in sorted(kinds)]
    for entry in pipeline.get("tasks") or []:
        if fnmatchcase(task.name, re.sub(r"\[\[.*?\]\]", "*", pipeline_file.name_of(entry))):
            given += [entry.get("client"), None if is_file else entry.get("product_client")]
    for spec in filter(None, given):
        passed = dict(spec) if isinstance(spec, dict) else {"dotted_path": spec}
        path = str(passed.pop("dotted_path"))
        yield path, hashlib.sha256(repr(passed).encode()).hexdigest() if passed else ""
