"""What both gateways promise, whoever stands behind them: fakes, the practice cluster, a real one."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import (
    CommandTimedOut,
    Conflict,
    Forbidden,
    Invalid,
    InvalidName,
    NotFound,
    ReleaseBusy,
    Stopped,
)
from anywhere.gateways.helm import Release, ReleaseRequest
from anywhere.gateways.kubernetes import Object, Ref

MakeBusy = Callable[[Gateways, Release], None]


def config_map(name: str, namespace: str, **data: str) -> Object:
    """Give a small object."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"made-by": "contract"}},
        "data": data,
    }


def running_pod(gateways: Gateways, namespace: str, seconds: float = 120) -> str:
    """Give the name of a pod whose container runs."""
    security = {
        "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True, "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    container = {
        "name": "main", "image": "docker.io/library/busybox:1.38.0", "command": ["sleep", "3600"],
        "securityContext": security, "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}},
    }  # fmt: skip
    spec = {"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False, "containers": [container]}
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": namespace}, "spec": spec,
        "status": {"phase": "Running"},  # a real cluster says so itself
    }  # fmt: skip
    end = time.monotonic() + seconds
    while True:
        try:
            gateways.kubernetes.create(pod)
            break
        except Forbidden:  # a new namespace gets its service account a moment later
            assert time.monotonic() < end
            time.sleep(0.3)
    while gateways.kubernetes.get(Ref.of(pod)).get("status", {}).get("phase") != "Running":
        assert time.monotonic() < end, "the pod does not run"
        time.sleep(0.3)
    return "one"


class KubernetesContract:
    """A test class; a subclass gives the fixtures `gateways` and `namespace` (which exists and is empty)."""

    def test_an_object_is_created_read_listed_and_deleted(self, gateways: Gateways, namespace: str) -> None:
        kubernetes = gateways.kubernetes
        made = kubernetes.create(config_map("one", namespace, a="1"))
        assert made["metadata"]["uid"] and made["metadata"]["resourceVersion"]
        ref = Ref.of(made)
        assert kubernetes.get(ref)["data"] == {"a": "1"}
        assert kubernetes.get(f"/api/v1/namespaces/{namespace}/configmaps/one")["data"] == {"a": "1"}
        listed = kubernetes.list("v1/configmaps", namespace, label_selector="made-by=contract")
        found = [(one["kind"], one["apiVersion"], one["metadata"]["name"]) for one in listed]
        assert found == [("ConfigMap", "v1", "one")]
        assert kubernetes.list("v1/configmaps", namespace, label_selector="made-by=nobody") == []
        assert kubernetes.list("v1/configmaps", namespace, field_selector="metadata.name=one") == listed
        assert kubernetes.delete(ref) is True
        assert kubernetes.find(ref) is None
        assert kubernetes.delete(ref) is False

    def test_what_is_not_there_is_not_found(self, gateways: Gateways, namespace: str) -> None:
        with pytest.raises(NotFound):
            gateways.kubernetes.get(Ref("v1", "ConfigMap", "nothing", namespace))
        assert gateways.kubernetes.find(Ref("v1", "ConfigMap", "nothing", namespace)) is None
        with pytest.raises(NotFound):
            gateways.kubernetes.create(config_map("one", f"{namespace}-nowhere"))

    def test_a_second_object_of_the_same_name_is_a_conflict(self, gateways: Gateways, namespace: str) -> None:
        gateways.kubernetes.create(config_map("one", namespace))
        with pytest.raises(Conflict) as caught:
            gateways.kubernetes.create(config_map("one", namespace))
        assert caught.value.code == "cluster.already_exists" and not caught.value.retryable

    def test_applying_twice_gives_the_same_object(self, gateways: Gateways, namespace: str) -> None:
        kubernetes = gateways.kubernetes
        first = kubernetes.apply(config_map("one", namespace, a="1"))
        second = kubernetes.apply(config_map("one", namespace, a="2"))
        assert first["metadata"]["uid"] == second["metadata"]["uid"]
        assert kubernetes.get(Ref.of(second))["data"] == {"a": "2"}

    def test_a_dry_run_changes_nothing(self, gateways: Gateways, namespace: str) -> None:
        gateways.kubernetes.apply(config_map("one", namespace, a="1"), dry_run=True)
        gateways.kubernetes.create(config_map("two", namespace), dry_run=True)
        assert gateways.kubernetes.list("v1/configmaps", namespace, label_selector="made-by=contract") == []

    def test_a_merge_patch_changes_what_it_names(self, gateways: Gateways, namespace: str) -> None:
        made = gateways.kubernetes.create(config_map("one", namespace, a="1", b="2"))
        changed = gateways.kubernetes.patch(Ref.of(made), {"data": {"a": None, "c": "3"}})
        assert changed["data"] == {"b": "2", "c": "3"}

    def test_replacing_an_old_version_is_a_conflict(self, gateways: Gateways, namespace: str) -> None:
        old = gateways.kubernetes.create(config_map("one", namespace, a="1"))
        gateways.kubernetes.replace({**old, "data": {"a": "2"}})
        with pytest.raises(Conflict):
            gateways.kubernetes.replace({**old, "data": {"a": "3"}})
        assert gateways.kubernetes.get(Ref.of(old))["data"] == {"a": "2"}

    def test_the_server_tells_its_version_kinds_and_rights(self, gateways: Gateways, namespace: str) -> None:
        kubernetes = gateways.kubernetes
        assert kubernetes.version().number >= (1, 29)
        assert {"v1", "apps/v1", "apps/v1/Deployment", "v1/Pod"} <= set(kubernetes.api_versions())
        assert kubernetes.is_namespaced("apps/v1", "Deployment") is True
        assert kubernetes.is_namespaced("v1", "Namespace") is False
        with pytest.raises(NotFound):
            kubernetes.is_namespaced("nobody.example/v1", "Nothing")
        assert kubernetes.can_i("create", "", "configmaps", namespace) is True

    def test_a_service_account_gets_a_token(self, gateways: Gateways, namespace: str) -> None:
        meta = {"name": "runner", "namespace": namespace}
        gateways.kubernetes.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        token = gateways.kubernetes.token_request(namespace, "runner", 3600)
        assert token.token and token.expires_at.endswith("Z")
        with pytest.raises(NotFound):
            gateways.kubernetes.token_request(namespace, "nobody", 3600)

    def test_a_command_in_a_container_tells_its_output_and_how_it_ended(
        self, gateways: Gateways, namespace: str
    ) -> None:
        kubernetes, pod = gateways.kubernetes, running_pod(gateways, namespace)
        heard: list[str] = []
        done = kubernetes.run(
            namespace, pod, ["sh", "-c", "echo out; echo err >&2; exit 3"], container="main", on_line=heard.append
        )
        assert (done.exit_code, sorted(done.output.split()), done.is_cut) == (3, ["err", "out"], False)
        assert (sorted(heard), done.errors) == (["err", "out"], "err\n")
        done = kubernetes.run(namespace, pod, ["echo", "a b", "$c; d"])
        assert (done.exit_code, done.output) == (0, "a b $c; d\n")
        long = kubernetes.run(namespace, pod, ["echo", "x" * 9000])
        assert long.exit_code == 0 and long.output.startswith("xxx")

    def test_a_command_that_cannot_be_run_says_why(self, gateways: Gateways, namespace: str) -> None:
        kubernetes, pod = gateways.kubernetes, running_pod(gateways, namespace)
        with pytest.raises(NotFound):
            kubernetes.run(namespace, "nobody", ["true"])
        with pytest.raises(Invalid):
            kubernetes.run(namespace, pod, ["true"], container="nobody")
        with pytest.raises(Invalid) as caught:
            kubernetes.run(namespace, pod, ["/no/such/program"])
        assert caught.value.code == "command.not_started" and not caught.value.retryable

    def test_a_command_is_not_waited_for_longer_than_asked(self, gateways: Gateways, namespace: str) -> None:
        pod = running_pod(gateways, namespace)
        began = time.monotonic()
        with pytest.raises(CommandTimedOut) as caught:
            gateways.kubernetes.run(namespace, pod, ["sh", "-c", "echo begun; sleep 60"], seconds=8)
        assert time.monotonic() - began < 20
        assert (caught.value.output, caught.value.retryable) == ("begun\n", False)

    def test_a_stopped_operation_asks_nothing_more(self, gateways: Gateways, namespace: str) -> None:
        gateways.kubernetes.cancelled = lambda: True
        with pytest.raises(Stopped):
            gateways.kubernetes.get(Ref("v1", "ConfigMap", "one", namespace))
        gateways.kubernetes.cancelled = lambda: False


class HelmContract:
    """A test class; a subclass gives `gateways`, `namespace`, `chart` (values: replicas, image) and `make_busy`."""

    def request(self, namespace: str, chart: Path, **values: object) -> ReleaseRequest:
        """Give a request for the release "web"."""
        return ReleaseRequest("web", namespace, chart, values, description="anywhere operation 7")

    def test_a_chart_is_rendered_without_the_cluster(self, gateways: Gateways, namespace: str, chart: Path) -> None:
        objects = gateways.helm.template(self.request(namespace, chart, replicas=2), "v1.36.3", ["apps/v1/Deployment"])
        deployments = [one for one in objects if one["kind"] == "Deployment"]
        assert deployments[0]["spec"]["replicas"] == 2
        assert gateways.helm.status("web", namespace) is None

    def test_a_release_is_installed_changed_rolled_back_and_removed(
        self, gateways: Gateways, namespace: str, chart: Path
    ) -> None:
        helm, live = gateways.helm, Ref("apps/v1", "Deployment", "web", namespace)
        assert helm.status("web", namespace) is None
        assert helm.history("web", namespace) == []
        first = helm.install_or_upgrade(self.request(namespace, chart, replicas=1))
        assert (first.name, first.namespace, first.revision, first.status) == ("web", namespace, 1, "deployed")
        assert first.description == "anywhere operation 7"
        assert helm.status("web", namespace) == first
        second = helm.install_or_upgrade(self.request(namespace, chart, replicas=2))
        assert second.revision == 2
        assert gateways.kubernetes.get(live)["spec"]["replicas"] == 2
        assert [(one.revision, one.status) for one in helm.history("web", namespace)] == [
            (1, "superseded"),
            (2, "deployed"),
        ]
        assert helm.values("web", namespace) == {"replicas": 2}
        assert helm.values("web", namespace, 1) == {"replicas": 1}
        assert [Ref.of(one, namespace) for one in helm.manifest("web", namespace)] == [live]
        assert helm.hooks("web", namespace) == []
        third = helm.rollback("web", namespace, 1)
        assert (third.revision, third.status) == (3, "deployed")
        assert gateways.kubernetes.get(live)["spec"]["replicas"] == 1
        assert helm.uninstall("web", namespace) is True
        assert gateways.kubernetes.find(live) is None or gateways.kubernetes.get(live)["metadata"]["deletionTimestamp"]
        assert helm.status("web", namespace) is None
        assert helm.uninstall("web", namespace) is False

    def test_what_helm_does_not_know_is_not_found(self, gateways: Gateways, namespace: str) -> None:
        with pytest.raises(NotFound):
            gateways.helm.manifest("web", namespace)
        with pytest.raises(NotFound):
            gateways.helm.values("web", namespace)

    def test_an_install_needs_its_namespace(self, gateways: Gateways, namespace: str, chart: Path) -> None:
        with pytest.raises(NotFound):
            gateways.helm.install_or_upgrade(self.request(f"{namespace}-nowhere", chart))

    def test_a_revision_left_pending_is_in_the_way_until_it_is_marked_failed(
        self, gateways: Gateways, namespace: str, chart: Path, make_busy: MakeBusy
    ) -> None:
        helm = gateways.helm
        first = helm.install_or_upgrade(self.request(namespace, chart, replicas=1))
        make_busy(gateways, first)
        assert helm.status("web", namespace) == dataclasses.replace(first, status="pending-upgrade")
        with pytest.raises(ReleaseBusy):
            helm.install_or_upgrade(self.request(namespace, chart, replicas=2))
        failed = helm.mark_failed("web", namespace, 1, "Its worker is gone")
        assert (failed.status, failed.description) == ("failed", "Its worker is gone")
        assert helm.mark_failed("web", namespace, 1, "again") == failed
        assert helm.install_or_upgrade(self.request(namespace, chart, replicas=2)).revision == 2

    def test_a_forgotten_revision_leaves_its_objects(self, gateways: Gateways, namespace: str, chart: Path) -> None:
        gateways.helm.install_or_upgrade(self.request(namespace, chart, replicas=1))
        gateways.helm.install_or_upgrade(self.request(namespace, chart, replicas=2))
        gateways.helm.forget("web", namespace, 1)
        gateways.helm.forget("web", namespace, 1)
        assert [one.revision for one in gateways.helm.history("web", namespace)] == [2]
        assert gateways.kubernetes.find(Ref("apps/v1", "Deployment", "web", namespace)) is not None

    def test_a_stopped_operation_installs_nothing(self, gateways: Gateways, namespace: str, chart: Path) -> None:
        gateways.helm.cancelled = lambda: True  # type: ignore[attr-defined]
        with pytest.raises(Stopped):
            gateways.helm.install_or_upgrade(self.request(namespace, chart))
        gateways.helm.cancelled = lambda: False  # type: ignore[attr-defined]


class RealHelmContract(HelmContract):
    """What only a Helm with a real program and a real API shows."""

    @pytest.mark.parametrize(
        ("release", "space"),
        [
            ("--post-renderer=/bin/sh", "x"), ("-f", "x"), ("a b", "x"), ("$(id)", "x"), ("a\nb", "x"), ("a\0b", "x"),
            ("a" * 54, "x"), ("Ä", "x"), ("", "x"), ("web", "--kubeconfig=/etc/passwd"), ("web", "../x"), ("web", ""),
        ],
    )  # fmt: skip
    def test_names_that_are_no_names_never_reach_helm(
        self, gateways: Gateways, chart: Path, release: str, space: str
    ) -> None:
        for verb in (
            lambda: gateways.helm.install_or_upgrade(ReleaseRequest(release, space, chart)),
            lambda: gateways.helm.template(ReleaseRequest(release, space, chart)),
            lambda: gateways.helm.uninstall(release, space),
            lambda: gateways.helm.rollback(release, space, 1),
            lambda: gateways.helm.status(release, space),
            lambda: gateways.helm.mark_failed(release, space, 1, "x"),
        ):
            with pytest.raises(InvalidName):
                verb()

    def test_only_packages_of_the_cache_are_charts(
        self, gateways: Gateways, namespace: str, chart: Path, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside.tgz"
        outside.write_bytes(chart.read_bytes())
        link = chart.parent / "link.tgz"
        link.symlink_to(outside)
        bad = [outside, link, chart.parent, chart.parent / "../outside.tgz", Path("https://x/y.tgz"), Path("-x.tgz")]
        for path in bad:
            with pytest.raises(InvalidName):
                gateways.helm.install_or_upgrade(ReleaseRequest("web", namespace, path))

    def test_objects_the_cluster_refuses_are_told_in_its_words(
        self, gateways: Gateways, namespace: str, chart: Path
    ) -> None:
        with pytest.raises(Invalid) as caught:
            gateways.helm.install_or_upgrade(self.request(namespace, chart, image="x", memory="no-amount"))
        assert "quantit" in caught.value.detail

    def test_values_marked_secret_are_taken_out_of_errors(
        self, gateways: Gateways, namespace: str, chart: Path
    ) -> None:
        request = ReleaseRequest("web", namespace, chart, {"replicas": "s3cr3t-w0rd"}, secrets=("s3cr3t-w0rd",))
        with pytest.raises(Exception) as caught:
            gateways.helm.install_or_upgrade(request)
        assert "s3cr3t-w0rd" not in str(caught.value)
        assert "s3cr3t-w0rd" not in repr(request)


def some_namespace() -> str:
    """Give a name no other test uses."""
    return f"contract-{uuid.uuid4().hex[:8]}"
