"""The plan's differences: what changes, what restarts, what cannot be; never a secret."""

from __future__ import annotations

from typing import Any

from services.rules import changes


def stateful_set(replicas: int = 3, image: str = "db:1", size: str = "5Gi", **meta: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "n", **meta},
        "spec": {
            "replicas": replicas, "template": {"spec": {"containers": [{"name": "c", "image": image}]}},
            "volumeClaimTemplates": [
                {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}
            ],
        },
    }  # fmt: skip


def test_nothing_changes_when_only_the_cluster_added_fields():
    live = stateful_set(uid="1", resourceVersion="7", generation=2, managedFields=[{}]) | {"status": {"x": 1}}
    assert changes.changed(live, stateful_set(), "n") is None
    assert changes.summary([]) == "Nothing changes."


def test_a_new_image_restarts_the_pods_one_by_one():
    change = changes.changed(stateful_set(), stateful_set(image="db:2"), "n")
    assert (change.effect, change.severity) == ("Restarts 3 pods one by one", "restart")
    assert "-      - image: db:1" in change.diff and "+      - image: db:2" in change.diff
    assert changes.summary([change]) == "1 changed. Restarts 3 pods one by one."


def test_more_and_fewer_replicas():
    more = changes.changed(stateful_set(1), stateful_set(3), "n")
    fewer = changes.changed(stateful_set(3), stateful_set(1), "n")
    assert (more.effect, more.severity) == ("Adds 2 pods", "none")
    assert (fewer.effect, fewer.severity) == ("Removes 2 pods", "restart")


def test_what_the_cluster_refuses_says_why():
    change = changes.changed(stateful_set(), stateful_set(image="db:2"), "n", refused="the field is immutable")
    assert change.effect == "Cannot be changed, because the field is immutable"
    assert change.as_dict()["object"] == {"kind": "StatefulSet", "name": "db", "namespace": "n"}


def test_a_volume_grows_and_never_shrinks():
    live = {("StatefulSet", "n", "db"): stateful_set()}
    growing, refused = changes.growths(live, [stateful_set(size="8Gi")], "n")
    assert ([(g.statefulset, g.replicas, g.sizes) for g in growing], refused) == ([("db", 3, {"data": 8 * 2**30})], [])
    growing, refused = changes.growths(live, [stateful_set(size="1Gi")], "n")
    assert growing == []
    assert "volumes only grow" in refused[0]
    change = changes.changed(stateful_set(), stateful_set(size="8Gi"), "n")
    assert change.effect == "Grows each “data” volume from 5 GiB to 8 GiB"


def secret(password: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": password}}


def test_secrets_are_masked_but_their_change_shows():
    change = changes.changed(secret("aHVudGVyMg=="), secret("c2VjcmV0"), "n")
    assert "••••" in change.diff
    assert "aHVudGVyMg" not in change.diff and "c2VjcmV0" not in change.diff
    assert changes.changed(secret("c2VjcmV0"), secret("c2VjcmV0"), "n") is None
    assert "c2VjcmV0" not in changes.created(secret("c2VjcmV0"), "n").diff


def test_objects_that_come_and_go():
    assert changes.created(stateful_set(), "n").effect == "Starts 3 pods"
    assert changes.deleted(stateful_set(), "n").severity == "restart"
    kept = secret("x")
    kept["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    assert "kept" in changes.deleted(kept, "n").effect


def test_strategies_have_their_own_words():
    before, after = stateful_set(), stateful_set(image="db:2")
    after["spec"]["updateStrategy"] = {"type": "OnDelete"}
    assert "deleted by hand" in changes.changed(before, after, "n").effect
    deployment = stateful_set() | {"kind": "Deployment"}
    new = stateful_set(image="db:2") | {"kind": "Deployment"}
    new["spec"]["strategy"] = {"type": "Recreate"}
    assert changes.changed(deployment, new, "n").effect.startswith("Stops 3 pods")
