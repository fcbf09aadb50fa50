"""From the bytes of a chart to all that the catalogue keeps of it. Nothing is written here."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from anywhere.gateways.connect import ClusterAccess, open_cluster
from anywhere.gateways.errors import GatewayError
from anywhere.gateways.helm import ReleaseRequest
from catalog.errors import BadPackage
from catalog.rules import archive as archives
from catalog.rules import definition as definitions
from catalog.rules import derive, documents, icon, stack
from catalog.rules.archive import Archive
from catalog.rules.faults import ArchiveRefused
from catalog.rules.requests import add_up
from catalog.rules.schema import likely_secret_paths, secret_paths
from catalog.rules.validation import BadSchema, check_schema
from catalog.rules.values import overlay

logger = logging.getLogger(__name__)
NOWHERE = ClusterAccess(server="https://127.0.0.1")  # rendering contacts no cluster
NEWEST_KUBERNETES = "v1.36.0"  # a plan may need it; which a cluster has is looked at before an install
README_LIMIT = 512 * 1024


@dataclass
class Chart:
    """What an archive says."""

    metadata: Mapping[str, Any]
    definition: dict[str, Any]
    values: dict[str, Any]
    values_yaml: str
    schema: dict[str, Any]
    plans: list[dict[str, Any]]
    readme: str
    icon: str
    secret_paths: list[str]
    needed: dict[str, Any] = field(default_factory=dict)  # an example of what a person has to give
    findings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Give the chart's name."""
        return str(self.metadata["name"])

    @property
    def version(self) -> str:
        """Give the chart's version."""
        return str(self.metadata["version"])


@lru_cache(maxsize=1)
def package_schema() -> dict[str, Any]:
    """Give the schema of package.yaml."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "rules" / "package.schema.json").read_text())
    return found


@lru_cache(maxsize=1)
def stack_schema() -> dict[str, Any]:
    """Give the schema of a stack's file."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "rules" / "stack.schema.json").read_text())
    return found


def read_stack(data: bytes, name: str) -> dict[str, Any]:
    """Give what the file of a stack says. Raises BadPackage."""
    try:
        return stack.read(data, name, stack_schema())
    except ArchiveRefused as refusal:
        raise BadPackage(refusal.detail, code=refusal.code) from None


def read(data: bytes, definition: Mapping[str, Any] | None = None) -> Chart:
    """Give what the archive says; `definition` takes the place of its package.yaml. Raises BadPackage."""
    try:
        return _read(archives.scan(data), definition)
    except ArchiveRefused as refusal:
        raise BadPackage(refusal.detail, code=refusal.code) from None


def _read(archive: Archive, definition: Mapping[str, Any] | None) -> Chart:
    metadata = definitions.check_metadata(documents.load(archive.files["Chart.yaml"], "Chart.yaml"), archive.name)
    values = documents.load(archive.files.get("values.yaml", b"{}"), "values.yaml") or {}
    if not isinstance(values, dict):
        raise ArchiveRefused("chart.values", "values.yaml is not a map.")
    is_ours = definition is not None or "package.yaml" in archive.files
    schema, findings = _schema(archive, values, is_ours)
    if definition is not None:
        definitions.check_shape(definition, package_schema())
        said = dict(definition)
    elif is_ours:
        said = definitions.read(archive, package_schema())
    else:
        said = derive.definition_of(metadata, values)
    plans = definitions.read_plans(said, archive)
    wrong = definitions.inconsistencies(said, values, schema, plans)
    if wrong and is_ours:
        raise ArchiveRefused("package.inconsistent", " ".join(wrong[:3]))
    return Chart(
        metadata=metadata,
        definition=said,
        values=values,
        values_yaml=archive.text("values.yaml"),
        schema=schema,
        plans=plans,
        readme=archive.text("README.md")[:README_LIMIT],
        icon=icon.safe(archive.text("icon.svg")),
        secret_paths=secret_paths(schema),
        needed=_needed(archive),
        findings=findings + wrong,
    )


def _needed(archive: Archive) -> dict[str, Any]:
    found = documents.load(archive.files.get(archives.NEEDED, b"{}"), archives.NEEDED) or {}
    if not isinstance(found, dict):
        raise ArchiveRefused("chart.values", f"{archives.NEEDED} is not a map.")
    return found


def _schema(archive: Archive, values: dict[str, Any], is_ours: bool) -> tuple[dict[str, Any], list[str]]:
    """Give (the schema to use, why the chart's own is not used)."""
    raw = archive.files.get("values.schema.json")
    if raw is None:
        return derive.schema_of(values), []
    try:
        schema = json.loads(raw)
        check_schema(schema)
    except (ValueError, RecursionError) as exc:  # BadSchema is a ValueError
        reason = str(exc) if isinstance(exc, BadSchema) else "It is not JSON."
        if is_ours:
            raise ArchiveRefused("chart.schema", f"values.schema.json cannot be used: {reason}") from None
        return derive.schema_of(values), [f"values.schema.json is not used: {reason}"]
    return (schema if is_ours else derive.with_form(schema, likely_secret_paths(values))), []


def render(path: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the objects of a chart in the cache, rendered without a cluster; raise BadPackage when that fails."""
    request = ReleaseRequest(release="preview", namespace="default", chart=path, values=values, timeout_seconds=20)
    try:
        with open_cluster(NOWHERE) as gateways:
            return [dict(obj) for obj in gateways.helm.template(request, NEWEST_KUBERNETES)]
    except GatewayError as exc:
        raise BadPackage(f"Helm cannot render it: {exc.detail[:500]}", code="package.does_not_render") from exc


def complete(chart: Chart, path: Path) -> Chart:
    """Give the chart with what rendering shows: what each plan asks for, and for foreign charts what they create."""
    for plan in chart.plans:
        objects = render(path, overlay([chart.needed, plan["values"]]))
        plan["requests"] = add_up(objects)
        if chart.definition.get("derived") and plan is chart.plans[0]:
            chart.definition = derive.complete(chart.definition, chart.values, objects)
    return chart
