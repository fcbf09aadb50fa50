"""Two versions of a model on a real cluster, asked through one endpoint. The tests follow each other on one release."""

import hashlib
import math
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.charts import model_client
from tests.cluster.charts.ledger import Healthy, keep
from tests.cluster.charts.model_client import IMAGE, MODEL, REQUEST, RULES, Client
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.s3_client import store

pytestmark = pytest.mark.cluster
BUCKET = {"users": [{"name": "app", "buckets": ["models"]}], "buckets": [{"name": "models"}]}
ONE = {"version": "1", "weight": 75, "uri": "s3://models/plane/1/model.joblib"}
TWO = {"version": "2", "weight": 25, "claim": "trained", "path": "2/model.joblib"}
RULE = {"version": "3", "weight": 0, "uri": "s3://models/plane/3/"}
RULE |= {"implementation": "rules.Rules", "extra": {"factor": 50}}
SMALL = {
    "modelName": MODEL,
    "bindings": {"objectStore": "objects-binding"},
    "example": REQUEST,
    "resources": {"cpu": "20m", "memory": "384Mi"},
    "router": {
        "stickyHeader": model_client.SEEN,
        "maxBodyMegabytes": 1,
        "resources": {"cpu": "10m", "memory": "48Mi"},
    },
    "service": {"type": "NodePort"},
    "networkPolicy": {"clients": "anywhere"},
}


@pytest.fixture(scope="module")
def models(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share: version 1 from an object store, version 2 from a claim."""
    objects = release("objects", "object-store")
    objects.bring_up({**BUCKET, "persistence": {"size": "1Gi"}})
    made = release("models", "model-server")
    trained = model_client.train(made, IMAGE)
    s3 = store(f"{objects.pods()[0].status.pod_ip}:8333", objects.binding(), attempts=5)
    s3.put_object(Bucket="models", Key="plane/1/model.joblib", Body=trained["1"])
    s3.put_object(Bucket="models", Key="plane/3/rules.py", Body=RULES.encode())
    s3.put_object(Bucket="models", Key="plane/3/data/readme.txt", Body=b"beside it")
    one = {**ONE, "sha256": hashlib.sha256(trained["1"]).hexdigest()}
    made.external = {**SMALL, "models": [one, TWO]}
    made.bring_up(made.external)
    return made


def stay(models: Release, versions: str) -> set[str]:
    """The pods of versions by their UIDs, without those on their way out."""
    return {pod.metadata.uid for version in versions for pod in models.staying(f"version-{version}")}


@pytest.fixture
def asked(models: Release) -> Iterator[Client]:
    """A client of the endpoint."""
    yield Client(model_client.address(models))


def test_each_version_gets_the_share_that_was_asked_for(models: Release, asked: Client) -> None:
    requests = 400
    found = asked.share(requests)
    assert found.total() == requests and found.keys() == {"1", "2"}
    print(f"of {requests} requests: {dict(found)}")
    assert abs(found["1"] - requests * 0.75) <= 3 * math.sqrt(requests * 0.75 * 0.25), found


def test_the_same_value_in_the_header_gets_the_same_version(models: Release, asked: Client) -> None:
    first = {f"user-{number}": asked.infer(**{model_client.SEEN: f"user-{number}"})[0] for number in range(30)}
    again = {user: asked.infer(**{model_client.SEEN: user})[0] for user in first}
    assert first == again
    assert set(first.values()) == {"1", "2"}


def test_each_version_answers_at_its_own_path_and_clients_load_none(models: Release, asked: Client) -> None:
    assert [asked.infer(version=version) for version in ("1", "2")] == [
        ("1", [pytest.approx(11)]), ("2", [pytest.approx(22)])
    ]  # fmt: skip
    assert asked.status(f"/v2/models/{MODEL}/ready") == 200
    assert asked.status(f"/v2/models/{MODEL}/versions/2") == 200
    assert asked.status(f"/v2/models/{MODEL}/versions/9/infer", REQUEST) == 404
    assert asked.status(f"/v2/repository/models/{MODEL}/unload", {}) == 403
    assert asked.status(f"/v2/models/{MODEL}/infer", {"inputs": "none"}) == 422
    assert asked.status(f"/v2/models/{MODEL}/infer", {**REQUEST, "id": "x" * 1_100_000}) == 413


def test_prometheus_finds_numbers_for_every_alert_and_panel(models: Release, asked: Client) -> None:
    assert not models.without_numbers(models.numbers("version-1", 8082))


def test_the_binding_leads_to_the_endpoint(models: Release) -> None:
    binding = models.binding()
    assert binding["uri"] == f"http://models.{models.namespace}.svc.cluster.local:8080"
    assert (binding["protocol"], binding["model-name"]) == ("v2", MODEL)
    assert "Each version of the model answers." in models.test()


def test_a_version_that_does_not_load_gets_no_request(models: Release, asked: Client) -> None:
    before = stay(models, "12")
    one, two = models.external["models"]
    missing = {"version": "3", "weight": 100, "uri": "s3://models/plane/3/model.joblib"}
    answer = models.apply({**models.external, "models": [{**one, "weight": 0}, {**two, "weight": 0}, missing]})
    assert answer.returncode == 0, answer.stderr

    def why() -> str:
        pods = models.pods("version-3")
        states = [status.last_state.terminated for pod in pods for status in pod.status.init_container_statuses or []]
        return next((state.message for state in states if state), "")

    said = str(eventually(why, "the model cannot be fetched", 240))
    assert "Cannot fetch s3://models/plane/3/model.joblib: the answer is 404" in said
    secret = models.api.read_namespaced_secret("objects-binding", models.namespace)
    assert secret.data["secret-access-key"] not in said
    assert asked.share(40).keys() == {"1", "2"}, "the former router goes on with the former weights"
    assert stay(models, "12") == before
    answer = models.apply({**models.external, "models": [missing]})
    assert answer.returncode != 0
    assert "The version 1 cannot be taken away now: not all routers have been replaced" in answer.stderr


def test_a_class_of_ones_own_comes_with_its_folder_and_gets_its_share(models: Release, asked: Client) -> None:
    one, two = models.external["models"]
    models.bring_up({**models.external, "models": [one, two, RULE]})
    assert asked.infer(version="3") == ("3", [pytest.approx(100)])
    assert asked.share(40).keys() == {"1", "2"}


def test_new_weights_replace_the_router_alone_and_no_request_fails(models: Release, asked: Client) -> None:
    one, two = models.external["models"]
    before = stay(models, "123")
    with asked.asking():
        seconds = models.bring_up({**models.external, "models": [{**one, "weight": 0}, {**two, "weight": 100}, RULE]})
        eventually(lambda: len(models.pods()) == 1, "the former router is gone", 120)
        assert Client(asked.base).share(30).keys() == {"2"}
    report = asked.report("model-server, one router: all requests to another version", seconds)
    assert report.failed == 0, asked.failures[:3]
    assert stay(models, "123") == before


def test_a_version_that_gets_requests_is_not_taken_away(models: Release, asked: Client) -> None:
    one, two = models.external["models"]
    answer = models.apply({**models.external, "models": [{**one, "weight": 100}]})
    assert answer.returncode != 0
    assert "The version 2 gets 100 % of the requests now and cannot be taken away at once" in answer.stderr
    answer = models.apply({**models.external, "modelName": "other"})
    assert "modelName is plane and cannot become other" in answer.stderr
    models.bring_up({**models.external, "models": [{**one, "weight": 0, "replicas": 0}, {**two, "weight": 100}]})
    gone = lambda: asked.status(f"/v2/models/{MODEL}/versions/1/infer", REQUEST) == 503  # noqa: E731
    eventually(gone, "a version without a copy says so", 60)
    models.bring_up({**models.external, "models": [{**two, "weight": 100}]})
    away = lambda: asked.status(f"/v2/models/{MODEL}/versions/1") == 404  # noqa: E731
    eventually(away, "the former router, which still knew it, has gone", 60)
    assert asked.share(10).keys() == {"2"}


@pytest.mark.slow
def test_uninstalled_and_installed_again_it_answers_as_before(models: Release) -> None:
    models.uninstall()
    keep(Healthy("model server, two versions: installed again", models.bring_up(models.external)))
    assert Client(model_client.address(models)).share(60).keys() == {"1", "2"}
