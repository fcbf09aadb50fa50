"""Writes what of a chart follows from form.yaml and values.yaml: its schema and the table of values in its README.

    charts.py write [NAME…]   write them, for all charts or those named
    charts.py check [NAME…]   say which are not as they would be written; ends with 1 when there are any

form.yaml is the schema of the values as a person writes it: `use: NAME` takes a field of helm-charts/fields.yaml, and
the keys beside it win; `form` makes a field of the form; defaults come from values.yaml; the order is the file's.
`words` beside a pattern say what is wanted, as the end of "This has to be …".
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

CHARTS = Path(__file__).resolve().parents[1] / "helm-charts"
GROUPS = ("Basics", "Size", "Storage", "Security", "Network", "Monitoring", "Advanced")
BEGIN, END = "<!-- values -->", "<!-- /values -->"
OPEN = object()


def names() -> list[str]:
    """Give the charts that have a form.yaml."""
    return sorted(path.parent.name for path in CHARTS.glob("*/form.yaml"))


def schema(name: str, charts: Path = CHARTS) -> dict[str, Any]:
    """Give the schema of a chart's values (draft-07). Raises ValueError for a field or a group that does not exist."""
    fields = yaml.safe_load((charts / "fields.yaml").read_text())
    form = yaml.safe_load((charts / name / "form.yaml").read_text())
    values = yaml.safe_load((charts / name / "values.yaml").read_text())
    form["properties"]["common"] = {"type": "object", "title": "The library", "additionalProperties": True}
    count = dict.fromkeys(GROUPS, 0)
    built = _node({"type": "object", **form}, fields, values, count)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **built}


def _node(node: Mapping[str, Any], fields: Mapping[str, Any], values: Any, count: dict[str, int]) -> dict[str, Any]:
    made = _used(node, fields)
    if "form" in made:
        made["x-form"] = _form(made.pop("form"), count)
    if "properties" in made:
        inner = values if isinstance(values, Mapping) else {}
        made.setdefault("additionalProperties", False)
        made["properties"] = {
            key: _node(child, fields, inner.get(key, OPEN), count) for key, child in made["properties"].items()
        }
        # A null takes a value away, and templates count on all of them. A plain "required" would say: fill this in.
        # Secrets may be missing: the portal keeps them apart from the other values.
        needed = [key for key, child in made["properties"].items() if key in inner and not child.get("writeOnly")]
        if needed:
            made["allOf"] = [{"required": needed}]
    elif values is not OPEN and (made.get("type") not in {"object", "array"} or "x-form" in made or values):
        made.setdefault("default", values)
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(made.get(key), Mapping):
            made[key] = _node(made[key], fields, OPEN, count)
    return _worded(made)


def _worded(node: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of a value with words in the place of its pattern.

    Validators print a pattern as it is, and the value with it, which may be a secret. A constant they print as what the
    value must be, and nothing more. That no value is taken for being the words themselves, they are excluded as well.
    """
    if "words" not in node:
        return node
    words = node.pop("words")
    form = {key: node.pop(key) for key in ("pattern", "not") if key in node}
    if form["pattern"].startswith("^$|"):
        words += ", or empty"
    return {**node, "if": form, "else": {"const": words, "not": {"const": words}}}


def _used(node: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    if "use" not in node:
        return copy.deepcopy(dict(node))
    if node["use"] not in fields:
        raise ValueError(f"fields.yaml has no {node['use']!r}")
    own = {key: value for key, value in node.items() if key != "use"}
    return _merged(_used(fields[node["use"]], fields), own)


def _merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(dict(base))
    for key, value in top.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _form(form: Mapping[str, Any], count: dict[str, int]) -> dict[str, Any]:
    group = form["group"]
    if group not in count:
        raise ValueError(f"there is no group {group!r}")
    count[group] += 1
    order = 100 * (GROUPS.index(group) + 1) + count[group]
    return {"order": order, "level": "advanced" if group == "Advanced" else "basic", **form}


def leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every property of a schema with its dotted path."""
    for name, child in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, child
        yield from leaves(child, here)


def table(built: Mapping[str, Any]) -> str:
    """Give the table of the form's fields as Markdown, in the order of the form."""
    fields = [(path, node) for path, node in leaves(built) if "x-form" in node]
    lines = ["| Value | What it is | Default |", "|---|---|---|"]
    for path, node in sorted(fields, key=lambda pair: pair[1]["x-form"]["order"]):
        what = f"{node['title']}. {node['description']}" if node.get("description") else node["title"]
        if "enum" in node:
            what += f" One of {', '.join(str(value) for value in node['enum'])}."
        if node["x-form"].get("immutable"):
            what += " Fixed after the first install."
        default = node.get("default")
        shown = "" if default in ("", None, {}, []) else f" `{json.dumps(default).strip(chr(34))}`"
        lines.append(f"| `{path}` | {what.replace('|', chr(92) + '|')} |{shown} |")
    return "\n".join(lines)


def written(name: str) -> dict[Path, str]:
    """Give the files of a chart as they are to be."""
    built = schema(name)
    readme = CHARTS / name / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{readme} has no {BEGIN} … {END}, where the table of values goes")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    return {
        CHARTS / name / "values.schema.json": json.dumps(built, indent=1, ensure_ascii=False) + "\n",
        readme: f"{head}{BEGIN}\n{table(built)}\n{END}{tail}",
    }


def main(arguments: Sequence[str]) -> int:
    """Write or check the files of the charts named; 0 when all is as it is to be."""
    if not arguments or arguments[0] not in {"write", "check"}:
        print(__doc__, file=sys.stderr)
        return 2
    stale = []
    for name in arguments[1:] or names():
        for path, text in written(name).items():
            if path.exists() and path.read_text() == text:
                continue
            stale.append(path)
            if arguments[0] == "write":
                path.write_text(text)
    for path in stale:
        print(f"{path.relative_to(CHARTS.parent)}: {'written' if arguments[0] == 'write' else 'run charts.py write'}")
    return 1 if stale and arguments[0] == "check" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
