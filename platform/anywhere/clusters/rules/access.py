"""What the portal creates in a cluster for itself: a namespace, a service account, and exactly these rights.

Two shapes: for the whole cluster (ClusterRole), and for one namespace (Role) when the credential may not create cluster
roles or the person chose a namespace. Everything hangs on one owner, so that deleting the cluster role (or the system
namespace; in the second shape, the service account) takes all of it away. Each organization has an account of its own:
two of them, or two portals, may register the same cluster without touching each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import yaml

SYSTEM_NAMESPACE = "anywhere-system"
LABELS = {"app.kubernetes.io/name": "anywhere", "app.kubernetes.io/managed-by": "anywhere"}

READ = ("get", "list", "watch")
WRITE = ("get", "list", "watch", "create", "update", "patch", "delete")
WRITE_MANY = (*WRITE, "deletecollection")

MayI = Callable[[str, str, str], bool]  # verb, group, resource


@dataclass(frozen=True)
class Rule:
    """One rule of a role with the reason for it; `without` says what does not work when it is missing."""

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    without: str = ""
    resource_names: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the rule in the shape of the API."""
        return {key: value for key, value in asdict(self).items() if key != "without"}

    def as_policy(self) -> dict[str, Any]:
        """Give the rule as it stands in a role."""
        policy: dict[str, Any] = {
            "apiGroups": list(self.api_groups),
            "resources": list(self.resources),
            "verbs": list(self.verbs),
        }
        if self.resource_names:
            policy["resourceNames"] = list(self.resource_names)
        return policy


NAMESPACED = (
    Rule(
        ("apps",),
        ("deployments", "statefulsets", "daemonsets", "replicasets")
        + ("deployments/scale", "statefulsets/scale", "replicasets/scale"),
        WRITE,
        "Services run as these workloads; installing, changing and scaling writes them.",
        "Services cannot be installed.",
    ),
    Rule(
        ("batch",), ("jobs", "cronjobs"), WRITE, "Packages run one-off and scheduled work.", "Packages with jobs fail."
    ),
    Rule(
        ("",),
        ("pods",),
        WRITE_MANY,
        "Health is read from pods; a stuck one is deleted so that it starts anew; tests of packages run as pods. "
        "Programs that make pods, as Spark does, remove them all at once, and are given no more than we have.",
        "Health cannot be told.",
    ),
    Rule(("",), ("pods/log",), ("get",), "The last log lines explain why a container ended.", "Logs are not shown."),
    Rule(
        ("",),
        ("pods/exec",),
        ("get", "create"),
        "Packages name commands that move data off a node before it leaves, back up, or tell a node's role; they run "
        "in containers of that service only. Older clusters ask for get, newer ones for create.",
        "Scaling in that moves data first, backups and other procedures of packages cannot be carried out.",
    ),
    Rule(
        ("",),
        ("secrets",),
        WRITE,
        "Helm keeps its record of each release in a Secret, and the passwords of services live in Secrets.",
        "Services cannot be installed.",
    ),
    Rule(
        ("",),
        ("configmaps", "services", "serviceaccounts"),
        WRITE,
        "Services bring their configuration, their addresses in the cluster and accounts of their own.",
        "Services cannot be installed.",
    ),
    Rule(
        ("",),
        ("persistentvolumeclaims",),
        WRITE,
        "Data lives in claims; they grow when asked to, and are deleted only when you type the service's name.",
        "Services that keep data cannot be installed.",
    ),
    Rule(
        ("networking.k8s.io",),
        ("ingresses", "networkpolicies"),
        WRITE,
        "Services are published by ingresses and closed off by network policies.",
        "Packages with an ingress or a network policy fail.",
    ),
    Rule(
        ("policy",),
        ("poddisruptionbudgets",),
        WRITE,
        "Services say how many of their pods may be away at once.",
        "Packages with a disruption budget fail.",
    ),
    Rule(
        ("autoscaling",),
        ("horizontalpodautoscalers",),
        WRITE,
        "Packages may scale themselves.",
        "Packages that scale themselves fail.",
    ),
    Rule(
        ("rbac.authorization.k8s.io",),
        ("roles", "rolebindings"),
        WRITE,
        "Some packages give their own account rights in their namespace, never more than the ones listed here.",
        "Packages that give their own account rights fail.",
    ),
    Rule(
        ("coordination.k8s.io",),
        ("leases",),
        WRITE,
        "Packages with several copies choose a leader by a lease, and may only pass on what we have.",
        "Packages that choose a leader may fail.",
    ),
    Rule(
        ("", "events.k8s.io"),
        ("events",),
        READ,
        "The cluster's events say why something does not start.",
        "Causes of failures are shown without the cluster's own words.",
    ),
    Rule(
        ("",),
        ("resourcequotas", "limitranges", "endpoints"),
        READ,
        "Before an install, quotas and limits tell whether it fits.",
        "Quotas are noticed only when an install runs into them.",
    ),
    Rule(("discovery.k8s.io",), ("endpointslices",), READ, "They tell which pods answer behind a service's address."),
    Rule(("apps",), ("controllerrevisions",), READ, "They tell how far an update of a StatefulSet is."),
    Rule(
        ("metrics.k8s.io",),
        ("pods",),
        ("get", "list"),
        "What services use is shown beside what they asked for.",
        "What services use is not shown.",
    ),
    Rule(
        ("monitoring.coreos.com", "cert-manager.io", "gateway.networking.k8s.io", "snapshot.storage.k8s.io"),
        ("servicemonitors", "podmonitors", "prometheusrules", "certificates", "issuers")
        + ("httproutes", "tcproutes", "grpcroutes", "volumesnapshots"),
        WRITE,
        "Packages may bring monitoring rules, certificates and routes where the cluster knows these kinds.",
        "Packages with monitoring rules, certificates or routes fail when these parts are switched on.",
    ),
)
CLUSTER_WIDE = (
    Rule(
        ("",),
        ("namespaces",),
        (*READ, "create"),
        "Services get namespaces of their own; the labels tell what is allowed inside.",
        "Services can be installed only in one namespace.",
    ),
    Rule(
        ("",),
        ("nodes", "persistentvolumes"),
        READ,
        "The free room on nodes tells whether a service fits before it is installed.",
        "Nodes are not seen, so nobody can tell beforehand whether a service fits.",
    ),
    Rule(
        ("storage.k8s.io",),
        ("storageclasses", "csidrivers", "volumeattachments"),
        READ,
        "You choose the storage class from a list, and growing a volume is offered only where it works.",
        "Storage classes are not seen: type their names, or leave the cluster's default.",
    ),
    Rule(
        ("networking.k8s.io",),
        ("ingressclasses",),
        READ,
        "You choose the ingress class from a list.",
        "Ingress classes are not seen: type their names, or leave the cluster's default.",
    ),
    Rule(("metrics.k8s.io",), ("nodes",), ("get", "list"), "What nodes use is shown beside what was asked for."),
    Rule(
        ("apiextensions.k8s.io",),
        ("customresourcedefinitions",),
        WRITE,
        "Some packages bring kinds of objects of their own.",
        "Packages that bring kinds of objects of their own cannot be installed.",
    ),
    Rule(
        ("apiregistration.k8s.io", "scheduling.k8s.io"),
        ("apiservices", "priorityclasses"),
        READ,
        "They tell which parts of the cluster's API answer, and which priorities exist.",
    ),
)


@dataclass(frozen=True)
class Access:
    """What is to be created under the name `account`; `mode` is cluster or namespace."""

    mode: str
    namespace: str
    account: str
    rules: tuple[Rule, ...]

    def own_rules(self) -> tuple[Rule, ...]:
        """Give the rights our account has over itself, in its namespace."""
        why = "The account renews its own token before it expires."
        return (Rule(("",), ("serviceaccounts/token",), ("create",), why, resource_names=(self.account,)),)

    def objects(self) -> list[dict[str, Any]]:
        """Give the objects in the order they are created: first the ones that own the others."""
        account = _object("v1", "ServiceAccount", self.account, self.namespace)
        account["automountServiceAccountToken"] = False
        self_name = f"{self.account}-self"
        own = _role("Role", self_name, self.namespace, self.own_rules())
        own_binding = _binding("RoleBinding", self_name, "Role", self.namespace, self)
        if self.mode == "namespace":
            role = _role("Role", self.account, self.namespace, self.rules)
            binding = _binding("RoleBinding", self.account, "Role", self.namespace, self)
            return [account, own, own_binding, role, binding]
        space = _object("v1", "Namespace", self.namespace, "")
        role = _role("ClusterRole", self.account, "", self.rules)
        binding = _binding("ClusterRoleBinding", self.account, "ClusterRole", "", self)
        return [space, role, account, own, own_binding, binding]

    def owner_of(self, index: int) -> int | None:
        """Give which object owns the object at an index: the namespace owns the cluster role, that owns the rest."""
        if index == 0:
            return None
        return 0 if self.mode == "namespace" or index == 1 else 1

    def manifest(self) -> str:
        """Give the objects as YAML for people."""
        return yaml.safe_dump_all(self.objects(), sort_keys=False, width=120)

    def as_dict(self) -> dict[str, Any]:
        """Give the preview in the shape of the API."""
        return {
            "mode": self.mode,
            "namespace": self.namespace,
            "service_account": self.account,
            "rules": [rule.as_dict() for rule in (*self.rules, *self.own_rules())],
            "manifest": self.manifest(),
        }


def account_name(organization_id: object) -> str:
    """Give the name of an organization's account in its clusters."""
    return f"anywhere-{str(organization_id)[:8]}"


def plan(account: str, namespace: str = "") -> Access:
    """Give what is created: for the whole cluster, or only in `namespace` when one is named."""
    if namespace:
        return Access("namespace", namespace, account, NAMESPACED)
    undo = Rule(
        ("rbac.authorization.k8s.io",),
        ("clusterroles",),
        ("delete",),
        "Removing the cluster from Anywhere deletes this one role, and with it everything listed here.",
        resource_names=(account,),
    )
    return Access("cluster", SYSTEM_NAMESPACE, account, (*NAMESPACED, *CLUSTER_WIDE, undo))


def owned_by(obj: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    """Give the object, owned by another as the cluster stored that one."""
    meta = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [reference]}}


def grantable(rules: Sequence[Rule], may: MayI) -> list[Rule]:
    """Give the rules cut down to what the asking credential has itself: nobody can grant more than they have."""
    found = []
    for rule in rules:
        for group in rule.api_groups:
            for resource in rule.resources:
                verbs = rule.verbs if may("*", group, resource) else _held(rule, group, resource, may)
                if verbs:
                    found.append(Rule((group,), (resource,), verbs, rule.why, rule.without, rule.resource_names))
    return found


def _held(rule: Rule, group: str, resource: str, may: MayI) -> tuple[str, ...]:
    return tuple(verb for verb in rule.verbs if may(verb, group, resource))


def missing(rules: Sequence[Rule], may: MayI) -> list[Rule]:
    """Give the rules of which a telling right is not there (the strongest verb on each resource is asked for)."""
    found = []
    for rule in rules:
        verb = "create" if "create" in rule.verbs else "list" if "list" in rule.verbs else rule.verbs[0]
        if rule.resource_names or len(rule.api_groups) > 1:
            continue
        if not all(may(verb, group, resource) for group in rule.api_groups for resource in _asked(rule)):
            found.append(rule)
    return found


def _asked(rule: Rule) -> list[str]:
    return [resource for resource in rule.resources if not resource.endswith("/scale")]


def may_run_commands(may: MayI) -> bool:
    """Give whether a credential may run commands in containers, which accounts made by earlier portals may not."""
    return may("create", "", "pods/exec")


def limits(mode: str, namespace: str, lacking: Sequence[Rule]) -> list[str]:
    """Give the sentences that say what will not work, most telling first."""
    sentences = []
    if mode == "namespace":
        sentences.append(f"Services can be installed only in the namespace {namespace}.")
    sentences += [rule.without for rule in lacking if rule.without]
    spared = {"Services can be installed only in one namespace."} if mode == "namespace" else set()
    return [sentence for sentence in dict.fromkeys(sentences) if sentence not in spared]


def is_vital(rule: Rule) -> bool:
    """Tell whether nothing can be installed without this rule."""
    return rule.without in {"Services cannot be installed.", "Health cannot be told."}


def token_secret(namespace: str, account: str) -> dict[str, Any]:
    """Give the Secret the cluster fills with a token that does not expire, for clusters without TokenRequest."""
    secret = _object("v1", "Secret", f"{account}-token", namespace)
    secret["metadata"]["annotations"] = {"kubernetes.io/service-account.name": account}
    secret["type"] = "kubernetes.io/service-account-token"
    return secret


def _object(api_version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": {**metadata, "labels": dict(LABELS)}}


def _role(kind: str, name: str, namespace: str, rules: Sequence[Rule]) -> dict[str, Any]:
    role = _object("rbac.authorization.k8s.io/v1", kind, name, namespace)
    return {**role, "rules": [rule.as_policy() for rule in rules]}


def _binding(kind: str, name: str, role_kind: str, namespace: str, to: Access) -> dict[str, Any]:
    binding = _object("rbac.authorization.k8s.io/v1", kind, name, namespace)
    return {
        **binding,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": to.account, "namespace": to.namespace}],
    }
