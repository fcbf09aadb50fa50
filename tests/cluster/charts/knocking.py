"""Pods in which a connection to a service is tried, in its own namespace and in another one."""

from tests.cluster.charts.release import Release, eventually

IMAGE = "docker.io/library/busybox:1.38.0"


def knock(made: Release, namespace: str) -> None:
    """Starts a pod from which a connection can be tried; one that is there stays."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    ids = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {"name": "knock", "image": IMAGE, "command": ["sleep", "36000"], "securityContext": security}
    spec = {"securityContext": ids, "terminationGracePeriodSeconds": 0, "containers": [container]}
    if not [pod for pod in made.api.list_namespaced_pod(namespace).items if pod.metadata.name == "knock"]:
        made.api.create_namespaced_pod(namespace, {"metadata": {"name": "knock"}, "spec": spec})
    ready = lambda: made.api.read_namespaced_pod("knock", namespace).status.phase == "Running"  # noqa: E731
    eventually(ready, "the pod that knocks runs", 120)


def reaches(made: Release, namespace: str, host: str, port: int, seconds: int = 5) -> bool:
    """Whether a connection from the pod of a namespace is made."""
    connect = f"nc -w {seconds} {host} {port} -e true && echo open || echo shut"
    answer = made.run(made.kubectl, "-n", namespace, "exec", "knock", "--", "sh", "-c", connect)
    assert answer.stdout in ("open\n", "shut\n"), answer.stderr
    return answer.stdout == "open\n"
