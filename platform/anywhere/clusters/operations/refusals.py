"""Why a registration ended, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from anywhere.clusters.rules.access import Rule
from anywhere.gateways.errors import GatewayError
from anywhere.operations.errors import OperationFailed

AGAIN = {
    "action": "replace_credential",
    "title": "Give a kubeconfig again",
    "detail": "The uploaded one is forgotten.",
}
_ADVICE = {
    "cluster.unreachable": "Check that the portal can reach this address: firewalls, VPNs and wrong ports are common.",
    "cluster.timed_out": "Something is there, but too slow. Check the network between the portal and the cluster.",
    "cluster.tls_failed": "Its certificate does not fit the CA in the kubeconfig. Get a fresh kubeconfig.",
    "cluster.unauthorized": "The credential is not accepted: it has expired or was revoked. Get a fresh kubeconfig.",
    "cluster.address_refused": "The name leads to an address the portal does not connect to.",
    "cluster.bad_response": "What answers there is not a Kubernetes API server. Check the server's URL.",
}


def explained(error: GatewayError, server: str) -> OperationFailed:
    """Give the failure for an error of the first contact with a cluster."""
    host = urlsplit(server).netloc
    advice = _ADVICE.get(error.code, "Mend the cause, then give the kubeconfig again.")
    return OperationFailed(
        f"{host}: {error.detail.rstrip('.')}. {advice}",
        code=error.code,
        title=error.title,
        whose="cluster" if error.retryable else "yours",
        kept="Nothing was created there.",
        next=[AGAIN],
    )


def rights_missing(namespace: str, lacking: Sequence[Rule]) -> OperationFailed:
    """Give the failure for a credential that may neither create an account nor be used itself."""
    where = f"in the namespace {namespace}" if namespace else "in the cluster"
    what = ", ".join(dict.fromkeys(resource for rule in lacking for resource in rule.resources[:3]))
    needs = f" It may not write {what}." if what else ""
    return OperationFailed(
        f"The credential may not create service accounts, roles and role bindings {where}.{needs} "
        "Use a credential that may, or ask the cluster's administrator to apply the manifest shown before registering.",
        code="cluster.rights_missing",
        title="The credential may not do what is needed",
        kept="Nothing was created there.",
        next=[AGAIN],
    )
