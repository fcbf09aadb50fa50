"""The table of kinds Kubernetes is born with: their plural, and whether they live in a namespace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """How a kind is written in URLs."""

    api_version: str
    plural: str
    namespaced: bool

    @property
    def root(self) -> str:
        """Give "/api/v1" or "/apis/apps/v1"."""
        return f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """Give the URL path of all, of one namespace's, of one object, or of one object's subresource."""
        parts = [self.root]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural, *([name] if name else []), *([subresource] if subresource else [])]
        return "/".join(parts)


_TABLE = """
v1: Pod Service Secret ConfigMap ServiceAccount PersistentVolumeClaim Event Endpoints:endpoints ResourceQuota LimitRange
 ReplicationController PodTemplate | Namespace Node PersistentVolume
apps/v1: Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision |
batch/v1: Job CronJob |
networking.k8s.io/v1: Ingress:ingresses NetworkPolicy:networkpolicies | IngressClass:ingressclasses
policy/v1: PodDisruptionBudget |
autoscaling/v2: HorizontalPodAutoscaler |
autoscaling/v1: HorizontalPodAutoscaler |
rbac.authorization.k8s.io/v1: Role RoleBinding | ClusterRole ClusterRoleBinding
storage.k8s.io/v1: CSIStorageCapacity:csistoragecapacities | StorageClass:storageclasses CSIDriver CSINode
 VolumeAttachment
discovery.k8s.io/v1: EndpointSlice |
apiextensions.k8s.io/v1: | CustomResourceDefinition
apiregistration.k8s.io/v1: | APIService:apiservices
coordination.k8s.io/v1: Lease |
scheduling.k8s.io/v1: | PriorityClass:priorityclasses
events.k8s.io/v1: Event |
admissionregistration.k8s.io/v1: | MutatingWebhookConfiguration ValidatingWebhookConfiguration
 ValidatingAdmissionPolicy:validatingadmissionpolicies
"""


def _read(table: str) -> dict[tuple[str, str], Resource]:
    found: dict[tuple[str, str], Resource] = {}
    for line in table.replace("\n ", " ").strip().splitlines():
        version, kinds = line.split(": ", 1)
        for index, part in enumerate(kinds.split("|")):
            for word in part.split():
                kind, _, plural = word.partition(":")
                found[version, kind] = Resource(version, plural or kind.lower() + "s", index == 0)
    return found


BUILT_IN = _read(_TABLE)


def plural_of(api_version: str, kind: str) -> str:
    """Give the plural of a kind; unknown ones get an s."""
    known = BUILT_IN.get((api_version, kind))
    return known.plural if known else kind.lower() + "s"


def resource_of(text: str) -> Resource:
    """Give the resource written "v1/pods" or "apps/v1/deployments"; unknown ones count as namespaced."""
    api_version, plural = text.rsplit("/", 1)
    for (version, _), resource in BUILT_IN.items():
        if version == api_version and resource.plural == plural:
            return resource
    return Resource(api_version, plural, True)
