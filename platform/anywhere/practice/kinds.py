"""The kinds a practice cluster serves, and how custom resource definitions add to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Obj = dict[str, Any]
VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Resource:
    """One served resource: its place in the API and what it can do."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    subresources: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS
    custom: bool = False

    @property
    def key(self) -> str:
        """The name of the store's table: `plural.group`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def group_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """The API path of the group and version, without a leading slash."""
        return f"apis/{self.group}/{self.version}" if self.group else f"api/{self.version}"


_ROWS: dict[tuple[str, str], tuple[tuple[str, str, bool, str, str], ...]] = {
    ("", "v1"): (
        ("pods", "Pod", True, "status,log,eviction,exec", "po"),
        ("secrets", "Secret", True, "", ""),
        ("configmaps", "ConfigMap", True, "", "cm"),
        ("services", "Service", True, "status", "svc"),
        ("serviceaccounts", "ServiceAccount", True, "token", "sa"),
        ("namespaces", "Namespace", False, "status,finalize", "ns"),
        ("nodes", "Node", False, "status", "no"),
        ("persistentvolumes", "PersistentVolume", False, "status", "pv"),
        ("persistentvolumeclaims", "PersistentVolumeClaim", True, "status", "pvc"),
        ("events", "Event", True, "", "ev"),
        ("resourcequotas", "ResourceQuota", True, "status", "quota"),
        ("limitranges", "LimitRange", True, "", "limits"),
        ("endpoints", "Endpoints", True, "", "ep"),
        ("replicationcontrollers", "ReplicationController", True, "status,scale", "rc"),
    ),
    ("apps", "v1"): (
        ("deployments", "Deployment", True, "status,scale", "deploy"),
        ("statefulsets", "StatefulSet", True, "status,scale", "sts"),
        ("daemonsets", "DaemonSet", True, "status", "ds"),
        ("replicasets", "ReplicaSet", True, "status,scale", "rs"),
        ("controllerrevisions", "ControllerRevision", True, "", ""),
    ),
    ("batch", "v1"): (
        ("jobs", "Job", True, "status", ""),
        ("cronjobs", "CronJob", True, "status", "cj"),
    ),
    ("networking.k8s.io", "v1"): (
        ("ingresses", "Ingress", True, "status", "ing"),
        ("networkpolicies", "NetworkPolicy", True, "", "netpol"),
        ("ingressclasses", "IngressClass", False, "", ""),
    ),
    ("policy", "v1"): (("poddisruptionbudgets", "PodDisruptionBudget", True, "status", "pdb"),),
    ("autoscaling", "v2"): (("horizontalpodautoscalers", "HorizontalPodAutoscaler", True, "status", "hpa"),),
    ("rbac.authorization.k8s.io", "v1"): (
        ("roles", "Role", True, "", ""),
        ("rolebindings", "RoleBinding", True, "", ""),
        ("clusterroles", "ClusterRole", False, "", ""),
        ("clusterrolebindings", "ClusterRoleBinding", False, "", ""),
    ),
    ("storage.k8s.io", "v1"): (("storageclasses", "StorageClass", False, "", "sc"),),
    ("discovery.k8s.io", "v1"): (("endpointslices", "EndpointSlice", True, "", ""),),
    ("apiextensions.k8s.io", "v1"): (
        ("customresourcedefinitions", "CustomResourceDefinition", False, "status", "crd"),
    ),
    ("coordination.k8s.io", "v1"): (("leases", "Lease", True, "", ""),),
    ("scheduling.k8s.io", "v1"): (("priorityclasses", "PriorityClass", False, "", "pc"),),
    ("admissionregistration.k8s.io", "v1"): (
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False, "", ""),
        ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False, "", ""),
    ),
}
_READ = ("get", "list")
_REVIEWS = (
    Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", False, verbs=("create",)),
    Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", False, verbs=("create",)),
    Resource(
        "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, verbs=("create",)
    ),
    Resource(
        "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False, verbs=("create",)
    ),
    Resource("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", False, verbs=("create",)),
    Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", False, verbs=_READ),
    Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", True, verbs=_READ),
)


def _builtin() -> Iterator[Resource]:
    for (group, version), rows in _ROWS.items():
        for plural, kind, namespaced, subs, short in rows:
            yield Resource(
                group,
                version,
                plural,
                kind,
                namespaced,
                tuple(filter(None, subs.split(","))),
                tuple(filter(None, [short])),
            )
    yield from _REVIEWS


BUILTIN: tuple[Resource, ...] = tuple(_builtin())
BY_KEY: dict[str, Resource] = {one.key: one for one in BUILTIN}


class Registry:
    """The resources of one cluster: the built-in ones and those of its custom resource definitions."""

    def __init__(self) -> None:
        self._table: dict[tuple[str, str, str], Resource] = {}
        self._kinds: dict[tuple[str, str], Resource] = {}
        self._custom: dict[str, list[Resource]] = {}
        self._add(BUILTIN)

    def _add(self, resources: Iterable[Resource]) -> None:
        for one in resources:
            self._table[one.group, one.version, one.plural] = one
            self._kinds.setdefault((one.group_version, one.kind), one)

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource served at this place, or None."""
        return self._table.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource that serves objects of this apiVersion and kind, or None."""
        return self._kinds.get((api_version, kind))

    def by_key(self, key: str) -> Resource | None:
        """The resource stored in this table, or None (custom ones: the first version served)."""
        if key in BY_KEY:
            return BY_KEY[key]
        return next((rows[0] for rows in self._custom.values() if rows and rows[0].key == key), None)

    def all(self) -> list[Resource]:
        """Every resource served."""
        return list(self._table.values())

    def define(self, crd: Obj) -> None:
        """Serve what this custom resource definition names."""
        self.undefine(crd["metadata"]["name"])
        spec, rows = crd.get("spec", {}), []
        names = spec.get("names", {})
        for version in spec.get("versions", []):
            if version.get("served", True):
                subs = tuple(sorted(version.get("subresources") or {}))
                rows.append(
                    Resource(
                        spec.get("group", ""),
                        version["name"],
                        names.get("plural", ""),
                        names.get("kind", ""),
                        spec.get("scope") != "Cluster",
                        subs,
                        tuple(names.get("shortNames") or ()),
                        custom=True,
                    )
                )
        self._custom[crd["metadata"]["name"]] = rows
        self._add(rows)

    def undefine(self, name: str) -> list[Resource]:
        """Serve no more what this definition named; returns what went."""
        rows = self._custom.pop(name, [])
        for one in rows:
            self._table.pop((one.group, one.version, one.plural), None)
            self._kinds.pop((one.group_version, one.kind), None)
        return rows
