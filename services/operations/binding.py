"""Reading where a service answers and which credentials it publishes; never their values."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Forbidden
from anywhere.gateways.kubernetes import Ref
from services.models import Service
from services.rules import connection


def read(service: Service, gateways: Gateways, manifest: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give {secret, keys, endpoints, facts}: what the Connect page shows without a password."""
    definition = service.version.definition
    lively = {"Service", "Ingress"}
    live = []
    for obj in manifest:
        if obj.get("kind") in lively:
            live.append(gateways.kubernetes.find(Ref.of(obj, service.namespace)) or obj)
    node = _node_address(gateways) if connection.uses_node_ports(live) else ""
    endpoints = connection.endpoints(definition, live, service.name, service.namespace, node)
    secret = connection.binding_secret(definition, service.name)
    keys: list[str] = []
    facts: dict[str, str] = {}
    if secret:
        try:
            found = gateways.kubernetes.find(Ref("v1", "Secret", secret, service.namespace))
        except Forbidden:
            found = None
        data = (found or {}).get("data") or {}
        keys = sorted(data)
        facts = public_facts(data)
    return {"secret": secret, "keys": keys, "endpoints": endpoints, "facts": facts}


def _node_address(gateways: Gateways) -> str:
    try:
        return connection.node_address(gateways.kubernetes.list("v1/nodes"))
    except Forbidden:
        return ""


# Keys of the well-known binding entries that name a place or a person, not a secret (servicebinding.io, common types).
PUBLIC = (
    "type", "provider", "host", "port", "database", "username", "bootstrap-servers", "security-protocol",
    "sasl-mechanism", "read-host", "contact-points", "local-datacenter", "keyspace-name", "bucket", "region",
    "path-style", "model-name", "protocol", "version", "sentinel.master", "sentinel.nodes",
)  # fmt: skip


def public_facts(data: Mapping[str, str]) -> dict[str, str]:
    """Give the decoded entries that name a place: never a password, a URI or a certificate."""
    return {connection.fact_name(key): b64decode(data[key]).decode(errors="replace") for key in PUBLIC if key in data}
