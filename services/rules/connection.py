"""Where a service answers and how to use it: endpoints, snippets, credential keys. No secret passes through here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]
NAMED = re.compile(r"\{(\w+)\}")


def expand(text: str, facts: Mapping[str, str]) -> str:
    """Give the text with {name} replaced by known facts; what is not known, and other braces, stay as they are."""
    return NAMED.sub(lambda found: facts.get(found[1], found[0]), text)


def endpoints(
    definition: Mapping[str, Any], objects: Sequence[Object], release: str, namespace: str, node: str = ""
) -> list[dict]:
    """Give [{name, host, port, scope, protocol}] of a service: as its package says, and from what is really there.

    Packages that declare nothing get every port of every Service. Load balancers, node ports (at `node`) and ingresses
    add addresses outside the cluster.
    """
    services = {o["metadata"]["name"]: o for o in objects if o.get("kind") == "Service"}
    found = _declared(definition, services, release, namespace) or _discovered(services, namespace)
    return found + _node_ports(services, node) + addresses(objects)


def addresses(objects: Sequence[Object]) -> list[dict]:
    """Give the endpoints that the cluster hands out and may change at any time: of load balancers and ingresses."""
    balanced = {o["metadata"]["name"]: o for o in objects if o.get("kind") == "Service"}
    return _balancers(balanced) + _ingresses(objects)


def current(points: Sequence[Mapping[str, Any]], seen: Sequence[Mapping[str, Any]] | None) -> list[dict]:
    """Give the endpoints an operation has noted, with the addresses that are seen now in place of those it saw.

    `seen` is None while nobody has looked yet.
    """
    if seen is None:
        return [dict(point) for point in points]
    return [dict(point) for point in points if not point.get("given")] + [dict(point) for point in seen]


def _host(service: str, namespace: str) -> str:
    return f"{service}.{namespace}.svc.cluster.local"


def _declared(
    definition: Mapping[str, Any], services: Mapping[str, Object], release: str, namespace: str
) -> list[dict]:
    found = []
    for entry in definition.get("endpoints") or []:
        name = expand(str(entry.get("service", "")), {"fullname": release, "release": release})
        if name in services or not services:
            found.append(
                {
                    "name": entry["name"],
                    "host": _host(name, namespace),
                    "port": int(entry["port"]),
                    "scope": entry.get("scope", "inside"),
                    "protocol": entry.get("protocol", "tcp"),
                    "service": name,
                }  # fmt: skip
            )
    return found


def _discovered(services: Mapping[str, Object], namespace: str) -> list[dict]:
    found = []
    for name, service in services.items():
        if (service.get("spec") or {}).get("clusterIP") == "None":
            continue
        for port in (service.get("spec") or {}).get("ports") or []:
            found.append(
                {
                    "name": port.get("name") or str(port["port"]),
                    "host": _host(name, namespace),
                    "port": int(port["port"]),
                    "scope": "inside",
                    "protocol": str(port.get("appProtocol") or "tcp").lower(),
                    "service": name,
                }  # fmt: skip
            )
    return found


def _node_ports(services: Mapping[str, Object], node: str) -> list[dict]:
    found = []
    for name, service in services.items():
        spec = service.get("spec") or {}
        if spec.get("type") == "NodePort" and node:
            ports = [port for port in spec.get("ports") or [] if port.get("nodePort")]
            found += [_point(port, node, int(port["nodePort"]), name) for port in ports]
    return found


def _balancers(services: Mapping[str, Object]) -> list[dict]:
    found = []
    for name, service in services.items():
        spec = service.get("spec") or {}
        if spec.get("type") == "LoadBalancer":
            for host in _hosts(service):
                points = [_point(port, host, int(port["port"]), name) for port in spec.get("ports") or []]
                found += [{**point, "given": True} for point in points]
    return found


def _hosts(obj: Object) -> list[str]:
    """The addresses a load balancer or an ingress controller has given to an object."""
    given = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [str(host) for one in given if (host := one.get("hostname") or one.get("ip"))]


def _point(port: Mapping[str, Any], host: str, number: int, service: str) -> dict[str, Any]:
    name = port.get("name") or str(port["port"])
    return {"name": name, "host": host, "port": number, "scope": "outside", "protocol": "tcp", "service": service}


def uses_node_ports(objects: Sequence[Object]) -> bool:
    """Give whether an object answers on a port of every node."""
    return any(o.get("kind") == "Service" and (o.get("spec") or {}).get("type") == "NodePort" for o in objects)


def node_address(nodes: Sequence[Object]) -> str:
    """Give the address of the first ready node: the one it shows to the outside, else its own; empty without any."""
    for kind in ("ExternalIP", "ExternalDNS", "InternalIP"):
        for node in nodes:
            status = node.get("status") or {}
            ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or [])
            for address in status.get("addresses") or []:
                if ready and address.get("type") == kind:
                    return str(address["address"])
    return ""


def _ingresses(objects: Sequence[Object]) -> list[dict]:
    found = []
    for obj in objects:
        if obj.get("kind") != "Ingress":
            continue
        spec = obj.get("spec") or {}
        secure = {host for entry in spec.get("tls") or [] for host in entry.get("hosts") or []}
        ruled = [[rule["host"]] if rule.get("host") else _hosts(obj) for rule in spec.get("rules") or []]
        for host in dict.fromkeys(host for hosts in ruled for host in hosts):
            scheme = "https" if host in secure else "http"
            found.append(
                {
                    "name": scheme,
                    "host": host,
                    "port": 443 if scheme == "https" else 80,
                    "scope": "outside",
                    "protocol": scheme,
                    "service": obj["metadata"]["name"],
                    "given": True,
                }  # fmt: skip
            )
    return found


def fact_name(key: str) -> str:
    """Give the word that stands for an entry of the binding in snippets: "read_host" for "read-host"."""
    return key.replace("-", "_")


def binding_secret(definition: Mapping[str, Any], release: str) -> str | None:
    """Give the name of the Secret with the credentials, or None when the package publishes none."""
    name = ((definition.get("binding") or {}).get("secret")) or ""
    return expand(name, {"fullname": release, "release": release}) or None


def snippets(
    entries: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]], facts: Mapping[str, str]
) -> list[dict]:
    """Give [{id, title, language, text}] with hosts and ports filled in; passwords are read from a file by them."""
    first = points[0] if points else {}
    known = {
        "host": str(first.get("host", "")), "port": str(first.get("port", "")), "password_file": "./password", **facts,
    }  # fmt: skip
    return [
        {
            "id": entry["id"],
            "title": entry.get("title", entry["id"]),
            "language": entry.get("language", "text"),
            "text": expand(str(entry.get("text", "")), known),
        }  # fmt: skip
        for entry in entries
    ]


def port_forward(points: Sequence[Mapping[str, Any]], namespace: str) -> str:
    """Give the kubectl command that brings the first endpoint to one's own machine; empty when there is none."""
    inside = next((p for p in points if p.get("scope") == "inside" and p.get("service")), None)
    if inside is None:
        return ""
    return f"kubectl --namespace {namespace} port-forward service/{inside['service']} {inside['port']}:{inside['port']}"
