"""What a package says of itself (package.yaml), checked against the chart it comes with, or derived from the chart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.rules import documents, validation
from catalog.rules.archive import Archive
from catalog.rules.faults import ArchiveRefused
from catalog.rules.ranges import is_in
from catalog.rules.schema import properties
from catalog.rules.values import Layer, conditions, find, keys_of, merge
from catalog.rules.versions import is_version

CATEGORIES = {
    "databases": "Databases",
    "streaming": "Streaming",
    "caches": "Caches",
    "compute": "Compute",
    "machine-learning": "Machine learning",
    "storage": "Storage",
    "observability": "Observability",
    "web": "Web",
    "other": "Other",
}
_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$")
_ABSENT = object()


def check_metadata(metadata: Any, folder: str) -> Mapping[str, Any]:
    """Give Chart.yaml's data when a chart can be published by it; raise ArchiveRefused otherwise."""
    if not isinstance(metadata, Mapping):
        raise ArchiveRefused("chart.metadata", "Chart.yaml is not a map.")
    name, version = metadata.get("name"), metadata.get("version")
    if not isinstance(name, str) or not _NAME.match(name):
        raise ArchiveRefused(
            "chart.name", "The chart's name is not small letters, digits and dashes (at most 53 characters)."
        )
    if name != folder:
        raise ArchiveRefused("chart.name", f"The chart is called {name} but its folder is called {folder[:60]!r}.")
    if not isinstance(version, str) or not is_version(version):
        raise ArchiveRefused("chart.version", "The chart's version is not a semantic version such as 1.2.0.")
    if metadata.get("apiVersion") not in ("v1", "v2"):
        raise ArchiveRefused("chart.metadata", "The chart's apiVersion is neither v1 nor v2.")
    if metadata.get("type", "application") != "application":
        raise ArchiveRefused("chart.library", "A library chart cannot be installed by itself.")
    return metadata


def read(archive: Archive, package_schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give package.yaml of the archive, checked for its shape; raise ArchiveRefused when it is not right."""
    data = documents.load(archive.files["package.yaml"], "package.yaml")
    check_shape(data, package_schema)
    return dict(data)


def check_shape(data: Any, package_schema: Mapping[str, Any]) -> None:
    """Give nothing; raise ArchiveRefused when the definition does not have the shape of a package.yaml."""
    if not isinstance(data, Mapping):
        raise ArchiveRefused("package.invalid", "package.yaml is not a map.")
    found = validation.problems(package_schema, data)
    if found:
        said = "; ".join(f"{problem.path}: {problem.message}" for problem in found[:3])
        raise ArchiveRefused("package.invalid", f"package.yaml: {said}")


def read_plans(definition: Mapping[str, Any], archive: Archive) -> list[dict[str, Any]]:
    """Give the plans with their values; each is an overlay that lies in the archive."""
    plans: list[dict[str, Any]] = []
    for entry in definition.get("plans") or []:
        path = entry.get("values")
        if isinstance(path, Mapping):
            values: Any = dict(path)
        elif path in archive.files:
            values = documents.load(archive.files[path], path) or {}
        else:
            raise ArchiveRefused("package.plan", f"The values of the plan {entry['name']} ({path}) are not there.")
        if not isinstance(values, Mapping):
            raise ArchiveRefused("package.plan", f"The values of the plan {entry['name']} are not a map.")
        plans.append(
            {
                "name": entry["name"],
                "title": entry.get("title") or entry["name"].title(),
                "summary": entry.get("summary", ""),
                "recommended": bool(entry.get("recommended", False)),
                "values": dict(values),
                "requests": None,
            }
        )
    names = [plan["name"] for plan in plans]
    if len(names) != len(set(names)):
        raise ArchiveRefused("package.plan", "Two plans have the same name.")
    return plans


def inconsistencies(
    definition: Mapping[str, Any],
    values: Mapping[str, Any],
    schema: Mapping[str, Any],
    plans: list[dict[str, Any]],
) -> list[str]:
    """Give what in the definition does not fit the chart, as sentences."""
    found = [
        f"{where} names {places[0]}, which the chart's values do not have."
        for where, places in _paths(definition)
        if not any(_exists(path, values, schema) for path in places)
    ]
    found += _wrong_commands(definition)
    found += _wrong_ranges(definition)
    for plan in plans:
        merged = merge([Layer("chart", values), Layer("plan", plan["values"])]).values
        for problem in validation.problems(schema, merged)[:3]:
            found.append(f"The plan {plan['name']}: {problem.path}: {problem.message}")
    return found


def _paths(definition: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Give (part, places) of every value that is named; where a part counts the items of a list, they may have it."""
    for part in ("scaling", "guards", "volumes", "upgrades", "costs", "procedures", "snippets"):
        for entry in definition.get(part) or []:
            items = [f"{entry['per']}.*."] if "per" in entry else []
            asked = (condition["path"] for key in ("when", "showIf") for condition in conditions(entry.get(key)))
            for path in (entry.get("path"), entry.get("confirm"), entry.get("times"), *asked):
                if isinstance(path, str):
                    yield part, [path, *(item + path for item in items)]
            if items:
                yield part, [entry["per"]]
            if "own" in entry:
                yield part, [items[0] + entry["own"]]


def _wrong_commands(definition: Mapping[str, Any]) -> Iterator[str]:
    """Give what is wrong with the commands: pods that only a change of size has, components that nothing names."""
    named = [*(definition.get("nodes") or []), *(definition.get("scaling") or [])]
    components = {entry["component"] for entry in named}
    for part, sized in (("scaling", True), ("upgrades", False), ("procedures", False)):
        for entry in definition.get(part) or []:
            for command in (
                c for key in ("beforeIn", "afterIn", "afterOut", "after", "steps") for c in entry.get(key) or []
            ):
                what, pods, component = f"“{command['title']}” in {part}", command["pods"], command.get("component")
                if component and component not in components:
                    yield f"{what} names the component {component}, which neither nodes nor scaling have."
                if pods in ("leaving", "staying", "joining") and not sized:
                    yield f"{what} runs in {pods} pods, which only a change of size has."
                if pods in ("leaving", "joining") and component not in (None, entry.get("component")):
                    yield f"{what} runs in {pods} pods of {component}, but those of {entry['component']} come and go."


def _wrong_ranges(definition: Mapping[str, Any]) -> Iterator[str]:
    for entry in definition.get("upgrades") or []:
        for wanted in (entry["from"], entry["to"]):
            try:
                is_in("1.0.0", wanted)
            except ValueError:
                yield f"upgrades has {wanted!r}, which is no range of versions."


def _exists(path: str, values: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    if find(values, path, _ABSENT) is not _ABSENT:
        return True
    return any(list(keys) == keys_of(path) for keys, _ in properties(schema))
