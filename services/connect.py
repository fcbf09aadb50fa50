"""The Connect page: addresses and snippets from what is stored, credentials live from the cluster, once asked for."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from anywhere.accounts.actions import write_audit
from anywhere.accounts.models import User
from anywhere.clusters.connection import access_of
from anywhere.gateways.connect import open_cluster
from anywhere.gateways.errors import NotFound
from anywhere.gateways.kubernetes import Ref
from services import errors
from services.models import Service
from services.rules import connection
from services.rules.conditions import in_force
from services.selectors import merged_values


def describe(service: Service) -> dict[str, Any]:
    """Give {endpoints, credential_keys, public, credentials: null, snippets, port_forward}; nothing in it is secret."""
    binding = service.binding or {}
    keys = binding.get("keys") or []
    known = binding.get("facts") or {}
    points = connection.current(binding.get("endpoints") or [], (service.objects_seen or {}).get("addresses"))
    facts = {"namespace": service.namespace, "service": service.name, **known}
    secret = binding.get("secret") or ""
    if secret:
        facts["secret"] = secret
    return {
        "endpoints": points,
        "credential_keys": keys,
        "public": {key: known[name] for key in keys if (name := connection.fact_name(key)) in known},
        "credentials": None,
        "snippets": connection.snippets(
            in_force(service.version.definition.get("snippets"), merged_values(service)), points, facts
        ),
        "port_forward": connection.port_forward(points, service.namespace),
    }


def reveal(service: Service, user: User) -> dict[str, str]:
    """Give the credentials as they are in the cluster now; asking is audited. NoBinding, Unreachable."""
    name = (service.binding or {}).get("secret")
    if not name:
        raise errors.NoBinding("This package publishes no credentials, or its install has not come that far.")
    with open_cluster(access_of(service.cluster)) as gateways:
        try:
            secret = gateways.kubernetes.get(Ref("v1", "Secret", name, service.namespace))
        except NotFound:
            raise errors.NoBinding(f"The Secret {name} is not in {service.namespace} any more.") from None
    write_audit(service.organization, user, "service.reveal_credentials", service, {"secret": name})
    return {key: b64decode(value).decode(errors="replace") for key, value in sorted((secret.get("data") or {}).items())}
