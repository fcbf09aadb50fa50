"""What every chart makes: valid objects, restricted pods, stable selectors, no secret in the open."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.charts.chart import ROOT, Chart, only, pod_specs


def test_lint_finds_nothing_even_when_strict(chart: Chart) -> None:
    for file in chart.examples():
        answer = chart.run("lint", "--strict", chart.path, "--values", file)
        assert answer.returncode == 0, f"{file.name}: {answer.stdout}"


@pytest.mark.parametrize("version", ["1.30", "1.33", "1.36"])
def test_every_example_is_valid_for_kubernetes(chart: Chart, version: str) -> None:
    for file in chart.examples():
        objects = chart.render(file)
        assert len(objects) >= 8
        for item in objects:
            kubernetes_validate.validate(item, version, strict=True)


def test_pods_obey_the_restricted_pod_security_standard(chart: Chart) -> None:
    for file in chart.examples():
        pods = list(pod_specs(chart.render(file)))
        assert len(pods) == 2, "the server and the test"
        for name, pod in pods:
            context = pod["securityContext"]
            assert context["runAsNonRoot"] is True and context["runAsUser"] > 0, name
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}
            assert pod["automountServiceAccountToken"] is False
            assert pod["enableServiceLinks"] is False
            assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
            assert all(set(volume) - {"name"} <= {"configMap", "secret", "emptyDir"} for volume in pod["volumes"])
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                security = container["securityContext"]
                assert security["allowPrivilegeEscalation"] is False
                assert security["readOnlyRootFilesystem"] is True
                assert security["capabilities"] == {"drop": ["ALL"]}
                assert "privileged" not in security
                assert container["resources"]["requests"].keys() == {"cpu", "memory"}
                assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
                assert not any("hostPort" in port for port in container.get("ports", []))


def test_checksums_stay_text_when_all_their_digits_are_decimal(chart: Chart) -> None:
    said = re.findall(r"^ +checksum/[a-z]+: (.+)$", chart.template(chart.examples()[0]).stdout, re.MULTILINE)
    assert len(said) == 2
    assert all(re.fullmatch(r'"[0-9a-f]{10}"', each) for each in said)


def test_the_server_is_probed_and_its_data_outlive_the_release(chart: Chart) -> None:
    stateful = only(chart.render(), "StatefulSet")
    container = stateful["spec"]["template"]["spec"]["containers"][0]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert stateful["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert [claim["metadata"]["name"] for claim in stateful["spec"]["volumeClaimTemplates"]] == ["data"]
    assert stateful["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 60


def test_a_pod_that_is_not_well_does_not_block_a_drain(chart: Chart) -> None:
    budget = only(chart.render(), "PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_selectors_find_the_pods_and_do_not_change_with_the_version(chart: Chart, write_values: Callable) -> None:
    other = chart.property("serverVersion")["examples"][1]
    before, after = chart.render(), chart.render(write_values({"serverVersion": other}))
    for objects in (before, after):
        stateful = only(objects, "StatefulSet")
        labels = stateful["spec"]["template"]["metadata"]["labels"]
        selectors = [stateful["spec"]["selector"]["matchLabels"]]
        selectors += [item["spec"]["selector"] for item in objects if item["kind"] == "Service"]
        selectors += [only(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]]
        selectors += [only(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]]
        assert all(selector.items() <= labels.items() for selector in selectors)
    fixed = ("serviceName", "selector", "volumeClaimTemplates", "podManagementPolicy")
    specs = [only(objects, "StatefulSet")["spec"] for objects in (before, after)]
    assert [specs[0].get(key) for key in fixed] == [specs[1].get(key) for key in fixed]


def test_passwords_stand_in_secrets_alone(chart: Chart, write_values: Callable) -> None:
    secret = "Written-In-Secrets-0nly"
    auth = {"password": secret, **({"adminPassword": secret} if "adminPassword" in chart.values["auth"] else {})}
    objects = chart.render(write_values({"auth": auth}))
    encoded = base64.b64encode(secret.encode()).decode()
    kinds = {item["kind"] for item in objects if secret in yaml.safe_dump(item) or encoded in yaml.safe_dump(item)}
    assert kinds == {"Secret"}


def test_two_secrets_agree_also_when_the_password_is_generated(chart: Chart) -> None:
    secrets = {item["metadata"]["name"]: item for item in chart.render() if item["kind"] == "Secret"}
    assert secrets.keys() == {"shop-auth", "shop-binding"}
    assert secrets["shop-auth"]["data"]["password"] == secrets["shop-binding"]["data"]["password"]
    assert len(base64.b64decode(secrets["shop-auth"]["data"]["password"])) == 24
    assert secrets["shop-auth"]["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_the_binding_follows_the_service_binding_specification(chart: Chart) -> None:
    binding = next(item for item in chart.render() if item["metadata"]["name"] == "shop-binding")
    data = {key: base64.b64decode(value).decode() for key, value in binding["data"].items()}
    assert {"type", "provider", "host", "port", "username", "password", "uri"} <= data.keys()
    assert binding["type"] == f"servicebinding.io/{data['type']}"
    assert data["host"] == "shop.apps.svc.cluster.local"
    assert set(chart.package["credentials"]) <= data.keys()


def test_given_passwords_make_the_same_objects_every_time(chart: Chart) -> None:
    file = chart.path / "ci/everything-values.yaml"
    assert chart.template(file).stdout == chart.template(file).stdout


def test_a_mirror_takes_the_place_of_the_registry_and_a_digest_pins_the_image(chart: Chart) -> None:
    for _, pod in pod_specs(chart.render(chart.path / "ci/everything-values.yaml")):
        image = pod["containers"][0]["image"]
        assert image.startswith(f"registry.test/mirror/{chart.values['image']['repository']}:")
        assert "@sha256:" in image
        assert pod["imagePullSecrets"] == [{"name": "mirror"}]


def test_the_default_image_is_in_the_list_of_images(chart: Chart) -> None:
    listed = {entry["chart"]: entry for entry in yaml.safe_load((ROOT / "images.yaml").read_text())["images"]}[
        chart.name
    ]
    images = {pod["containers"][0]["image"] for _, pod in pod_specs(chart.render())}
    assert images == {f"{listed['image']}:{listed['tags'][0]}"}
    assert listed["tags"] == chart.property("serverVersion")["examples"]


def test_a_change_of_settings_or_password_restarts_the_pods_and_a_change_of_labels_does_not(
    chart: Chart, write_values: Callable
) -> None:
    def template(values: dict) -> dict:
        fixed = {
            "password": "The-same-every-time",
            **({"adminPassword": "Also-the-same"} if "adminPassword" in chart.values["auth"] else {}),
        }
        fixed |= {"internalPassword": "Also-the-same"} if "internalPassword" in chart.values["auth"] else {}
        more = {"clusterId": "MkU3OEVBNTcwNTJENDM2Qg"} if "clusterId" in chart.values else {}
        return only(
            chart.render(write_values({**more, **values, "auth": {**fixed, **values.get("auth", {})}})), "StatefulSet"
        )["spec"]["template"]

    name = {"postgresql": "work_mem", "valkey": "timeout", "kafka": "queued.max.requests"}[chart.name]
    assert template({}) == template({})
    assert template({}) == template({"networkPolicy": {"clients": "anywhere"}})
    assert template({}) != template({"settings": {"extra": {name: 500}}})
    assert template({}) != template({"auth": {"password": "Another-password"}})


def test_the_chart_has_no_vendored_copy_and_every_file_it_needs() -> None:
    for name in ("postgresql", "valkey", "kafka"):
        assert not (ROOT / name / "charts").exists()
        for file in ("README.md", "icon.svg", "package.yaml", "templates/NOTES.txt", "templates/tests/roundtrip.yaml"):
            assert (ROOT / name / file).read_text().strip(), f"{name}/{file}"


def test_the_package_is_made_by_helm_alone(chart: Chart, tmp_path: Path) -> None:
    answer = chart.run("package", chart.path, "--destination", tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / f"{chart.name}-1.0.0.tgz").stat().st_size < 100_000


def test_a_checksum_that_looks_like_a_number_stays_text(chart: Chart, write_values: Callable) -> None:
    passwords = (f"password-{number}" for number in range(2000))
    numeric = None
    for password in passwords:
        if chart.name == "valkey":
            hashed = hashlib.sha256(password.encode()).hexdigest()
            text = f"\nuser default on #{hashed} ~* &* +@all"
        else:
            text = f"{password} the-other-one"
        checksum = hashlib.sha256(text.encode()).hexdigest()[:10]
        if isinstance(yaml.safe_load(checksum), int | float) or re.fullmatch(r"[0-9]+e[0-9]+", checksum):
            numeric = password, checksum
            break
    assert numeric, "one in a hundred looks like a number"
    auth = {"password": numeric[0]}
    auth |= {"adminPassword": "the-other-one"} if "adminPassword" in chart.values["auth"] else {}
    auth |= {"internalPassword": "the-other-one"} if "internalPassword" in chart.values["auth"] else {}
    template = only(chart.render(write_values({"auth": auth})), "StatefulSet")["spec"]["template"]
    assert template["metadata"]["annotations"]["checksum/passwords"] == numeric[1]
