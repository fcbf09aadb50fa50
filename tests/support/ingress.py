"""Where the ingress controller of a cluster is, as the cluster says of an Ingress that it serves."""

import time
from collections.abc import Callable

STATUS = "-o=jsonpath={.items[0].status.loadBalancer.ingress[0].ip}"


def gateway(kubectl: Callable[..., str], namespace: str, seconds: float = 60) -> str:
    """The address at which the Ingress of a namespace is reached; an assertion when it has none in time."""
    deadline = time.monotonic() + seconds
    while not (address := kubectl("-n", namespace, "get", "ingress", STATUS).strip()):
        assert time.monotonic() < deadline, f"the ingress of {namespace} has no address within {seconds} s"
        time.sleep(0.5)
    return address
