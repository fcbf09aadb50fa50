"""The portal's own chart: renders, fits the schemas of Kubernetes, runs without rights, refuses odd values."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

CHART = Path(__file__).parents[2] / "helm-charts" / "anywhere"
CASES = sorted(path.stem for path in (CHART / "ci").glob("*-values.yaml"))
VERSIONS = ["1.30", "1.34", "1.37"]
PROCESSES = {"web", "events", "worker", "beat", "watcher"}
Manifest = dict[str, Any]


def helm_template(helm: Path, *arguments: str, case: str = "minimal-values") -> subprocess.CompletedProcess[str]:
    command = [
        str(helm),
        "template",
        "portal",
        str(CHART),
        "--namespace",
        "anywhere",
        "-f",
        str(CHART / "ci" / f"{case}.yaml"),
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=30, check=False)


def rendered(helm: Path, *arguments: str, case: str = "minimal-values") -> list[Manifest]:
    answer = helm_template(helm, *arguments, case=case)
    assert answer.returncode == 0, answer.stderr
    return [document for document in yaml.safe_load_all(answer.stdout) if document]


def one(manifests: list[Manifest], kind: str, ending: str) -> Manifest:
    found = [item for item in manifests if item["kind"] == kind and item["metadata"]["name"].endswith(ending)]
    assert len(found) == 1, [item["metadata"]["name"] for item in found]
    return found[0]


def pods_of(manifests: list[Manifest]) -> list[Manifest]:
    return [item["spec"]["template"]["spec"] for item in manifests if item["kind"] in ("Deployment", "Job")]


def environment_of(pod: Manifest) -> dict[str, Manifest]:
    return {entry["name"]: entry for entry in pod["containers"][0]["env"]}


@pytest.mark.parametrize("case", CASES)
def test_helm_finds_nothing_to_complain_about(helm: Path, case: str) -> None:
    command = [str(helm), "lint", "--strict", str(CHART), "-f", str(CHART / "ci" / f"{case}.yaml")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_every_object_fits_the_schema_of_kubernetes(helm: Path, case: str, version: str) -> None:
    manifests = rendered(helm, case=case)
    assert len(manifests) > 10
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_each_process_is_a_deployment_of_its_own(helm: Path) -> None:
    manifests = rendered(helm)
    deployments = {
        item["spec"]["template"]["spec"]["containers"][0]["args"][0]
        for item in manifests
        if item["kind"] == "Deployment"
    }
    assert deployments == PROCESSES


def test_web_worker_and_events_scale_by_replicas_and_the_rest_runs_once(helm: Path) -> None:
    manifests = rendered(helm, "--set", "web.replicas=5,worker.replicas=7,events.replicas=3")
    replicas = {name: one(manifests, "Deployment", f"-{name}")["spec"]["replicas"] for name in PROCESSES}
    assert replicas == {"web": 5, "worker": 7, "events": 3, "beat": 1, "watcher": 1}
    for name in ("beat", "watcher"):
        assert one(manifests, "Deployment", f"-{name}")["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("case", CASES)
def test_pods_keep_to_the_restricted_standard(helm: Path, case: str) -> None:
    for pod in pods_of(rendered(helm, case=case)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"] + pod.get("initContainers", []):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False and context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]


def test_no_secret_stands_in_a_pod(helm: Path) -> None:
    for pod in pods_of(rendered(helm)):
        assert "secret@" not in yaml.safe_dump(pod)
        environment = environment_of(pod)
        for name in ("DATABASE_URL", "REDIS_URL", "ANYWHERE_SECRET_KEY", "ANYWHERE_FIELD_KEYS"):
            assert set(environment[name]) == {"name", "valueFrom"}


def test_the_migrations_run_before_the_rest_and_their_needs_before_them(helm: Path) -> None:
    manifests = rendered(helm)
    job = one(manifests, "Job", "-migrations")["metadata"]["annotations"]
    assert job["helm.sh/hook"] == "pre-install,pre-upgrade"
    for name in ("-keys", "-addresses"):
        secret = one(manifests, "Secret", name)["metadata"]["annotations"]
        assert int(secret["helm.sh/hook-weight"]) < int(job["helm.sh/hook-weight"])


def test_only_the_migrations_know_the_administrators_password(helm: Path) -> None:
    manifests = rendered(helm)
    knowing = [
        item["metadata"]["name"]
        for item in manifests
        if item["kind"] in ("Deployment", "Job")
        and "ANYWHERE_ADMIN_PASSWORD" in environment_of(item["spec"]["template"]["spec"])
    ]
    assert knowing == ["portal-anywhere-migrations"]


def test_the_keys_stay_when_the_release_goes_and_fit_the_portal(helm: Path) -> None:
    secret = one(rendered(helm), "Secret", "-keys")
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    name, key = base64.b64decode(secret["data"]["field-keys"]).decode().split(":")
    assert name == "k1" and len(base64.urlsafe_b64decode(key)) == 32
    assert len(base64.b64decode(secret["data"]["admin-password"])) >= 16


def test_keys_and_addresses_of_ones_own_are_used_as_they_are(helm: Path) -> None:
    manifests = rendered(helm, case="full-values")
    assert not [item for item in manifests if item["kind"] == "Secret"]
    environment = environment_of(pods_of(manifests)[0])
    assert environment["DATABASE_URL"]["valueFrom"]["secretKeyRef"] == {"name": "db-binding", "key": "uri"}
    assert environment["ANYWHERE_SECRET_KEY"]["valueFrom"]["secretKeyRef"]["name"] == "own-keys"


def test_every_long_running_process_that_can_be_asked_is_probed(helm: Path) -> None:
    manifests = rendered(helm)
    for name in PROCESSES:
        container = one(manifests, "Deployment", f"-{name}")["spec"]["template"]["spec"]["containers"][0]
        assert {"startupProbe", "livenessProbe"} <= set(container), name


def test_a_drain_takes_one_pod_at_a_time(helm: Path) -> None:
    budgets = [item for item in rendered(helm) if item["kind"] == "PodDisruptionBudget"]
    assert {item["metadata"]["name"].rsplit("-", 1)[1] for item in budgets} == {"web", "events", "worker"}
    assert all(item["spec"]["maxUnavailable"] == 1 for item in budgets)


def test_the_ingress_leads_to_the_door_under_the_public_name(helm: Path) -> None:
    manifests = rendered(helm, case="full-values")
    ingress = one(manifests, "Ingress", "anywhere")
    rule = ingress["spec"]["rules"][0]
    assert rule["host"] == "anywhere.example.com"
    service = one(manifests, "Service", rule["http"]["paths"][0]["backend"]["service"]["name"])
    assert service["spec"]["selector"]["app.kubernetes.io/component"] == "events"
    environment = environment_of(pods_of(manifests)[0])
    assert environment["ANYWHERE_PROXIES"]["value"] == "2"
    assert environment["ANYWHERE_ALLOWED_HOSTS"]["value"].startswith("anywhere.example.com,")
    assert environment["ANYWHERE_PUBLIC_URL"]["value"] == "https://anywhere.example.com:8443"


def test_a_digest_wins_over_a_tag(helm: Path) -> None:
    digest = "sha256:" + "0" * 64
    pod = pods_of(rendered(helm, "--set", f"image.digest={digest},image.tag=x"))[0]
    assert pod["containers"][0]["image"] == f"docker.io/anywhere/anywhere@{digest}"


@pytest.mark.parametrize("service", ["-web", "anywhere"])
def test_each_service_selects_exactly_one_process(helm: Path, service: str) -> None:
    manifests = rendered(helm, case="full-values")
    selector = one(manifests, "Service", service)["spec"]["selector"].items()
    selected = [
        item
        for item in manifests
        if item["kind"] == "Deployment" and selector <= item["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert len(selected) == 1


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("publicUrl=", "publicUrl is empty"),
        ("publicUrl=ftp://x", "publicUrl"),
        ("publicUrl=https://a/b", "publicUrl"),
        ("database.url=", "database: give url"),
        ("redis.url=", "redis: give url"),
        ("web.replicas=0", "replicas"),
        ("worker.replicas=many", "replicas"),
        ("image.digest=sha256:1", "digest"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("administrator.email=nobody", "email"),
        ("service.type=Magic", "type"),
        ("replicas=3", "replicas"),
        ("extraEnv.1A=x", "1A"),
        ("worker.terminationGracePeriodSeconds=1", "terminationGracePeriodSeconds"),
    ],
)
def test_an_odd_value_is_refused_with_its_name(helm: Path, setting: str, words: str) -> None:
    answer = helm_template(helm, "--set", setting)
    assert answer.returncode != 0
    assert words in answer.stderr
