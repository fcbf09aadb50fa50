"""What a change of weights touches, and what the router is told."""

from collections.abc import Callable

import pytest

from services.rules.conditions import scaling
from tests.charts.chart import Chart, of_kind


@pytest.fixture
def server(packed: Callable[[str], Chart]) -> Chart:
    """The chart of the model server."""
    return packed("model-server")


@pytest.fixture
def shared(server: Chart, write_values: Callable) -> Callable[..., dict[str, dict]]:
    """The pods by name for these weights of the versions 1, 2 and so on."""

    def render(*weights: int, **more: object) -> dict[str, dict]:
        models = [
            {"version": str(number), "weight": weight, "claim": "trained", "path": str(number)}
            for number, weight in enumerate(weights, 1)
        ]
        objects = server.render(write_values({"models": models, **more}))
        return {item["metadata"]["name"]: item["spec"]["template"] for item in of_kind(objects, "Deployment")}

    return render


def test_copies_of_each_version_are_scaled_where_they_are_not_by_load(server: Chart, write_values: Callable) -> None:
    assert [entry["path"] for entry in scaling(server.package, server.values)] == ["router.replicas", "replicas"]
    by_load = {**server.values, "autoscaling": {"enabled": True}}
    assert [entry["path"] for entry in scaling(server.package, by_load)] == ["router.replicas"]
    own = {"version": "2", "weight": 10, "claim": "trained", "path": "2", "replicas": 1}
    models = [{"version": "1", "weight": 90, "claim": "trained", "path": "1"}, own]
    made = of_kind(server.render(write_values({"models": models, "replicas": 3})), "Deployment")
    copies = {item["metadata"]["name"]: item["spec"]["replicas"] for item in made}
    assert copies == {"shop": 1, "shop-version-1": 3, "shop-version-2": 1}


def nginx(pods: dict[str, dict]) -> str:
    """The router's configuration."""
    return pods["shop"]["spec"]["containers"][0]["env"][0]["value"]


def test_new_weights_change_the_router_alone(shared: Callable) -> None:
    before, after = shared(90, 10), shared(50, 50)
    assert {name for name in before if before[name] != after[name]} == {"shop"}


def test_a_version_more_leaves_the_others_as_they_are(shared: Callable) -> None:
    before, after = shared(90, 10), shared(90, 10, 0)
    assert {name for name in after if before.get(name) != after[name]} == {"shop", "shop-version-3"}


def test_each_weight_is_a_share_and_a_version_without_one_has_its_path_alone(shared: Callable) -> None:
    told = nginx(shared(60, 0, 40))
    shares = told.partition("split_clients $request_id $version {")[2].partition("}")[0].split()
    assert shares == ["60%", "version-1;", "*", "version-3;"]
    assert "location /v2/models/model/versions/2/ { set $target version-2; proxy_pass http://version-2; }" in told
    assert "server shop-version-2.apps.svc.cluster.local:8080" in told


def test_a_router_waits_for_those_it_sends_requests_to(shared: Callable) -> None:
    waits = shared(60, 0, 40)["shop"]["spec"]["initContainers"][0]["command"][-1]
    assert [version for version in "123" if f"\nready {version} " in waits] == ["1", "3"]


def test_a_header_takes_the_place_of_chance(shared: Callable) -> None:
    told = nginx(shared(50, 50, router={"stickyHeader": "X-User"}))
    assert 'map $http_x_user $chance { "" $request_id; default $http_x_user; }' in told
    assert "split_clients $chance $version {" in told
