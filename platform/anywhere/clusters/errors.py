"""The errors of the clusters app."""

from __future__ import annotations

from anywhere.lib.errors import ConflictFault, UserFault


class KubeconfigRefused(UserFault):
    """The kubeconfig is not one the portal accepts; the code says which rule it breaks."""

    code = "kubeconfig.invalid"
    title = "This kubeconfig is refused"


class KubeconfigTooLarge(KubeconfigRefused):
    """The document is larger than a kubeconfig can be."""

    code = "kubeconfig.too_large"
    http_status = 413
    title = "This kubeconfig is too large"


class UnsafeYaml(KubeconfigRefused):
    """The YAML uses features that serve attacks and not kubeconfigs."""

    code = "yaml.unsafe"
    title = "This YAML is refused"


class NameTaken(ConflictFault):
    """Another cluster of the organization has this name."""

    code = "cluster.name_taken"
    title = "This name is taken"


class AlreadyRegistered(ConflictFault):
    """The organization has this cluster already."""

    code = "cluster.already_registered"
    title = "This cluster is registered already"


class HasServices(ConflictFault):
    """Services live on the cluster."""

    code = "cluster.has_services"
    title = "Services live on this cluster"


class NotReady(ConflictFault):
    """The cluster is not in a state for this."""

    code = "cluster.not_ready"
    title = "The cluster is not ready for this"


class NotPractice(UserFault):
    """Only practice clusters have practice settings."""

    code = "cluster.not_practice"
    http_status = 404
    title = "This is not a practice cluster"


class PracticeUnavailable(UserFault):
    """The simulator of practice clusters does not run here."""

    code = "practice.unavailable"
    http_status = 503
    title = "Practice clusters are not available"
    retryable = True


class RightsMissing(UserFault):
    """The credential may not do what registration needs."""

    code = "cluster.rights_missing"
    title = "The credential may not do what is needed"


class CredentialGone(UserFault):
    """The uploaded credential is forgotten already."""

    code = "cluster.credential_gone"
    title = "The uploaded credential is forgotten"
