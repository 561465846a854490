"""Check pipeline.yaml and env.yaml against the JSON schemas that editors underline errors by.

    python -m nbtasks.pipeline.schema FILE...

The schemas are as strict as Ploomber; they know nothing of other files, which a build looks at.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from nbtasks import project


def names() -> list[str]:
    """Return the kinds of files that have a schema: those of their names up to a dot."""
    return ["pipeline", "env"]


def text_of(name: str) -> str:
    """Return the schema of a kind of file."""
    return resources.files("nbtasks").joinpath(f"pipeline/schemas/{name}.json").read_text("utf-8")


def check(path: Path) -> list[str]:
    """Return what is wrong in a file, a line each; nothing if it is no YAML, or has no schema."""
    from jsonschema import Draft7Validator

    kind = path.name.partition(".")[0]
    if kind not in names() or path.suffix not in (".yaml", ".yml"):
        return []
    try:
        text = path.read_text(encoding="utf-8")
        found, tree = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):  # another check says so, and where
        return []
    if tree is None:
        return [] if kind == "env" else [f"{path.name}: it is empty"]
    said: dict[tuple[int, str], str] = {}
    for error in Draft7Validator(json.loads(text_of(kind))).iter_errors(found):
        for way, sentence in explain(error):
            line = line_of(tree, way)
            said.setdefault((line, sentence.partition(";")[0]), sentence)
    return [f"{path.name}:{line}: {sentence}" for (line, _), sentence in sorted(said.items())]


def explain(error: Any) -> Iterator[tuple[list[Any], str]]:
    """Yield where something is wrong, as keys and numbers from the top, and what it is."""
    way: list[Any] = list(error.absolute_path)
    schema = error.schema
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", ()))
        for key in (key for key in error.instance if key not in known):
            yield [*way, key], unknown(key, known)
    elif "propertyNames" in error.absolute_schema_path:
        yield [*way, error.instance], unknown(error.instance, schema.get("enum", ()))
    elif error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        yield way, f"{missing} is missing"
    elif error.validator == "enum" and way[-1] in ("upstream", "product"):
        yield way, f"{way[-1]} is what the script says, unless meta says otherwise; leave it out"
    else:
        yield way, f"{name_of(way)} can't be {shown(error.instance)}{allowed(error)}"


def name_of(way: list[Any]) -> str:
    """Return what a value is called: by its key, or by that of the list that it is in."""
    if not way:
        return "the file"
    return f"an item of {name_of(way[:-1])}" if isinstance(way[-1], int) else str(way[-1])


def unknown(key: object, known: Sequence[str]) -> str:
    """Say that there is no such key, and which may be meant."""
    near = difflib.get_close_matches(str(key), known, n=1)
    meant = f"; did you mean {near[0]}?" if near and near[0] != key else ""
    return f"there is no key {key} here{meant}"


def allowed(error: Any) -> str:
    """Return which values there are, if they can be listed."""
    parts = [error.schema, *error.schema.get("anyOf", ())]
    listed = [value for part in parts for value in part.get("enum", ())]
    return f"; it can be {', '.join('null' if v is None else str(v) for v in listed)}" * bool(
        listed
    )


def shown(value: object) -> str:
    """Return a value as it is written, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:40]}..."


def line_of(tree: Any, way: list[Any]) -> int:
    """Return the line of a value, or of its key, or else of what it would be in."""
    node, line = tree, tree.start_mark.line
    for part in way:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[part]
            line = node.start_mark.line
        else:
            pairs = [pair for pair in node.value if str(pair[0].value) == str(part)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line, pairs[0][1]
    return int(line) + 1


def main(arguments: list[str]) -> int:
    """Print what is wrong in some files; return 1 if anything is."""
    files = [Path(name) for name in arguments] or sorted(project.root().glob("*.yaml"))
    found = [line for file in files for line in check(file)]
    print("\n".join(found), end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
