"""Charts that were not written for the portal: publish, install, true health, mend, uninstall, nothing left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest

from tests.cluster.path import foreign
from tests.cluster.path.chaos import Api, assert_one_release, eventually, kill
from tests.support.command_line import CommandLine
from tests.support.ingress import gateway
from tests.support.portal import Portal

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]


def kinds(kubectl: Kubectl, namespace: str) -> list[str]:
    """Give kind and name of everything in the namespace that did not come with it."""
    asked = "all,configmaps,secrets,serviceaccounts,jobs,cronjobs,ingresses,roles,rolebindings,networkpolicies,pdb"
    found = kubectl("-n", namespace, "get", asked, "-o", "name").split()
    return sorted(o for o in found if o not in {"configmap/kube-root-ca.crt", "serviceaccount/default"})


def assert_gone(kubectl: Kubectl, name: str) -> None:
    """Claim that nothing of a release is left in its namespace."""
    eventually(lambda: kinds(kubectl, name) in ([], [f"configmap/{name}-prepared"]), "everything is gone", 60)


def test_a_shop_with_hooks_an_own_kind_and_a_subchart(
    package: Any, aw: CommandLine, api: Api, kubectl: Kubectl, kubeconfig: str, name: str
) -> None:
    chart = package(foreign.shop)
    card = aw.json("catalog", "show", chart)
    assert (card["provider"]["slug"], card["version"]) == ("others", "0.1.0")
    installed = aw.json("install", chart, name, "--cluster", "real", "--wait")
    assert installed["state"] == "succeeded"
    assert {w["kind"] for w in installed["workloads"]} >= {"Deployment"}
    assert kubectl("get", "crd", f"gadgets.{chart}.example.com", "-o", "name")
    assert kubectl("-n", name, "get", "configmap", f"{name}-prepared", "-o", "jsonpath={.data.revision}") == "1"
    assert "extras" not in " ".join(kinds(kubectl, name)), "its condition is false"
    assert f"cronjob.batch/{name}-nightly" in kinds(kubectl, name)
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 30)

    broken = aw.json("services", "change", name, "--set", "image.tag=no-such-tag", "--wait", code=1)
    assert "no-such-tag" in broken["error"]["title"] + broken["error"]["detail"]
    aw.wait_for(lambda: aw.health(name)["verdict"] in ("failed", "degraded"), 60, "the watcher sees it broken")
    assert "no-such-tag" in aw.health(name)["reason"]
    aw.json("services", "rollback", name, "--wait")
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 60, "it is healthy again")
    assert_one_release(kubeconfig, name)

    plan = aw.json("services", "change", name, "--set", "extras.enabled=true", "--dry-run")
    assert {"create"} == {c["action"] for c in plan["changes"]}
    aw.json("services", "change", name, "--set", "extras.enabled=true", "--wait")
    assert "extras" in " ".join(kinds(kubectl, name))
    ended = aw.json("services", "uninstall", name, "--wait")
    assert ended["result"]["data_kept"] == []
    assert_gone(kubectl, name)


def test_a_queue_with_volumes_jobs_and_hooks(
    package: Any, aw: CommandLine, api: Api, kubectl: Kubectl, kubeconfig: str, name: str
) -> None:
    chart = package(foreign.queue)
    installed = aw.json("install", chart, name, "--cluster", "real", "--wait")
    assert installed["state"] == "succeeded"
    seen = {(w["kind"], w["ready"], w["desired"]) for w in installed["workloads"]}
    assert ("StatefulSet", 2, 2) in seen
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 30)
    inside = ("-n", name, "exec", f"{name}-queue-1", "--")
    kubectl(*inside, "rm", "/data/there")
    aw.wait_for(lambda: f"{name}-queue-1" in aw.health(name)["reason"], 30, "a pod that is not ready is seen")
    assert aw.health(name)["verdict"] in ("progressing", "degraded")
    kubectl(*inside, "touch", "/data/there")
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 60, "and so is that it is ready again")
    aw.json("services", "change", name, "--set", "console.enabled=false", "--wait")
    eventually(lambda: "console" not in " ".join(kinds(kubectl, name)), "the part is gone", 60)
    assert_one_release(kubeconfig, name)
    kept = aw.json("services", "uninstall", name, "--wait")["result"]["data_kept"]
    assert sorted(claim["name"] for claim in kept) == [f"data-{name}-queue-0", f"data-{name}-queue-1"]
    assert_gone(kubectl, name)


def test_a_helm_killed_in_a_hook_before_the_install_runs_the_hook_again(
    package: Any, portal: Portal, api: Api, kubectl: Kubectl, kubeconfig: str, name: str
) -> None:
    operation = api.install(package(foreign.shop), name)
    job = f"job.batch/{name}-pre-install"
    eventually(lambda: job in kubectl("-n", name, "get", "jobs", "-o", "name", check=False), "the hook runs", 30)
    assert kill(portal, "helm")
    assert api.ended(operation["id"], 120)["state"] == "succeeded"
    assert_one_release(kubeconfig, name)
    hook = json.loads(kubectl("-n", name, "get", "configmap", f"{name}-prepared", "-o", "json"))
    assert hook["data"]["revision"], "the hook that comes after the one that was cut off"


def test_the_host_of_an_ingress_is_shown_and_followed(
    package: Any, aw: CommandLine, kubectl: Kubectl, name: str
) -> None:
    def hosts() -> list[str]:
        points = aw.json("services", "connect", name)["endpoints"]
        return [point["host"] for point in points if point["scope"] == "outside"]

    rule = {"host": f"{name}.test", "paths": [{"path": "/", "pathType": "Prefix"}]}
    values = json.dumps({"ingress": {"enabled": True, "className": "standard", "hosts": [rule]}})
    aw.json("install", package(foreign.shop), name, "--cluster", "real", "-f", "-", "--wait", stdin=values)
    assert hosts() == [f"{name}.test"]
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 60)
    ingress = kubectl("-n", name, "get", "ingress", "-o", "name").strip()
    patch = [{"op": "replace", "path": "/spec/rules/0/host", "value": f"moved-{name}.test"}]
    kubectl("-n", name, "patch", ingress, "--type=json", "-p", json.dumps(patch))
    eventually(lambda: hosts() == [f"moved-{name}.test"], "the new host is shown", 15)
    answer = httpx.get(f"http://{gateway(kubectl, name)}/", headers={"Host": f"moved-{name}.test"}, timeout=10)
    assert answer.status_code == 200 and "nginx" in answer.text
    aw.run("services", "uninstall", name, "--wait")
    assert_gone(kubectl, name)
