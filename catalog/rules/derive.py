"""A definition and a form for charts that come without ours: read from Chart.yaml, values.yaml and what is rendered."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from catalog.rules.definition import CATEGORIES
from catalog.rules.requests import workload_kinds
from catalog.rules.schema import likely_secret_paths, properties
from catalog.rules.values import keys_of

MOST_FIELDS = 40
MOST_LEVELS = 3
_HINTS = {
    "databases": "database sql postgres mysql mariadb mongo couchdb cassandra db",
    "streaming": "kafka streaming queue broker messaging rabbitmq nats pulsar",
    "caches": "cache redis valkey memcached",
    "compute": "spark flink notebook jupyter batch",
    "machine-learning": "ml mlflow model inference serving triton vllm",
    "storage": "storage s3 object minio seaweedfs",
    "observability": "monitoring metrics logs prometheus grafana tracing",
    "web": "web http nginx proxy cms wordpress ingress",
}
_BASICS = (
    "replicaCount",
    "replicas",
    "image.tag",
    "service.type",
    "service.port",
    "persistence",
    "auth",
    "ingress.enabled",
)
_SIZES = ("resources", "persistence", "storage", "replica")


def definition_of(metadata: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a definition with what the chart says about itself, and one plan: the chart's own values."""
    name = str(metadata["name"])
    annotations = metadata.get("annotations") if isinstance(metadata.get("annotations"), Mapping) else {}
    requires: dict[str, Any] = {}
    if isinstance(metadata.get("kubeVersion"), str):
        requires["kubernetes"] = metadata["kubeVersion"]
    summary = " ".join(str(metadata.get("description") or f"The chart {name}.").split())
    return {
        "apiVersion": "anywhere/v1",
        "title": name.replace("-", " ").title(),
        "summary": summary[:300],
        "category": _category(metadata, dict(annotations or {})),
        "keywords": [str(word)[:40] for word in _list(metadata.get("keywords"))[:20]],
        "license": str(dict(annotations or {}).get("artifacthub.io/license", ""))[:60],
        "links": _links(metadata),
        "maintainer": _maintainer(metadata),
        "plans": [
            {
                "name": "default",
                "title": "Default",
                "summary": "The chart's own values.",
                "values": {},
                "recommended": True,
            }
        ],
        "requires": requires,
        "creates": [],
        "scaling": [],
        "guards": [],
        "volumes": [],
        "endpoints": [],
        "snippets": [],
        "derived": True,
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _category(metadata: Mapping[str, Any], annotations: Mapping[str, Any]) -> str:
    said = str(annotations.get("category") or annotations.get("artifacthub.io/category") or "").lower()
    words = {said, *re.findall(r"[a-z0-9]+", f"{metadata.get('name')} {said}".lower())}
    words |= {str(word).lower() for word in _list(metadata.get("keywords"))}
    for category, hints in _HINTS.items():
        if category in words or words & set(hints.split()):
            return category
    return "other" if "other" in CATEGORIES else "web"


def _links(metadata: Mapping[str, Any]) -> list[dict[str, str]]:
    wanted = [("Website", metadata.get("home")), *(("Source", url) for url in _list(metadata.get("sources"))[:3])]
    return [{"title": title, "url": url} for title, url in wanted if isinstance(url, str) and is_link(url)]


def is_link(url: str) -> bool:
    """Give whether the address may be shown as a link: https, a host, no sign-in in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and len(url) <= 500
    except ValueError:
        return False


def _maintainer(metadata: Mapping[str, Any]) -> str:
    for entry in _list(metadata.get("maintainers")):
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            return entry["name"][:80]
    return ""


def complete(
    definition: Mapping[str, Any], values: Mapping[str, Any], objects: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give a derived definition with what the rendered objects show: what is created, and whether it scales."""
    result = dict(definition)
    rendered = list(objects)
    counts: dict[str, int] = {}
    for obj in rendered:
        counts[str(obj.get("kind"))] = counts.get(str(obj.get("kind")), 0) + 1
    result["creates"] = [f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(counts.items())]
    kinds = workload_kinds(rendered)
    path = next((path for path in ("replicaCount", "replicas") if _is_count(values.get(path))), None)
    if path and kinds & {"Deployment", "StatefulSet"}:
        keeps_data = "StatefulSet" in kinds
        entry = {"component": "replicas", "title": "Replicas", "path": path, "minimum": 1, "maximum": 20, "out": "free"}
        entry["in"] = "refused" if keeps_data else "free"
        if keeps_data:
            entry["reason"] = "The chart does not say whether its data survive with fewer replicas."
        result["scaling"] = [entry]
    return result


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def schema_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schema read off the values: a type for each default that has one; nothing else is forbidden."""
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}
    schema["properties"] = {key: _node(value, 1) for key, value in values.items()}  # type: ignore[assignment]
    secret = set(likely_secret_paths(values))
    return with_form(schema, secret)


def _node(value: Any, level: int) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "boolean", "default": value}
    if isinstance(value, int):
        return {"type": "integer", "default": value}
    if isinstance(value, float):
        return {"type": "number", "default": value}
    if isinstance(value, str):
        return {"type": "string", "default": value}
    if isinstance(value, list):
        return {"type": "array"}
    if isinstance(value, Mapping):
        below = {key: _node(part, level + 1) for key, part in value.items()} if level < 8 else {}
        return {"type": "object", "properties": below} if below else {"type": "object"}
    return {}


def with_form(schema: Mapping[str, Any], secret_paths: Iterable[str] = ()) -> dict[str, Any]:
    """Give the schema with a form: its own when it has one, else its first plain values, secrets hidden."""
    result = copy.deepcopy(dict(schema))
    parts = list(properties(result))
    secret = {tuple(keys_of(path)) for path in secret_paths}
    for keys, node in parts:
        if keys in secret and isinstance(node, dict):
            node["writeOnly"] = True
    if any("x-form" in node for _, node in parts):
        return result
    order = 0
    for keys, node in sorted(parts, key=lambda part: _rank(".".join(part[0]))):
        is_plain = node.get("type") in ("string", "integer", "number", "boolean") or "enum" in node
        if not is_plain or len(keys) > MOST_LEVELS or "*" in keys or order >= MOST_FIELDS or not isinstance(node, dict):
            continue
        order += 1
        node["x-form"] = _form(".".join(keys), node, order)
        node.setdefault("title", _title(keys))
    return result


def _rank(path: str) -> int:
    return next((number for number, start in enumerate(_BASICS) if path.startswith(start)), len(_BASICS))


def _form(path: str, node: Mapping[str, Any], order: int) -> dict[str, Any]:
    is_basic = _rank(path) < len(_BASICS)
    group = "Size" if path.startswith(_SIZES) else "Basics" if is_basic else "Advanced"
    form: dict[str, Any] = {"order": order, "group": group, "level": "basic" if is_basic else "advanced"}
    last = path.rsplit(".", 1)[-1]
    if node.get("writeOnly"):
        form |= {"widget": "password", "group": "Security"}
    elif last in ("storageClass", "storageClassName"):
        form["widget"] = "storageClass"
    elif last in ("ingressClassName", "ingressClass"):
        form["widget"] = "ingressClass"
    return form


def _title(keys: Iterable[str]) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", " ".join(keys)).replace("_", " ").split()
    return (" ".join(words)).lower().capitalize()[:80]
