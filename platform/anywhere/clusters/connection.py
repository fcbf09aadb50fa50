"""How to reach a cluster with what is stored of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from anywhere.clusters.errors import CredentialGone, NotReady
from anywhere.clusters.models import Cluster, Credential
from anywhere.clusters.rules.kubeconfig_record import Kubeconfig
from anywhere.gateways.connect import ClusterAccess
from anywhere.lib.addresses import AddressPolicy

PORTAL, UPLOADED = "portal", "uploaded"


def access_of(cluster: Cluster) -> ClusterAccess:
    """Give the access with the portal's own credential; NotReady when the cluster has none (yet, or any more)."""
    credential = Credential.objects.filter(cluster=cluster, purpose=PORTAL).first()
    if credential is None:
        raise NotReady(f"{cluster.name} has no credential. Give it one on its page.", code="cluster.no_credential")
    return access_with(cluster, credential.secret)


def uploaded_access_of(cluster: Cluster) -> ClusterAccess:
    """Give the access with the credential a person gave, which lives only until it has been used; CredentialGone."""
    credential = Credential.objects.filter(cluster=cluster, purpose=UPLOADED).first()
    if credential is None:
        raise CredentialGone("It is kept only while it is needed. Give the kubeconfig again on the cluster's page.")
    return access_with(cluster, credential.secret)


def access_with(cluster: Cluster, secret: Mapping[str, Any]) -> ClusterAccess:
    """Give the access to a cluster with an opened secret; a way to the server inside it wins over the cluster's."""
    way = dict(secret) if secret.get("server") else way_of(cluster)
    ca_data, certificate, key = way.get("ca_data"), secret.get("client_certificate"), secret.get("client_key")
    return ClusterAccess(
        server=str(way["server"]),
        ca_data=str(ca_data).encode() if ca_data else None,
        token=secret.get("token"),
        client_certificate=certificate.encode() if certificate else None,
        client_key=key.encode() if key else None,
        tls_server_name=way.get("tls_server_name") or None,
        insecure_skip_tls_verify=bool(way.get("insecure_skip_tls_verify")),
        policy=policy_of(is_practice=cluster.is_practice),
    )


def way_of(cluster: Cluster) -> dict[str, Any]:
    """Give the way to the cluster's server: nothing in it is secret."""
    return {
        "server": cluster.server,
        "ca_data": bytes(cluster.ca_data).decode() if cluster.ca_data else "",
        "tls_server_name": cluster.tls_server_name,
        "insecure_skip_tls_verify": cluster.insecure_skip_tls_verify,
    }


def way_in(record: Kubeconfig) -> dict[str, Any]:
    """Give the way to the server that a kubeconfig tells."""
    return {
        "server": record.server.url,
        "ca_data": record.authority.pem if record.authority else "",
        "tls_server_name": record.tls_server_name,
        "insecure_skip_tls_verify": record.insecure_skip_tls_verify,
    }


def policy_of(*, is_practice: bool = False) -> AddressPolicy:
    """Give the policy for a cluster's address; practice clusters live on the portal's own machine."""
    return AddressPolicy(allow_loopback=is_practice or settings.ALLOW_LOOPBACK_CLUSTERS)


def keep_upload(cluster: Cluster, record: Kubeconfig) -> Credential:
    """Give the kept credential of a kubeconfig, sealed, until the operation it is for has ended."""
    Credential.objects.filter(cluster=cluster, purpose=UPLOADED).delete()
    credential = Credential(cluster=cluster, purpose=UPLOADED, kind=record.credential, expires_at=record.expires_at)
    credential.secret = {**way_in(record), **record.secret()}
    credential.save(force_insert=True)
    return credential
