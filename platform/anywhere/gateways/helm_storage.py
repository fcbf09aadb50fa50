"""Helm's own storage: one Secret a revision, base64 of gzip of JSON. Read without a helm process, mended when stuck."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
from collections.abc import Mapping
from typing import Any

import yaml

from anywhere.gateways.errors import BadResponse, TooLarge
from anywhere.gateways.helm import Release
from anywhere.gateways.kubernetes import Object
from anywhere.lib import redact

MAX_RECORD = 32 * 1024 * 1024
MAX_NODES = 500_000
SECRET_TYPE = "helm.sh/release.v1"


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 as Helm writes it; a plain "=" is a text."""


def _plain(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


for _tag in ("value", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _plain)


def secret_name(release: str, revision: int) -> str:
    """Give the name of the Secret that holds a revision."""
    return f"sh.helm.release.v1.{release}.v{revision}"


def decode(secret: Mapping[str, Any]) -> Object:
    """Give the release record inside a storage Secret; BadResponse when it is not one."""
    try:
        outer = base64.b64decode((secret.get("data") or {})["release"], validate=True)
        packed = base64.b64decode(outer, validate=True)
        if packed[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                packed = file.read(MAX_RECORD + 1)
        if len(packed) > MAX_RECORD:
            raise TooLarge("The release's record in the cluster is too large.")
        record = json.loads(packed)
    except (KeyError, TypeError, ValueError, binascii.Error, EOFError, OSError, RecursionError) as exc:
        raise BadResponse("The release's record in the cluster cannot be read.", code="release.bad_record") from exc
    if not isinstance(record, dict):
        raise BadResponse("The release's record in the cluster cannot be read.", code="release.bad_record")
    return record


def encode(record: Mapping[str, Any]) -> str:
    """Give the text that belongs into a storage Secret's data.release."""
    packed = gzip.compress(json.dumps(record, separators=(",", ":")).encode(), mtime=0)
    return base64.b64encode(base64.b64encode(packed)).decode()


def release_of(record: Mapping[str, Any]) -> Release:
    """Give the release a record describes."""
    info = record.get("info") or {}
    meta = (record.get("chart") or {}).get("metadata") or {}
    return Release(
        name=str(record.get("name", "")),
        namespace=str(record.get("namespace", "")),
        revision=int(record.get("version") or 0),
        status=str(info.get("status", "unknown")),
        chart=f"{meta.get('name', '')}-{meta.get('version', '')}",
        app_version=str(meta.get("appVersion", "")),
        updated=str(info.get("last_deployed", "")),
        description=redact.text(str(info.get("description", "")), limit=500),
    )


def documents(text: str | bytes) -> list[Object]:
    """Give the objects of a YAML stream, lists of objects opened; BadResponse for anything else in it."""
    found: list[Object] = []
    try:
        for document in yaml.load_all(text, Loader=_Loader):
            if document is None:
                continue
            if not isinstance(document, dict):
                raise BadResponse("The manifest holds something that is not an object.", code="chart.bad_manifest")
            _check_size(document)
            if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
                found += [item for item in document["items"] if isinstance(item, dict)]
            else:
                found.append(document)
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        raise BadResponse("The manifest is not YAML that can be read.", code="chart.bad_manifest") from exc
    return found


def _check_size(document: Object) -> None:
    """Refuse a document whose aliases stand for more than it may hold."""
    nodes = 0
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise TooLarge("An object of the manifest is too large.", code="chart.manifest_too_large")
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def manifest_of(record: Mapping[str, Any]) -> list[Object]:
    """Give the objects of a record without its hooks, each with its namespace where it lacked one."""
    return documents(str(record.get("manifest") or ""))


def hooks_of(record: Mapping[str, Any]) -> list[Object]:
    """Give the hook objects of a record."""
    return [obj for hook in record.get("hooks") or [] for obj in documents(str(hook.get("manifest") or ""))]
