"""What every chart makes: valid objects, restricted pods, stable selectors, no secret in the open."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from anywhere.clusters.rules import access
from catalog.rules.schema import generated
from catalog.rules.values import overlay, put
from services.operations.desired import make_secret
from tests.charts.chart import ROOT, Chart, containers, of_kind, pod_specs, told_pods

WORKLOADS = ("StatefulSet", "Deployment")
OPERATOR = ("--api-versions", "monitoring.coreos.com/v1")
DIGEST = r"-[0-9a-f]{10}$"
VOLUMES = {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "downwardAPI"}


def test_lint_finds_nothing_even_when_strict(chart: Chart) -> None:
    for file in chart.examples():
        base = [part for path in chart.base() for part in ("--values", path)]
        answer = chart.run("lint", "--strict", chart.path, *base, "--values", file)
        assert answer.returncode == 0, f"{file.name}: {answer.stdout}"


@pytest.mark.parametrize("version", ["1.29", "1.33", "1.36"])
def test_every_example_is_valid_for_kubernetes(chart: Chart, version: str) -> None:
    def number(text: str) -> list[int]:
        return [int(part) for part in text.split(".")]

    answers = {file.name: chart.template(file, more=("--kube-version", version)) for file in chart.examples()}
    refused = {name for name, answer in answers.items() if answer.returncode}
    since = chart.cases().get("since", {})
    assert refused == {name for name, first in since.items() if number(version) < number(first)}
    for name in answers.keys() - refused:
        objects = [item for item in yaml.safe_load_all(answers[name].stdout) if item]
        assert len(objects) >= 3
        for item in objects:
            kubernetes_validate.validate(item, version, strict=True)


def test_it_says_from_which_kubernetes_on_it_works(chart: Chart) -> None:
    said = yaml.safe_load((chart.path / "Chart.yaml").read_text())
    assert said["kubeVersion"] == ">=1.29.0-0" == chart.package["requires"]["kubernetes"]


@pytest.mark.parametrize("version", ["1.29", "1.36"])
def test_it_renders_alike_for_the_oldest_and_the_latest_kubernetes(chart: Chart, version: str) -> None:
    def names(objects: list[dict]) -> list[str]:
        # A Job's name ends with a digest of what it does, which holds generated passwords.
        return [f"{item['kind']} {re.sub(DIGEST, '', item['metadata']['name'])}" for item in objects]

    objects = chart.render(chart.path / "plans/small.yaml", more=("--kube-version", version))
    assert names(objects) == names(chart.rendered["small.yaml"])


def test_an_older_kubernetes_is_refused(chart: Chart) -> None:
    answer = chart.template(more=("--kube-version", "1.28"))
    assert "incompatible with Kubernetes v1.28" in answer.stderr


def test_what_a_person_is_told_names_the_binding_secret_and_holds_no_secret(chart: Chart) -> None:
    base = [part for path in chart.base() for part in ("--values", path)]
    answer = chart.run("install", "shop", chart.path, *base, "-n", "apps", "--dry-run=client", "--output", "json")
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    notes = said["info"]["notes"]
    assert ("shop-binding" in notes) is ("binding" in chart.package)
    secrets = of_kind([item for item in yaml.safe_load_all(said["manifest"]) if item], "Secret")
    kept = [value for item in secrets if item["metadata"]["name"] == "shop-auth" for value in item["data"].values()]
    generated = [value for value in kept if len(value) >= 24]
    assert generated or not chart.values.get("auth")
    assert not [value for value in generated if value in notes or base64.b64decode(value).decode() in notes]


def assert_restricted(pod: dict) -> None:
    """The pod obeys what the cluster asks of a restricted namespace, and more."""
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True and context["runAsUser"] > 0
    assert context["fsGroupChangePolicy"] == "OnRootMismatch"
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["enableServiceLinks"] is False
    assert {"name": "timeout", "value": "1"} in pod["dnsConfig"]["options"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all(set(volume) - {"name"} <= VOLUMES for volume in pod.get("volumes", []))
    for container in containers(pod):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "runAsUser"} & security.keys()


def test_executors_of_spark_obey_it_too(packed: Callable[[str], Chart]) -> None:
    for objects in packed("spark-job").rendered.values():
        [executor] = told_pods(objects)
        assert_restricted(executor)
        assert executor["automountServiceAccountToken"] is False


def test_pods_obey_the_restricted_pod_security_standard(chart: Chart) -> None:
    with_token = set(chart.cases().get("token", []))
    for objects in chart.rendered.values():
        for name, pod in pod_specs(objects):
            assert_restricted(pod)
            known = re.sub(DIGEST, "", name)  # a Job's name ends with a digest
            assert pod["automountServiceAccountToken"] is (known in with_token), name
            for container in containers(pod):
                assert container["resources"]["requests"].keys() == {"cpu", "memory"}
                assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
                assert not any("hostPort" in port for port in container.get("ports", []))


def test_where_the_platform_gives_user_ids_no_pod_asks_for_one(chart: Chart, write_values: Callable) -> None:
    for file in chart.examples():
        for name, pod in pod_specs(chart.render(file, write_values({"global": {"openshift": True}}))):
            assert not {"runAsUser", "runAsGroup", "fsGroup"} & pod["securityContext"].keys(), name
            assert pod["securityContext"]["runAsNonRoot"] is True


def test_checksums_are_short_and_stay_text(chart: Chart) -> None:
    for file in chart.examples():
        said = re.findall(r"^ +checksum/[a-z-]+: (.+)$", chart.template(file).stdout, re.MULTILINE)
        assert said
        assert all(re.fullmatch(r'"[0-9a-f]{10}"', each) for each in said)


def test_servers_are_probed_and_their_data_outlive_the_release(chart: Chart) -> None:
    for objects in chart.rendered.values():
        for item in of_kind(objects, *WORKLOADS):
            pod = item["spec"]["template"]["spec"]
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= pod["containers"][0].keys()
            assert pod["terminationGracePeriodSeconds"] >= 10
            if item["kind"] == "StatefulSet" and item["spec"].get("volumeClaimTemplates"):
                kept = item["spec"]["persistentVolumeClaimRetentionPolicy"]
                assert kept == {"whenDeleted": "Retain", "whenScaled": "Retain"}
        for item in of_kind(objects, "PersistentVolumeClaim"):
            assert item["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_a_server_has_the_time_to_start_and_is_not_killed_for_being_busy(chart: Chart) -> None:
    def seconds(probe: dict) -> int:
        return probe.get("failureThreshold", 3) * probe.get("periodSeconds", 10)

    for item in workloads(chart):
        server = item["spec"]["template"]["spec"]["containers"][0]
        assert seconds(server["startupProbe"]) >= seconds(server["livenessProbe"]), item["metadata"]["name"]
        assert server["livenessProbe"] != server["readinessProbe"], item["metadata"]["name"]


def test_what_is_to_be_done_before_a_server_stops_is_done(chart: Chart) -> None:
    told: dict[str, str] = {}
    for item in workloads(chart):
        lifecycle = item["spec"]["template"]["spec"]["containers"][0].get("lifecycle", {})
        before = " ".join(lifecycle.get("preStop", {}).get("exec", {}).get("command", []))
        told[item["metadata"]["name"]] = f"{told.get(item['metadata']['name'], '')} {before}"
    for name, words in chart.cases().get("stops", {}).items():
        assert words in told[name], name


def workloads(chart: Chart) -> list[dict]:
    """What keeps pods running, in every example."""
    return [item for objects in chart.rendered.values() for item in of_kind(objects, *WORKLOADS)]


def test_pods_of_a_part_are_spread_over_nodes_and_zones(chart: Chart) -> None:
    for item in workloads(chart):
        spread = item["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {entry["topologyKey"] for entry in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        labels = item["spec"]["template"]["metadata"]["labels"]
        assert all(entry["labelSelector"]["matchLabels"].items() <= labels.items() for entry in spread)


def test_a_pod_that_is_not_well_does_not_block_a_drain(chart: Chart) -> None:
    for objects in chart.rendered.values():
        budgets = [item["spec"] for item in of_kind(objects, "PodDisruptionBudget")]
        assert all(b["maxUnavailable"] == 1 and b["unhealthyPodEvictionPolicy"] == "AlwaysAllow" for b in budgets)
        # A Deployment of one pod, such as Spark Connect, has none: a drain moves that pod, with or without a budget.
        sets = of_kind(objects, "StatefulSet")
        several = [each for each in of_kind(objects, "Deployment") if each["spec"].get("replicas", 2) > 1]
        for item in [*sets, *several]:
            labels = item["spec"]["template"]["metadata"]["labels"]
            assert [b for b in budgets if b["selector"]["matchLabels"].items() <= labels.items()], item["metadata"]


def test_pods_of_a_stateful_set_are_named_by_a_headless_service_of_the_release(chart: Chart) -> None:
    for objects in chart.rendered.values():
        services = {item["metadata"]["name"]: item["spec"] for item in of_kind(objects, "Service")}
        for item in of_kind(objects, "StatefulSet"):
            service = services[item["spec"]["serviceName"]]
            assert service["clusterIP"] == "None"
            labels = item["spec"]["template"]["metadata"]["labels"]
            assert service["selector"].items() <= labels.items(), item["metadata"]["name"]


def test_roles_give_no_more_than_the_portal_has_itself(chart: Chart) -> None:
    held = {
        (group, resource, verb)
        for rule in access.NAMESPACED
        for group in rule.api_groups
        for resource in rule.resources
        for verb in rule.verbs
    }
    for objects in chart.rendered.values():
        asked = [rule for role in of_kind(objects, "Role") for rule in role["rules"]]
        assert not of_kind(objects, "ClusterRole", "ClusterRoleBinding")
        for rule in asked:
            for group in rule["apiGroups"]:
                wanted = {(group, resource, verb) for resource in rule["resources"] for verb in rule["verbs"]}
                assert wanted <= held, f"the cluster refuses to let the portal grant {wanted - held}"


def test_no_door_is_open_to_everybody_unless_somebody_says_so(chart: Chart) -> None:
    for name in ("default-values.yaml", "small.yaml", "standard.yaml", "large.yaml"):
        objects = chart.rendered[name]
        for policy in of_kind(objects, "NetworkPolicy"):
            for rule in policy["spec"].get("ingress", []):
                assert rule["from"], policy["metadata"]["name"]
                among = [peer["podSelector"].get("matchLabels", {}) for peer in rule["from"] if "podSelector" in peer]
                own = [labels for labels in among if labels.get("app.kubernetes.io/instance") == "shop"]
                assert rule.get("ports") or len(own) == len(rule["from"]), policy["metadata"]["name"]


def test_every_server_has_a_network_policy_unless_it_is_switched_off(chart: Chart) -> None:
    given = {file.name: yaml.safe_load(file.read_text()) or {} for file in chart.examples()}
    without = {name for name, values in given.items() if values.get("networkPolicy", {}).get("enabled") is False}
    assert without < chart.rendered.keys()
    for name, objects in chart.rendered.items():
        policies = [item["spec"] for item in of_kind(objects, "NetworkPolicy")]
        assert bool(policies) is (name not in without)
        assert all(policy["policyTypes"] == ["Ingress"] for policy in policies)
        chosen = [policy["podSelector"]["matchLabels"].items() for policy in policies]
        pods = [item["spec"]["template"]["metadata"]["labels"].items() for item in of_kind(objects, *WORKLOADS)]
        assert name in without or all(any(labels <= pod for labels in chosen) for pod in pods), name


def test_selectors_find_the_pods_and_do_not_change_with_the_version(chart: Chart, write_values: Callable) -> None:
    older = chart.property("serverVersion")["examples"][-1]
    before, after = chart.render(), chart.render(write_values({"serverVersion": older}))
    for objects in (before, after):
        pods = [item["spec"]["template"]["metadata"]["labels"] for item in of_kind(objects, *WORKLOADS, "Job")]
        for item in of_kind(objects, *WORKLOADS):
            labels = item["spec"]["template"]["metadata"]["labels"]
            assert item["spec"]["selector"]["matchLabels"].items() <= labels.items()
        selectors = [item["spec"]["selector"] for item in of_kind(objects, "Service")]
        selectors += [item["spec"]["selector"]["matchLabels"] for item in of_kind(objects, "PodDisruptionBudget")]
        for selector in selectors:
            selector.pop("statefulset.kubernetes.io/pod-name", None)  # which Kubernetes adds to the pod
            parts = [labels for labels in pods if selector.items() <= labels.items()]
            assert len({labels["app.kubernetes.io/component"] for labels in parts}) == 1 or not pods, selector
    fixed = ("serviceName", "selector", "volumeClaimTemplates", "podManagementPolicy")
    for kind in WORKLOADS:
        specs = [{item["metadata"]["name"]: item["spec"] for item in of_kind(each, kind)} for each in (before, after)]
        assert specs[0].keys() == specs[1].keys()
        for name, spec in specs[0].items():
            assert [spec.get(key) for key in fixed] == [specs[1][name].get(key) for key in fixed]


def test_passwords_stand_in_secrets_alone(chart: Chart, write_values: Callable) -> None:
    secrets = [path for path, node in chart.leaves() if node.get("writeOnly") and "[" not in path]
    assert secrets or not chart.values.get("auth"), "a chart with access has secrets"
    for path in secrets:
        if chart.property(path).get("x-form", {}).get("generate") not in ("password", "chart"):
            continue
        secret = "Written-In-Secrets-0nly"
        values: dict = {}
        here = values
        *parents, last = path.split(".")
        for parent in parents:
            here = here.setdefault(parent, {})
        here[last] = secret
        objects = chart.render(write_values(values))
        encoded = base64.b64encode(secret.encode()).decode()
        kinds = {item["kind"] for item in objects if secret in yaml.safe_dump(item) or encoded in yaml.safe_dump(item)}
        assert kinds == {"Secret"}, path


def test_secrets_agree_also_when_they_are_generated_and_stay(chart: Chart) -> None:
    secrets = {item["metadata"]["name"]: item for item in of_kind(chart.render(), "Secret")}
    assert ("shop-binding" in secrets) is ("binding" in chart.package)
    kept = secrets.get("shop-auth")
    assert kept or not chart.values.get("auth")
    if kept:
        assert kept["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        shared = kept["data"].keys() & secrets["shop-binding"]["data"].keys()
        assert shared
        assert all(kept["data"][key] == secrets["shop-binding"]["data"][key] for key in shared)


def test_the_binding_follows_the_service_binding_specification(chart: Chart) -> None:
    if "binding" not in chart.package:
        assert not chart.package["credentials"]
        return
    binding = next(item for item in chart.render() if item["metadata"]["name"] == "shop-binding")
    data = {key: base64.b64decode(value).decode() for key, value in binding["data"].items()}
    assert {"type", "provider", "uri"} <= data.keys()
    assert binding["type"] == f"servicebinding.io/{data['type']}"
    assert data["type"] == chart.package["binding"]["type"]
    assert "host" not in data or data["host"].endswith(".apps.svc.cluster.local")
    assert set(chart.package["credentials"]) <= data.keys()


def test_given_secrets_make_the_same_objects_every_time(chart: Chart, write_values: Callable) -> None:
    for files in ([chart.path / "ci/everything-values.yaml"], [write_values(chart.cases()["fixed"])]):
        assert chart.template(*files).stdout == chart.template(*files).stdout


def test_what_the_portal_makes_leaves_nothing_to_chance(chart: Chart, write_values: Callable) -> None:
    """So that a plan, which is rendered without a look at the cluster, shows no change that will not be."""
    made = overlay([put({}, path, make_secret(kind)) for path, kind in generated(chart.schema)])
    for example in chart.examples():
        files = [example, write_values(made)]
        assert chart.template(*files).stdout == chart.template(*files).stdout, example.name


def test_a_seed_makes_the_same_secrets_every_time(chart: Chart, write_values: Callable) -> None:
    if "seed" not in chart.values.get("auth", {}):
        assert not [item for item in chart.render() if item["metadata"]["name"] == "shop-auth"]
        return

    def made(release: str = "shop", **auth: str) -> str:
        return chart.template(write_values({"auth": auth}), release=release).stdout

    seed = "a-seed-that-is-written-down-once-and-kept"
    first = made(seed=seed)
    assert first == made(seed=seed)
    assert made() != made(), "without a seed it is chance that makes them"

    def kept(text: str, name: str) -> set[str]:
        found = [item for item in yaml.safe_load_all(text) if item and item["kind"] == "Secret"]
        data = next(item["data"] for item in found if item["metadata"]["name"] == f"{name}-auth")
        return {base64.b64decode(value).decode() for key, value in data.items() if "username" not in key}

    values = kept(first, "shop")
    assert seed not in first and base64.b64encode(seed.encode()).decode() not in first
    assert not {value for value in kept(made("store", seed=seed), "store") & values if len(value) > 15}
    assert not {value for value in kept(made(seed=seed + "2"), "shop") & values if len(value) > 15}


def test_a_mirror_takes_the_place_of_the_registry_and_a_digest_pins_the_image(chart: Chart) -> None:
    listed = {entry["image"].split("/", 1)[1] for entry in _images(chart)}
    for name, pod in pod_specs(chart.render(chart.path / "ci/everything-values.yaml")):
        for container in containers(pod):
            image = container["image"].removeprefix("registry.test/mirror/")
            assert image != container["image"], name
            assert image.split("@")[0].rsplit(":", 1)[0] in listed
        assert pod["imagePullSecrets"] == [{"name": "mirror"}]
    assert "@sha256:" in chart.template(chart.path / "ci/everything-values.yaml").stdout


def test_images_are_in_the_list_of_images_and_never_the_latest(chart: Chart) -> None:
    listed = {f"{entry['image']}:{tag}" for entry in _images(chart) for tag in entry["tags"]}
    for file in [*chart.examples()]:
        if file.name == "everything-values.yaml":
            continue
        images = {c["image"].split("@")[0] for _, pod in pod_specs(chart.render(file)) for c in containers(pod)}
        assert images <= listed, images - listed
    assert not [image for image in listed if image.endswith(":latest")]
    server = next(entry for entry in _images(chart) if entry.get("value", "image") == "image")
    versions = chart.property("serverVersion")["examples"]
    assert len(versions) == len(server["tags"])
    assert all(f"{tag}-".startswith(f"{version}-") for tag, version in zip(server["tags"], versions, strict=True))


def _images(chart: Chart) -> list[dict]:
    listed = yaml.safe_load((ROOT / "images.yaml").read_text())["images"]
    return [entry for entry in listed if entry["chart"] == chart.name]


def test_only_what_must_restarts_the_pods(chart: Chart, write_values: Callable) -> None:
    told = chart.cases()

    def templates(values: dict) -> list[dict]:
        objects = chart.render(write_values(_over(told["fixed"], values)))
        return [item["spec"]["template"] for item in of_kind(objects, *WORKLOADS, "Job")]

    assert templates({}) == templates({})
    for values in told["quiet"]:
        assert templates({}) == templates(values), values
    for values in told["restarts"]:
        assert templates({}) != templates(values), values


def _over(base: dict, top: dict) -> dict:
    both = {key: _over(base[key], top[key]) for key in base.keys() & top.keys() if isinstance(top[key], dict)}
    return {**base, **top, **both}


def test_metrics_and_alerts_come_with_the_operator_alone(chart: Chart, write_values: Callable) -> None:
    on = write_values({"metrics": {"enabled": True, "operator": True}}) if "metrics" in chart.values else None
    if on is None:
        assert chart.cases()["no-metrics"], "says why it has none"
        return
    assert not of_kind(chart.render(on), "PodMonitor", "PrometheusRule")
    objects = chart.render(on, more=OPERATOR)
    groups = [group for item in of_kind(objects, "PrometheusRule") for group in item["spec"]["groups"]]
    alerts = [rule for group in groups for rule in group["rules"]]
    assert [rule["alert"] for rule in alerts] == [entry["name"] for entry in chart.alerts()]
    assert not re.search(r"\$(namespace|release)", yaml.safe_dump(alerts))
    monitor = of_kind(objects, "PodMonitor")[0]["spec"]
    ports = {p["name"] for _, pod in pod_specs(objects) for c in pod["containers"] for p in c.get("ports", [])}
    assert {endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]} == {"metrics"} <= ports


def test_the_chart_has_no_vendored_copy_and_every_file_it_needs(chart: Chart) -> None:
    assert not (ROOT / chart.name / "charts").exists()
    for file in ("README.md", "icon.svg", "package.yaml", "form.yaml", "templates/NOTES.txt"):
        assert (ROOT / chart.name / file).read_text().strip(), file
    assert [item for item in chart.render() if "helm.sh/hook" in item["metadata"].get("annotations", {})], "helm test"


def test_its_own_templates_are_short(chart: Chart) -> None:
    for file in (ROOT / chart.name / "templates").glob("*"):
        assert not file.is_file() or len(file.read_text().splitlines()) <= 220, file.name


def test_the_package_is_made_by_helm_alone(chart: Chart, tmp_path: Path) -> None:
    version = yaml.safe_load((chart.path / "Chart.yaml").read_text())["version"]
    answer = chart.run("package", chart.path, "--destination", tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / f"{chart.name}-{version}.tgz").stat().st_size < 100_000
