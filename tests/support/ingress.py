"""Where the ingress controller of a cluster is, as the cluster says of an Ingress that it serves."""

import time
from collections.abc import Callable

STATUS = "-o=jsonpath={.items[*].status.loadBalancer.ingress[*]['ip','hostname']}"


def gateway(kubectl: Callable[..., str], namespace: str, seconds: float = 60) -> str:
    """The address or the name at which the Ingress of a namespace is reached; an assertion when it has none in time."""
    deadline = time.monotonic() + seconds
    while not (found := kubectl("-n", namespace, "get", "ingress", STATUS).split()):
        assert time.monotonic() < deadline, f"the ingress of {namespace} has no address within {seconds} s"
        time.sleep(0.5)
    return found[0]
