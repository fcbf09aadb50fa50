"""What every chart promises, seen on Valkey: secrets that stay whoever applies, and doors that are shut to others."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubernetes import client

from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
# With a look at the cluster, and without asking whether what is there was made by Helm.
LOOKING = ("--dry-run=server", "--is-upgrade")


@pytest.fixture(scope="module")
def cache(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share: one server with a generated password, which the namespace may reach."""
    made = release("cache", "valkey")
    made.bring_up({"networkPolicy": {"clients": "namespace"}})
    return made


def knock(made: Release, namespace: str) -> None:
    """Starts a pod from which a connection can be tried."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    ids = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {
        "name": "knock", "image": "docker.io/library/busybox:1.38.0", "command": ["sleep", "3600"],
        "securityContext": security,
    }  # fmt: skip
    spec = {"securityContext": ids, "terminationGracePeriodSeconds": 0, "containers": [container]}
    made.api.create_namespaced_pod(namespace, {"metadata": {"name": "knock"}, "spec": spec})
    ready = lambda: made.api.read_namespaced_pod("knock", namespace).status.phase == "Running"  # noqa: E731
    eventually(ready, "the pod that knocks runs", 120)


def reaches(made: Release, namespace: str) -> bool:
    """Whether the server answers a pod of a namespace."""
    ask = f"echo QUIT | nc -w 5 {made.binding()['host']} 6379"
    answer = made.run(made.kubectl, "-n", namespace, "exec", "knock", "--", "sh", "-c", ask)
    return answer.stdout.startswith("+OK")


@pytest.fixture
def elsewhere(cache: Release) -> Iterator[str]:
    """Another namespace of the cluster."""
    name = f"{cache.namespace}-elsewhere"
    cache.api.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    yield name
    cache.api.delete_namespace(name)


def test_pods_of_the_namespace_may_connect_and_those_of_another_may_not(cache: Release, elsewhere: str) -> None:
    for namespace in (cache.namespace, elsewhere):
        knock(cache, namespace)
    eventually(lambda: reaches(cache, cache.namespace), "a pod of the namespace connects", 60)
    assert not reaches(cache, elsewhere)
    cache.bring_up({"networkPolicy": {"clients": "cluster"}})
    eventually(lambda: reaches(cache, elsewhere), "a pod of another namespace connects when all may", 60)
    cache.bring_up({"networkPolicy": {"clients": "namespace"}})
    eventually(lambda: not reaches(cache, elsewhere), "and does not any more", 60)
    assert reaches(cache, cache.namespace)


def rendered(made: Release, *more: str) -> str:
    """What `helm template` makes of a chart, without the pod of `helm test`."""
    plan = made.chart / "plans/small.yaml"
    answer = made.run(
        made.helm, "template", made.name, made.chart, "-n", made.namespace, "--skip-tests", "-f", plan, *more
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def apply(made: Release, text: str) -> None:
    """Applies objects as other tools do, by server-side apply."""
    file: Path = made.workdir / f"{made.name}-objects.yaml"
    file.write_text(text)
    answer = made.run(made.kubectl, "-n", made.namespace, "apply", "--server-side", "--force-conflicts", "-f", file)
    assert answer.returncode == 0, answer.stderr


def kept(made: Release) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The passwords of a release, what its clients get, and its pods."""
    return made.secret("auth"), made.binding(), [pod.metadata.uid for pod in made.pods()]


def test_passwords_stay_when_another_tool_applies_what_helm_renders(release: Callable[[str, str], Release]) -> None:
    """With a look at the cluster; without one, each render makes others."""
    plain = release("plain", "valkey")
    apply(plain, rendered(plain, *LOOKING))
    plain.wait_for_all()
    before = kept(plain)
    assert len(before[0]["password"]) == 24
    for _ in range(2):
        apply(plain, rendered(plain, *LOOKING))
        plain.wait_for_all()
        assert kept(plain) == before
    assert rendered(plain) != rendered(plain)


def test_passwords_stay_when_another_tool_takes_over_from_helm(cache: Release) -> None:
    before = kept(cache)
    for _ in range(2):
        apply(cache, rendered(cache, *LOOKING))
        cache.wait_for_all()
        assert kept(cache) == before


@pytest.mark.parametrize("server_side", ["true", "false", "true"])
def test_passwords_stay_over_upgrades_by_each_way_to_apply(cache: Release, server_side: str) -> None:
    before = kept(cache)
    plan = cache.chart / "plans/small.yaml"
    forced = ["--force-conflicts"] if server_side == "true" else []
    answer = cache.run(
        cache.helm, "upgrade", cache.name, cache.chart, "-n", cache.namespace, "-f", plan,
        f"--server-side={server_side}", *forced,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    cache.wait_for_all()
    assert kept(cache) == before
