"""Our account in a cluster: what the given credential may create, creating it, and its tokens."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from anywhere.clusters.rules import access as rules
from anywhere.clusters.rules import tokens
from anywhere.gateways.errors import Forbidden, GatewayError, Invalid, NotFound, TimedOut
from anywhere.gateways.kubernetes import KubernetesGateway, Ref, Token

RBAC = "rbac.authorization.k8s.io"
TOKEN_TRIES = 20
ALREADY_EXISTS = "cluster.already_exists"


def identity(kubernetes: KubernetesGateway) -> str:
    """Give the UID of kube-system, which tells one cluster from another; "" where it may not be seen."""
    try:
        return str(kubernetes.get(Ref("v1", "Namespace", "kube-system"))["metadata"].get("uid") or "")
    except (Forbidden, NotFound):
        return ""


def may_create_everywhere(kubernetes: KubernetesGateway) -> bool:
    """Give whether the credential may create a cluster-wide account."""
    return all(
        kubernetes.can_i("create", group, resource)
        for group, resource in (("", "namespaces"), (RBAC, "clusterroles"), (RBAC, "clusterrolebindings"))
    ) and may_create_inside(kubernetes, rules.SYSTEM_NAMESPACE)


def may_create_inside(kubernetes: KubernetesGateway, namespace: str) -> bool:
    """Give whether the credential may create an account for one namespace."""
    return all(
        kubernetes.can_i("create", group, resource, namespace)
        for group, resource in (("", "serviceaccounts"), (RBAC, "roles"), (RBAC, "rolebindings"))
    )


def create(kubernetes: KubernetesGateway, plan: rules.Access) -> rules.Access:
    """Give the plan as it was carried out: every object is there, owned by the first.

    When the cluster refuses a rule because the given credential does not have it itself, the rules are cut down to
    what it has.
    """
    try:
        _apply(kubernetes, plan)
    except Forbidden:
        namespace = plan.namespace if plan.mode == "namespace" else None
        cut = rules.grantable(plan.rules, lambda v, g, r: kubernetes.can_i(v, g, r, namespace))
        if not cut:
            raise
        plan = replace(plan, rules=tuple(cut))
        _apply(kubernetes, plan)
    return plan


def _apply(kubernetes: KubernetesGateway, plan: rules.Access) -> None:
    stored: list[dict[str, Any]] = []
    for index, obj in enumerate(plan.objects()):
        owner = plan.owner_of(index)
        stored.append(kubernetes.apply(obj if owner is None else rules.owned_by(obj, stored[owner]), force=True))


def token(kubernetes: KubernetesGateway, plan: rules.Access, sleep: Callable[[float], None]) -> Token:
    """Give a token of our account: by TokenRequest, or from a Secret where the cluster refuses that."""
    try:
        return kubernetes.token_request(plan.namespace, plan.account, tokens.LIFE_SECONDS)
    except (Forbidden, NotFound, Invalid):
        return _token_from_secret(kubernetes, plan, sleep)


def _token_from_secret(kubernetes: KubernetesGateway, plan: rules.Access, sleep: Callable[[float], None]) -> Token:
    secret = rules.token_secret(plan.namespace, plan.account)
    try:
        kubernetes.create(secret)
    except GatewayError as error:
        if error.code != ALREADY_EXISTS:
            raise
    for _ in range(TOKEN_TRIES):
        filled = _token_in(kubernetes.get(Ref.of(secret)))
        if filled:
            return Token(filled, "")
        sleep(0.5)
    raise TimedOut("The cluster gave the account no token: neither by TokenRequest nor in a Secret.")


def _token_in(secret: dict[str, Any]) -> str:
    try:
        return base64.b64decode((secret.get("data") or {}).get("token") or "").decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def own_token(kubernetes: KubernetesGateway, owner: tuple[str, str]) -> Token | None:
    """Give a longer token of the given service account itself, or None when it may not ask for one."""
    try:
        return kubernetes.token_request(owner[0], owner[1], tokens.LIFE_SECONDS)
    except (Forbidden, NotFound, Invalid):
        return None


def lacking(kubernetes: KubernetesGateway, wanted: Sequence[rules.Rule], namespace: str | None) -> list[rules.Rule]:
    """Give the rules this credential does not have; namespaced ones are asked for in the namespace, if one is given."""
    inside = [rule for rule in wanted if rule in rules.NAMESPACED]
    outside = [rule for rule in wanted if rule not in rules.NAMESPACED]
    return rules.missing(inside, lambda v, g, r: kubernetes.can_i(v, g, r, namespace)) + rules.missing(
        outside, kubernetes.can_i
    )


def delete(kubernetes: KubernetesGateway, account: str, namespace: str) -> bool:
    """Give whether our account was there; what it owns goes with it. `namespace` is "" for a cluster-wide account."""
    if namespace:
        return kubernetes.delete(Ref("v1", "ServiceAccount", account, namespace))
    return kubernetes.delete(Ref(f"{RBAC}/v1", "ClusterRole", account))


def deleting_command(account: str, namespace: str) -> str:
    """Give the command that does by hand what `delete` does."""
    if namespace:
        return f"kubectl -n {namespace} delete serviceaccount {account}"
    return f"kubectl delete clusterrole {account}"
