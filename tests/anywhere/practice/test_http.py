"""The API's manners: versions, refusals, pages, watches and patches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .session import Session, eventually, workload

MAPS = "/api/v1/namespaces/default/configmaps"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def config(name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels or {}}, "data": data}


def test_it_tells_its_version_and_groups(practice: Session) -> None:
    assert practice.get("/version")["gitVersion"] == "v1.36.3"
    assert "apps" in [g["name"] for g in practice.get("/apis")["groups"]]
    asked = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    with practice.open("GET", "/apis", Accept=asked) as answer:
        assert "g=apidiscovery.k8s.io" in answer.headers["Content-Type"]
        assert "apps" in [i["metadata"]["name"] for i in json.load(answer)["items"]]
    index = practice.get("/openapi/v3")["paths"]["apis/apps/v1"]["serverRelativeURL"]
    assert index.startswith(practice.server[practice.server.index("/clusters") :])


def test_it_refuses_a_wrong_token(practice: Session) -> None:
    assert practice.call("GET", "/api/v1/pods", Authorization="Bearer nobody").code == 401
    assert practice.call("GET", "/api/v1/pods", Authorization="").code == 401


def test_it_refuses_a_namespace_that_is_not_there(practice: Session) -> None:
    reply = practice.call("POST", "/api/v1/namespaces/nowhere/configmaps", config("a"))
    assert (reply.code, reply.body["message"]) == (404, 'namespaces "nowhere" not found')


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (MAPS, config("Big_Name"), "metadata.name"),
        (MAPS, config("x", {"a": "not valid"}), "metadata.labels"),
        ("/api/v1/namespaces", {"metadata": {"name": "a.b"}}, "metadata.name"),
        (DEPLOYMENTS, workload("a") | {"spec": {"template": {}}}, "spec.selector"),
        (DEPLOYMENTS, workload("a", selector={"matchLabels": {"app": "b"}}), "spec.template.metadata.labels"),
        ("/api/v1/namespaces/default/services", {"metadata": {"name": "a"}, "spec": {}}, "spec.ports"),
        (
            "/api/v1/namespaces/default/persistentvolumeclaims",
            {"metadata": {"name": "a"}, "spec": {}},
            "spec.resources[storage]",
        ),
    ],
)
def test_it_refuses_what_is_not_valid(practice: Session, path: str, body: dict[str, Any], field: str) -> None:
    reply = practice.call("POST", path, body)
    assert (reply.code, reply.body["reason"]) == (422, "Invalid"), reply
    assert field in [c["field"] for c in reply.body["details"]["causes"]]


def test_a_body_that_cannot_be_read_is_refused(practice: Session) -> None:
    assert practice.call("POST", MAPS, b"{").code == 400
    assert practice.call("POST", MAPS, [1]).code == 400
    assert practice.call("POST", MAPS, {"metadata": {"name": "a", "labels": {"n": 1}}}).code == 400


def test_an_outdated_version_conflicts(practice: Session) -> None:
    made = practice.make(MAPS, config("a", k="1"))
    assert practice.call("PUT", f"{MAPS}/a", made | {"data": {"k": "2"}}).code == 200
    late = practice.call("PUT", f"{MAPS}/a", made | {"data": {"k": "3"}})
    assert (late.code, late.body["reason"]) == (409, "Conflict")
    assert "the object has been modified; please apply your changes to the latest version" in late.body["message"]
    assert practice.call("POST", MAPS, config("a")).body["reason"] == "AlreadyExists"


def test_a_dry_run_changes_nothing(practice: Session) -> None:
    assert practice.call("POST", f"{MAPS}?dryRun=All", config("a")).code == 201
    assert practice.call("GET", f"{MAPS}/a").code == 404


def test_a_change_without_difference_keeps_the_version(practice: Session) -> None:
    made = practice.make(MAPS, config("a", k="1"))
    same = practice.call("PATCH", f"{MAPS}/a", {"data": {"k": "1"}}, MERGE).body
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_selectors_choose(practice: Session) -> None:
    for name, color in (("a", "red"), ("b", "blue"), ("c", "green")):
        practice.make(MAPS, config(name, {"color": color}))

    def names(query: str) -> list[str]:
        return [i["metadata"]["name"] for i in practice.get(f"{MAPS}?{query}")["items"]]

    assert names("labelSelector=color%3Dred") == ["a"]
    assert names("labelSelector=color+in+(red,blue)") == ["a", "b"]
    assert names("labelSelector=color,color!%3Dred") == ["b", "c"]
    assert names("fieldSelector=metadata.name%3Dc") == ["c"]
    assert practice.call("GET", f"{MAPS}?labelSelector=a+b").code == 400


def test_pages_join_to_the_whole(practice: Session) -> None:
    for number in range(7):
        practice.make(MAPS, config(f"m{number}"))
    names, token = [], ""
    while True:
        page = practice.get(f"{MAPS}?limit=3&continue={token}")
        names += [i["metadata"]["name"] for i in page["items"]]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert [n for n in names if n.startswith("m")] == [f"m{n}" for n in range(7)]
    assert practice.call("GET", f"{MAPS}?limit=3&continue=zzz").code == 400


def test_the_items_of_a_list_leave_out_what_the_list_says(practice: Session) -> None:
    practice.make(MAPS, config("a", kind='","metadata":'))
    listed = practice.get(MAPS)
    assert listed["kind"] == "ConfigMapList"
    assert all("kind" not in item and "apiVersion" not in item for item in listed["items"])
    assert next(i for i in listed["items"] if i["metadata"]["name"] == "a")["data"] == {"kind": '","metadata":'}


def test_metadata_alone_can_be_asked_for(practice: Session) -> None:
    practice.make(MAPS, config("a", k="1"))
    asked = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    listed = practice.call("GET", MAPS, Accept=asked).body
    assert listed["kind"] == "PartialObjectMetadataList"
    assert all("data" not in i and i["kind"] == "PartialObjectMetadata" for i in listed["items"])


def lines(practice: Session, query: str, count: int) -> list[dict[str, Any]]:
    """The first events of a watch of ConfigMaps."""
    with practice.open("GET", f"{MAPS}?watch=true&timeoutSeconds=5&{query}") as answer:
        return [json.loads(answer.readline()) for _ in range(count)]


def test_a_watch_begins_with_what_is_there_and_a_bookmark(practice: Session) -> None:
    practice.make(MAPS, config("a", {"mine": "1"}))
    found = lines(practice, "sendInitialEvents=true&allowWatchBookmarks=true&labelSelector=mine", 2)
    assert [f["type"] for f in found] == ["ADDED", "BOOKMARK"]
    assert found[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_tells_each_change_after_a_version(practice: Session) -> None:
    version = practice.get(MAPS)["metadata"]["resourceVersion"]
    practice.make(MAPS, config("a", {"mine": "1"}))
    practice.call("PATCH", f"{MAPS}/a", {"data": {"k": "1"}}, MERGE)
    practice.call("PATCH", f"{MAPS}/a", {"metadata": {"labels": {"mine": None}}}, MERGE)
    practice.make(MAPS, config("b", {"mine": "1"}))
    practice.call("DELETE", f"{MAPS}/b")
    found = lines(practice, f"resourceVersion={version}&labelSelector=mine", 5)
    assert [f["type"] for f in found] == ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"]


def test_a_forgotten_version_is_gone(practice: Session) -> None:
    found = lines(practice, "resourceVersion=1", 1)
    assert (found[0]["type"], found[0]["object"]["code"]) == ("ERROR", 410)
    late = practice.call("GET", f"{MAPS}?resourceVersion=999999999")
    assert late.code == 504


def test_patches_change_what_they_name(practice: Session) -> None:
    practice.make(DEPLOYMENTS, workload("a"))
    path = f"{DEPLOYMENTS}/a"
    body = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox:1"}]}}}}
    both = practice.call("PATCH", path, body, STRATEGIC).body
    assert {c["name"] for c in both["spec"]["template"]["spec"]["containers"]} == {"main", "side"}
    gone = {"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}}
    one = practice.call("PATCH", path, gone, STRATEGIC).body
    assert [c["name"] for c in one["spec"]["template"]["spec"]["containers"]] == ["main"]
    step = [{"op": "replace", "path": "/spec/replicas", "value": 4}]
    assert practice.call("PATCH", path, step, "application/json-patch+json").body["spec"]["replicas"] == 4
    assert practice.call("PATCH", path, {"spec": {"selector": {"matchLabels": {"x": "y"}}}}, MERGE).code == 422
    assert practice.call("PATCH", path, {}, "text/plain").code == 415


def test_an_apply_owns_its_fields(practice: Session) -> None:
    body = config("a", k="1", gone="1")
    assert practice.call("PATCH", f"{MAPS}/a?fieldManager=one", body, APPLY).code == 201
    other = practice.call("PATCH", f"{MAPS}/a?fieldManager=two", config("a", k="2"), APPLY)
    assert (other.code, other.body["reason"]) == (409, "Conflict")
    assert 'Apply failed with 1 conflict: conflict with "one" using v1: .data.k' in other.body["message"]
    forced = practice.call("PATCH", f"{MAPS}/a?fieldManager=two&force=true", config("a", k="2"), APPLY).body
    assert forced["data"] == {"k": "2", "gone": "1"}
    less = practice.call("PATCH", f"{MAPS}/a?fieldManager=one", config("a"), APPLY).body
    assert less["data"] == {"k": "2"}
    again = practice.call("PATCH", f"{MAPS}/a?fieldManager=one", config("a"), APPLY).body
    assert again["metadata"]["resourceVersion"] == less["metadata"]["resourceVersion"]


def test_custom_resources_are_served_once_they_are_defined(practice: Session) -> None:
    definition = {
        "metadata": {"name": "boats.sea.test"},
        "spec": {
            "group": "sea.test",
            "scope": "Namespaced",
            "names": {"plural": "boats", "kind": "Boat"},
            "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": {}}],
        },
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    practice.make(path, definition)
    conditions = eventually(lambda: practice.get(f"{path}/boats.sea.test").get("status", {}).get("conditions"))
    assert ("Established", "True") in [(c["type"], c["status"]) for c in conditions]
    boats = "/apis/sea.test/v1/namespaces/default/boats"
    made = practice.make(boats, {"metadata": {"name": "one"}, "spec": {"sails": 2}, "status": {"ignored": True}})
    assert "status" not in made
    practice.call("PATCH", f"{boats}/one/status", {"status": {"phase": "Afloat"}}, MERGE)
    changed = practice.call("PATCH", f"{boats}/one", {"spec": {"sails": 3}}, MERGE).body
    assert (changed["metadata"]["generation"], changed["status"]) == (2, {"phase": "Afloat"})
    practice.call("DELETE", f"{path}/boats.sea.test")
    assert practice.call("GET", boats).code == 404


def test_deletion_follows_the_policy(practice: Session) -> None:
    for name, policy in (("fore", "Foreground"), ("back", "Background"), ("left", "Orphan")):
        practice.make(DEPLOYMENTS, workload(name))
        eventually(lambda: [p for p in practice.pods() if p["metadata"]["labels"]["app"] == name])  # noqa: B023
        practice.call("DELETE", f"{DEPLOYMENTS}/{name}", {"propagationPolicy": policy})
    eventually(lambda: {p["metadata"]["labels"]["app"] for p in practice.pods()} == {"left"})
    sets = practice.get("/apis/apps/v1/namespaces/default/replicasets")["items"]
    assert [s["spec"]["selector"]["matchLabels"]["app"] for s in sets] == ["left"]
    assert "ownerReferences" not in sets[0]["metadata"]


def test_a_namespace_goes_with_all_it_holds(practice: Session) -> None:
    practice.make("/api/v1/namespaces", {"metadata": {"name": "team"}})
    practice.make("/apis/apps/v1/namespaces/team/deployments", workload("a", 2))
    eventually(lambda: len(practice.pods("team")) == 2)
    practice.call("DELETE", "/api/v1/namespaces/team")
    refused = practice.call("POST", "/api/v1/namespaces/team/configmaps", config("a"))
    assert refused.code in (403, 404)
    eventually(lambda: practice.call("GET", "/api/v1/namespaces/team").code == 404)
    assert practice.get("/apis/apps/v1/deployments")["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"replicas": "three"}, ".spec.replicas"),
        ({"template": []}, ".spec.template"),
        ({"selector": {"matchLabels": {"app": 1}}}, ".spec.selector.matchLabels.app"),
        ({"strategy": {"rollingUpdate": {"maxSurge": "some"}}}, ".spec.strategy.rollingUpdate.maxSurge"),
        ({"template": {"spec": {"containers": [{"env": [{"name": "A", "value": 1}]}]}}}, ".env[0].value"),
        ({"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "much"}}}]}}}, "quantities must match"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(practice: Session, change: dict[str, Any], field: str) -> None:
    reply = practice.call("POST", DEPLOYMENTS, workload("a", **change))
    assert (reply.code, reply.body["reason"]) == (400, "BadRequest")
    assert field in reply.body["message"]


def test_fields_without_a_value_are_as_if_left_out(practice: Session) -> None:
    made = practice.make(DEPLOYMENTS, workload("a", revisionHistoryLimit=None, paused=None))
    assert made["spec"]["revisionHistoryLimit"] == 10 and "paused" not in made["spec"]


def test_a_secret_may_not_be_larger_than_a_mebibyte(practice: Session) -> None:
    body = {"metadata": {"name": "a"}, "data": {"k": "A" * 1_500_000}}
    assert practice.call("POST", "/api/v1/namespaces/default/secrets", body).code == 422
