"""One context of a kubeconfig as our own record; what a record may not come from is refused here."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from anywhere.clusters.errors import KubeconfigRefused
from anywhere.clusters.rules import certificates
from anywhere.clusters.rules.findings import Finding
from anywhere.lib.addresses import AddressPolicy, Server, canonical_host, literal, parse_server

MAX_TOKEN = 16 * 1024
MINT_A_TOKEN = (
    "Make a kubeconfig with a token instead: kubectl -n kube-system create serviceaccount anywhere-setup; "
    "kubectl create clusterrolebinding anywhere-setup --clusterrole=cluster-admin "
    "--serviceaccount=kube-system:anywhere-setup; kubectl -n kube-system create token anywhere-setup --duration=1h. "
    "Put that token under users[].user.token, and delete the account when the cluster is registered."
)
_TRUE = frozenset({"true", "True", "TRUE", "yes", "on", "1"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "off", "0"})
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=:-]+\Z")


@dataclass(frozen=True)
class Context:
    """One line of the list a person chooses from."""

    name: str
    cluster: str
    user: str
    namespace: str
    server: str


@dataclass(frozen=True)
class Kubeconfig:
    """What is kept of a kubeconfig: one way to one cluster."""

    context: Context
    server: Server
    authority: certificates.Authority | None
    credential: str  # token | client-certificate
    token: str | None = field(repr=False)
    client: certificates.ClientCertificate | None = field(repr=False)
    tls_server_name: str
    insecure_skip_tls_verify: bool
    expires_at: datetime | None
    dropped: tuple[str, ...]
    findings: tuple[Finding, ...]

    def secret(self) -> dict[str, str]:
        """Give what is sealed: {"token"} or {"client_certificate", "client_key"}."""
        if self.client is not None:
            return {"client_certificate": self.client.certificate, "client_key": self.client.key}
        return {"token": self.token or ""}


def record(
    context: Context,
    cluster: Mapping[str, Any],
    user: Mapping[str, Any],
    *,
    dropped: tuple[str, ...],
    now: datetime,
    policy: AddressPolicy,
    allow_insecure_tls: bool,
) -> Kubeconfig:
    """Give the record of a context's cluster and user; KubeconfigRefused and AddressRefused say what is wrong."""
    _refuse_user(user)
    _refuse_paths(cluster, user)
    if cluster.get("proxy-url"):
        raise refuse("proxy_not_allowed", "proxy-url is not used. The portal connects by itself.", "proxy-url")
    server = parse_server(text_of(cluster, "server", "cluster"))
    policy.check(server)
    insecure = _flag(cluster, "insecure-skip-tls-verify")
    ca_text = text_of(cluster, "certificate-authority-data", "cluster")
    if insecure:
        _check_insecure(allow_insecure_tls, ca_text)
    authority = None
    if ca_text:
        path = "cluster.certificate-authority-data"
        authority = certificates.read_authority(certificates.decode(ca_text, path), path, now)
    token, client = _credential(user, now)
    expires_at = client.expires_at if client else _token_expiry(token or "")
    if expires_at is not None and expires_at <= now:
        raise refuse("token_expired", f"The token expired on {expires_at:%d %b %Y %H:%M} UTC. Get a new one.", "token")
    return Kubeconfig(
        context=context,
        server=server,
        authority=authority,
        credential="client-certificate" if client else "token",
        token=token,
        client=client,
        tls_server_name=_tls_server_name(cluster),
        insecure_skip_tls_verify=insecure,
        expires_at=expires_at,
        dropped=dropped,
        findings=tuple(
            _findings(server, authority=authority, client=client, insecure=insecure, dropped=dropped, cluster=cluster)
        ),
    )


def _refuse_user(user: Mapping[str, Any]) -> None:
    if "exec" in user:
        raise refuse(
            "exec_not_allowed", f"The kubeconfig runs a program to sign in. It is not run. {MINT_A_TOKEN}", "exec"
        )
    if "auth-provider" in user:
        raise refuse(
            "auth_provider_not_allowed", f"The kubeconfig signs in by an auth-provider. {MINT_A_TOKEN}", "auth-provider"
        )
    if user.get("username") or user.get("password"):
        raise refuse("password_not_allowed", "A user name with a password is not accepted. " + MINT_A_TOKEN, "password")
    acting = [key for key in user if key in {"as", "as-groups", "as-uid", "as-user-extra"}]
    if acting:
        raise refuse(
            "impersonation_not_allowed", f"{acting[0]} acts as somebody else, which is not accepted.", acting[0]
        )


def _refuse_paths(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    pairs = (
        (cluster, "certificate-authority", "certificate-authority-data"),
        (user, "client-certificate", "client-certificate-data"),
        (user, "client-key", "client-key-data"),
        (user, "tokenFile", "token"),
    )
    for entry, path_key, data_key in pairs:
        if entry.get(path_key) is None:
            continue
        if entry.get(data_key):
            raise refuse(
                "ambiguous_credential", f"{path_key} and {data_key} are both there. Keep only {data_key}.", path_key
            )
        raise refuse(
            "path_not_allowed",
            f"{path_key} names a file on your machine. Use kubectl config view --raw --flatten to put it inside.",
            path_key,
        )


def _check_insecure(allowed: bool, ca_text: str) -> None:
    if not allowed:
        raise refuse(
            "insecure_tls_not_allowed",
            "insecure-skip-tls-verify would let anybody between the portal and the cluster read the token. "
            "Put the cluster's CA under certificate-authority-data instead.",
            "insecure-skip-tls-verify",
        )
    if ca_text:
        raise refuse(
            "ambiguous_credential",
            "insecure-skip-tls-verify and certificate-authority-data exclude each other. Remove the former.",
            "insecure-skip-tls-verify",
        )


def _credential(user: Mapping[str, Any], now: datetime) -> tuple[str | None, certificates.ClientCertificate | None]:
    token = text_of(user, "token", "user").strip()
    certificate, key = text_of(user, "client-certificate-data", "user"), text_of(user, "client-key-data", "user")
    if token and (certificate or key):
        raise refuse(
            "ambiguous_credential", "The user has a token and a client certificate. Keep one of them.", "token"
        )
    if token:
        if len(token) > MAX_TOKEN or not _TOKEN.match(token):
            raise refuse("bad_token", "The token holds characters that a token never has, or is too long.", "token")
        return token, None
    if not certificate and not key:
        raise refuse("no_credential", f"The user has neither a token nor a client certificate. {MINT_A_TOKEN}", "user")
    if not certificate or not key:
        raise refuse(
            "incomplete_certificate", "A client certificate needs client-certificate-data and client-key-data."
        )
    return None, certificates.read_client(
        certificates.decode(certificate, "user.client-certificate-data"),
        certificates.decode(key, "user.client-key-data"),
        "user",
        now,
    )


def _token_expiry(token: str) -> datetime | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None


def _tls_server_name(cluster: Mapping[str, Any]) -> str:
    name = text_of(cluster, "tls-server-name", "cluster")
    if not name:
        return ""
    host = canonical_host(name)
    if literal(host) is not None:
        raise refuse("bad_tls_server_name", "tls-server-name must be a host name.", "tls-server-name")
    return host


def _findings(
    server: Server,
    *,
    authority: certificates.Authority | None,
    client: certificates.ClientCertificate | None,
    insecure: bool,
    dropped: tuple[str, ...],
    cluster: Mapping[str, Any],
) -> list[Finding]:
    found = []
    if client is not None and "system:masters" in client.organizations:
        found.append(
            Finding(
                "note",
                "kubeconfig.too_powerful",
                "This credential may do everything",
                "Its certificate belongs to system:masters. It is used once, for the account below, then forgotten.",
                "To use less, register with a service account that has the rights shown below.",
            )
        )
    if insecure:
        found.append(
            Finding(
                "warning",
                "kubeconfig.insecure_tls",
                "The cluster's certificate will not be checked",
                "Anybody between the portal and the cluster can read and change what is sent.",
                "Put the cluster's CA under certificate-authority-data.",
            )
        )
    elif authority is None:
        found.append(
            Finding(
                "note",
                "kubeconfig.public_ca",
                "The cluster's certificate is checked against the public authorities",
                "The kubeconfig brings no CA of its own.",
            )
        )
    if cluster.get("tls-server-name"):
        found.append(
            Finding(
                "note",
                "kubeconfig.tls_server_name",
                f"The certificate must be for {canonical_host(str(cluster['tls-server-name']))}",
                f"The connection goes to {server.host}.",
            )
        )
    if dropped:
        found.append(Finding("note", "kubeconfig.dropped", "Some keys are left aside", ", ".join(dropped[:20]) + "."))
    return found


def text_of(entry: Mapping[str, Any], key: str, where: str) -> str:
    """Give an entry's text under a key, "" when it is not there."""
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refuse("not_a_kubeconfig", f"{key} of {where} must be text.", key)
    return value


def _flag(entry: Mapping[str, Any], key: str) -> bool:
    value = text_of(entry, key, "cluster")
    if value in _TRUE:
        return True
    if value == "" or value in _FALSE:
        return False
    raise refuse("not_a_kubeconfig", f"{key} must be true or false.", key)


def refuse(reason: str, detail: str, field: str = "", **extra: Any) -> KubeconfigRefused:
    """Give the error for one broken rule."""
    fields = {"kubeconfig": [f"{field}: {detail}" if field else detail]}
    return KubeconfigRefused(detail, code=f"kubeconfig.{reason}", fields=fields, **extra)
