"""Opening a cluster: one context manager gives both gateways, with the connection policy built in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.module_loading import import_string

from anywhere.gateways.helm import HelmGateway
from anywhere.gateways.kubernetes import KubernetesGateway
from anywhere.lib.addresses import AddressPolicy

__all__ = ["AddressPolicy", "ClusterAccess", "Connector", "Gateways", "connect", "open_cluster"]


@dataclass(frozen=True)
class ClusterAccess:
    """All that is needed to reach a cluster; never shown, never logged."""

    server: str
    ca_data: bytes | None = None
    token: str | None = field(default=None, repr=False)
    client_certificate: bytes | None = field(default=None, repr=False)
    client_key: bytes | None = field(default=None, repr=False)
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool = False
    policy: AddressPolicy = field(default_factory=AddressPolicy)


@dataclass(frozen=True)
class Gateways:
    """The two gateways of one cluster."""

    kubernetes: KubernetesGateway
    helm: HelmGateway


Connector = Callable[..., AbstractContextManager[Gateways]]


def never() -> bool:
    """Give False: nothing asks this call to stop."""
    return False


@contextmanager
def connect(access: ClusterAccess, *, cancelled: Callable[[], bool] = never) -> Iterator[Gateways]:
    """Give the gateways of a cluster; `cancelled` is asked while calls run and ends them with Stopped."""
    from anywhere.gateways.helm_pyhelm3 import Pyhelm3Gateway
    from anywhere.gateways.kubernetes_api import KubernetesApi

    with (
        KubernetesApi(access, cancelled=cancelled) as kubernetes,
        Pyhelm3Gateway(access, kubernetes, cancelled=cancelled) as helm,
    ):
        yield Gateways(kubernetes, helm)


def open_cluster(access: ClusterAccess, *, cancelled: Callable[[], bool] = never) -> AbstractContextManager[Gateways]:
    """Give the gateways through the connector that the settings name (tests name a fake)."""
    connector: Connector = import_string(settings.CONNECTOR)
    return connector(access, cancelled=cancelled)
