"""Who may do what in a practice cluster."""

from __future__ import annotations

from typing import Any

from .session import Session, eventually

RBAC = "/apis/rbac.authorization.k8s.io/v1"
MAPS = "/api/v1/namespaces/default/configmaps"


def account(practice: Session, name: str, rules: list[dict[str, Any]], cluster_wide: bool = False) -> dict[str, str]:
    """A service account with rules; gives the header of its token."""
    practice.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": name}})
    kind, role, binding = (
        ("ClusterRole", f"{RBAC}/clusterroles", f"{RBAC}/clusterrolebindings")
        if cluster_wide
        else ("Role", f"{RBAC}/namespaces/default/roles", f"{RBAC}/namespaces/default/rolebindings")
    )
    practice.make(role, {"metadata": {"name": name}, "rules": rules})
    practice.make(
        binding,
        {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
        },
    )
    made = practice.make(
        f"/api/v1/namespaces/default/serviceaccounts/{name}/token", {"spec": {"expirationSeconds": 3600}}
    )
    return {"Authorization": f"Bearer {made['status']['token']}"}


def test_a_service_account_may_do_what_its_role_says(practice: Session) -> None:
    header = account(practice, "reader", [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}])
    assert practice.call("GET", MAPS, **header).code == 200
    refused = practice.call("POST", MAPS, {"metadata": {"name": "a"}}, **header)
    assert refused.code == 403
    assert refused.body["message"] == (
        'configmaps is forbidden: User "system:serviceaccount:default:reader" cannot create resource "configmaps" '
        'in API group "" in the namespace "default"'
    )
    assert "at the cluster scope" in practice.call("GET", "/api/v1/configmaps", **header).body["message"]


def test_a_review_answers_for_the_one_who_asks(practice: Session) -> None:
    rules = [{"apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"], "verbs": ["*"]}]
    header = account(practice, "writer", rules)
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

    def may(**wanted: str) -> bool:
        body = {"spec": {"resourceAttributes": {"namespace": "default", **wanted}}}
        return practice.call("POST", path, body, **header).body["status"]["allowed"]

    assert may(group="apps", resource="deployments", verb="create")
    assert may(group="apps", resource="deployments", subresource="scale", verb="patch")
    assert not may(group="", resource="secrets", verb="get")
    listed = practice.call(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "default"}}, **header
    ).body["status"]
    assert listed["resourceRules"] == rules and not listed["incomplete"]
    who = practice.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, **header).body
    assert who["status"]["userInfo"]["username"] == "system:serviceaccount:default:writer"


def test_nobody_grants_more_than_they_have(practice: Session) -> None:
    rules = [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]}]
    header = account(practice, "climber", rules)
    body = {"metadata": {"name": "all"}, "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}
    refused = practice.call("POST", f"{RBAC}/namespaces/default/roles", body, **header)
    assert refused.code == 403 and "attempting to grant RBAC permissions not currently held" in refused.body["message"]
    assert practice.call("POST", f"{RBAC}/namespaces/default/roles", body | {"rules": rules}, **header).code == 201


def test_a_token_ends_with_its_account(practice: Session) -> None:
    header = account(practice, "brief", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}], cluster_wide=True)
    assert practice.call("GET", "/api/v1/nodes", **header).code == 200
    practice.call("DELETE", "/api/v1/namespaces/default/serviceaccounts/brief")
    assert practice.call("GET", "/api/v1/nodes", **header).code == 401
    forged = header["Authorization"][:-4] + "AAAA"
    assert practice.call("GET", "/api/v1/nodes", Authorization=forged).code == 401


def test_a_short_token_is_refused(practice: Session) -> None:
    eventually(lambda: practice.call("GET", "/api/v1/namespaces/default/serviceaccounts/default").code == 200)
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    assert practice.call("POST", path, {"spec": {"expirationSeconds": 60}}).code == 422
