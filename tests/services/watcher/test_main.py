"""The watcher beside practice clusters with real Helm releases in them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings as django_settings

from anywhere.operations.models import Beacon
from anywhere.practice import client
from services import connect
from services.models import Service, Sighting
from tests.services.watcher.conftest import Place, Running
from tests.support.charts import DEPLOYMENT, STATEFUL_SET, write_chart

Until = Callable[..., Service]


def _eventually(claim: Callable[[], Any], seconds: float = 15.0) -> Any:
    ends = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < ends, "it did not become so in time"
        time.sleep(0.05)
    return found


def test_a_service_that_runs_is_healthy_and_its_pods_are_shown(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    service = here.install("shop", chart, replicas=2)
    watch()
    until(service, "healthy")
    assert service.reason == "2 pods ready."
    assert service.health_since is not None and service.observed_at is not None
    shown = _eventually(lambda: _workloads(service, pods=2))
    assert shown[0]["ready"] == shown[0]["desired"] == 2
    assert {pod["ready"] for pod in shown[0]["pods"]} == {True}
    here.row.refresh_from_db()
    assert here.row.reachable is True and here.row.checked_at is not None
    assert Beacon.objects.filter(kind="watcher").exists()
    assert Sighting.objects.filter(service=service, kind="health", reason="healthy").exists()


def _workloads(service: Service, pods: int) -> list[dict[str, Any]]:
    service.refresh_from_db()
    shown = service.objects_seen.get("workloads", [])
    return shown if shown and len(shown[0]["pods"]) == pods else []


def test_an_image_that_is_not_there_is_named(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    watch()
    service = here.install("shop", chart, image="docker.io/library/nginx:missing")
    until(service, "failed", "image.not_found")
    assert service.reason == "Image docker.io/library/nginx:missing was not found."
    heard = _eventually(lambda: Sighting.objects.filter(service=service, kind="cluster", level="warning").first())
    assert heard.object.startswith("Pod shop-")


def test_a_crash_loop_is_seen_and_so_is_its_end(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place(fail="crash_loop")
    service = here.install("shop", chart)
    watch()
    until(service, "failed", "container.exited", seconds=40)
    here.session.configure(fail=None)
    here.apply(service, chart, image="docker.io/library/nginx:1.28")
    until(service, "healthy")


def test_a_pod_that_is_killed_is_noticed_and_replaced(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place(ready_seconds=1.5)
    service = here.install("shop", chart)
    watch()
    until(service, "healthy")
    pod = here.session.pods("shop")[0]["metadata"]["name"]
    here.session.call("DELETE", f"/api/v1/namespaces/shop/pods/{pod}")
    until(service, "progressing")
    until(service, "healthy")
    assert pod not in json.dumps(service.objects_seen)


def test_too_little_memory_and_a_missing_storage_class_are_named(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until, tmp_path: Path
) -> None:
    here = place()
    watch()
    big = here.install("big", chart, memory="900Gi")
    stateful = write_chart(tmp_path / "charts", "store", {"set.yaml": STATEFUL_SET})
    lost = here.install("lost", stateful, storageClass="nowhere")
    until(big, "failed", "capacity.memory")
    assert "900 GiB of memory free" in big.reason
    until(lost, "failed", "storage.class_missing")
    assert lost.reason == "Storage class nowhere is not there."


def test_a_workload_deleted_by_hand_is_missed(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    service = here.install("shop", chart)
    watch()
    until(service, "healthy")
    here.session.call("DELETE", "/apis/apps/v1/namespaces/shop/deployments/shop")
    until(service, "failed", "objects.missing")


def test_an_unreachable_cluster_is_told_and_delays_no_other(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here, there = place(), place()
    mine, other = here.install("mine", chart), there.install("other", chart)
    watch()
    until(mine, "healthy")
    until(other, "healthy")
    before = mine.objects_seen
    here.session.configure(fail="unreachable")
    until(mine, "unknown", "cluster.unreachable")
    here.row.refresh_from_db()
    assert here.row.reachable is False and here.row.unreachable_code == "cluster.unreachable"
    assert mine.objects_seen == before, "the last known facts are kept"
    there.apply(other, chart, image="docker.io/library/nginx:missing")
    until(other, "degraded", "image.not_found")
    here.session.configure(fail=None)
    until(mine, "healthy")
    _eventually(lambda: _reachable(here))


def _reachable(here: Place) -> bool:
    here.row.refresh_from_db()
    return here.row.reachable is True and here.row.unreachable_code == ""


def test_a_server_that_hangs_is_unreachable_and_the_one_beside_it_is_not(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    hanging, good = place(), place()
    stuck, well = hanging.install("stuck", chart), good.install("well", chart)
    hanging.session.configure(hang=True)
    watch()
    until(well, "healthy", seconds=15)
    until(stuck, "unknown", "cluster.unreachable")


def test_cut_watches_and_forgotten_versions_lose_nothing(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place(watch_cut_seconds=0.3)
    service = here.install("shop", chart)
    watch()
    until(service, "healthy")
    for tag in ("missing", "1.28", "missing", "1.27"):
        here.apply(service, chart, image=f"docker.io/library/nginx:{tag}")
        if tag == "missing":
            until(service, "degraded", "image.not_found", seconds=30)
        else:
            until(service, "healthy", seconds=30)


def test_a_new_service_in_a_new_namespace_is_taken_up_while_it_runs(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    first = here.install("first", chart)
    watch()
    until(first, "healthy")
    second = here.install("second", chart)
    until(second, "healthy")


def test_only_changes_are_written_and_each_is_told_live(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    service = here.service("shop")
    listener = redis.Redis.from_url(django_settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    listener.subscribe(f"aw:service:{service.pk}")
    running = watch()
    here.apply(service, chart)
    Service.objects.filter(pk=service.pk).update(applied_generation=1)
    until(service, "healthy")
    told = _eventually(lambda: listener.get_message(timeout=0.2))
    assert set(json.loads(told["data"])["health"]) >= {"verdict", "reason", "since"}
    running.stop()
    seen = Service.objects.filter(pk=service.pk).values("observed_at", "health_since").get()
    again = watch()
    _eventually(lambda: again.watcher and again.watcher.watches and next(iter(again.watcher.watches.values())).judged)
    time.sleep(1)
    again.stop()
    now = Service.objects.filter(pk=service.pk).values("health_since").get()
    assert now["health_since"] == seen["health_since"]
    assert Sighting.objects.filter(service=service, kind="health", reason="healthy").count() == 1


def test_a_release_that_is_gone_from_the_cluster_is_missed(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    service = here.install("shop", chart)
    watch()
    until(service, "healthy")
    here.session.call("DELETE", "/api/v1/namespaces/shop/secrets/sh.helm.release.v1.shop.v1")
    until(service, "failed", "release.missing")


def test_a_credential_that_is_no_longer_accepted_is_told_as_such(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    service = here.install("shop", chart)
    credential = here.row.credentials.get()
    credential.secret = {"token": "revoked"}
    credential.save()
    watch()
    until(service, "unknown", "cluster.unauthorized")
    assert service.reason.startswith("The cluster does not accept the credential, since ")


def test_a_cluster_restricted_to_a_namespace_is_watched_there(
    place: Callable[..., Place], chart: Path, watch: Callable[..., Running], until: Until
) -> None:
    here = place()
    type(here.row).objects.filter(pk=here.row.pk).update(access_mode="namespace", namespace="shop")
    service = here.install("shop", chart)
    watch()
    until(service, "healthy")
    here.apply(service, chart, image="docker.io/library/nginx:missing")
    until(service, "degraded", "image.not_found")
    calls = client.requests(here.session.home, here.session.id)["clients"]["anywhere-watcher"]["calls"]
    assert calls


MERGE = "application/merge-patch+json"
ADDRESSED = {
    "deployment.yaml": DEPLOYMENT,
    "service.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}"}
spec:
  type: LoadBalancer
  selector: {app: "{{ .Release.Name }}"}
  ports: [{name: http, port: 80}]
""",
    "ingress.yaml": """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: "{{ .Release.Name }}"}
spec:
  rules:
    - host: "{{ .Values.image | trimPrefix \"docker.io/library/nginx:\" }}.test"
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
""",
}


def test_an_address_that_is_given_late_and_a_host_that_changes_are_shown(
    place: Callable[..., Place], watch: Callable[..., Running], until: Until, tmp_path: Path
) -> None:
    here = place(load_balancer=False)
    service = here.install("shop", write_chart(tmp_path / "charts", "web", ADDRESSED))
    watch()
    until(service, "progressing", "network.no_address_yet")
    _eventually(lambda: _outside(service) == [("1.29.test", 80)])
    here.session.configure(load_balancer=True)
    touched = {"metadata": {"annotations": {"looked-at": "again"}}}
    assert here.session.call("PATCH", "/api/v1/namespaces/shop/services/shop", touched, MERGE).code == 200
    addressed = _eventually(lambda: len(_outside(service)) == 2 and _outside(service))
    assert addressed[0][0].startswith("203.0.113.") and addressed[0][1] == 80
    until(service, "healthy")
    ingress = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop"
    rules = here.session.get(ingress)["spec"]["rules"]
    moved = {"spec": {"rules": [{**rules[0], "host": "moved.test"}]}}
    assert here.session.call("PATCH", ingress, moved, MERGE).code == 200
    _eventually(lambda: ("moved.test", 80) in _outside(service))
    assert ("1.29.test", 80) not in _outside(service)


def _outside(service: Service) -> list[tuple[str, int]]:
    service.refresh_from_db()
    points = connect.describe(service)["endpoints"]
    return [(point["host"], point["port"]) for point in points if point["scope"] == "outside"]
