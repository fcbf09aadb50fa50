"""The parts of the practice cluster that only compute."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from anywhere.practice import owners, patch, protobuf
from anywhere.practice.clock import quantity, quantity_text
from anywhere.practice.controllers.schedule import latest_time, next_time
from anywhere.practice.images import exit_code, full_name, is_missing
from anywhere.practice.kinds import BY_KEY
from anywhere.practice.status import ApiError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("250m", "0.25"),
        ("1Gi", str(2**30)),
        ("2k", "2000"),
        ("1e3", "1000"),
        (2, "2"),
        (None, "0"),
        ("1E", str(10**18)),
        ("0.5", "0.5"),
    ],
)
def test_quantities_are_read(text: str, number: str) -> None:
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "abc", "1Q", "1 Gi x", "--1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        quantity(text)


@pytest.mark.parametrize(
    ("number", "name", "text"),
    [
        ("0.25", "requests.cpu", "250m"),
        ("2", "cpu", "2"),
        (str(3 * 2**30), "requests.memory", "3Gi"),
        ("4", "pods", "4"),
    ],
)
def test_quantities_are_written(number: str, name: str, text: str) -> None:
    assert quantity_text(Decimal(number), name) == text


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("*/5 * * * *", "2026-01-01T00:03", "2026-01-01T00:05"),
        ("0 3 * * *", "2026-01-01T03:00", "2026-01-02T03:00"),
        ("30 1 * * mon", "2026-01-01T00:00", "2026-01-05T01:30"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("@hourly", "2026-01-01T00:00", "2026-01-01T01:00"),
        ("0 12 1 * 1", "2026-01-02T00:00", "2026-01-05T12:00"),
    ],
)
def test_schedules_name_the_next_moment(schedule: str, after: str, due: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp()
    assert next_time(schedule, moment) == datetime.fromisoformat(due).replace(tzinfo=UTC).timestamp()


def test_of_many_missed_moments_the_last_counts() -> None:
    after, now = (datetime(2026, month, 1, 0, 0, 30, tzinfo=UTC).timestamp() for month in (1, 6))
    assert latest_time("* * * * *", after, now) == now - 30
    assert latest_time("0 0 2 * *", after, now) == datetime(2026, 5, 2, tzinfo=UTC).timestamp()
    assert latest_time("0 0 1 7 *", after, now) is None


def test_what_is_no_schedule_is_never_due() -> None:
    assert next_time("now and then", 0.0) is None
    assert next_time("61 * * *", 0.0) is None


def test_images_have_full_names() -> None:
    assert full_name("nginx") == "docker.io/library/nginx:latest"
    assert full_name("apache/kafka:4.3.1") == "docker.io/apache/kafka:4.3.1"
    assert full_name("localhost:5000/a/b") == "localhost:5000/a/b:latest"
    assert is_missing("nginx:missing-1") and is_missing("does-not-exist") and not is_missing("missing/nginx:1")


def test_a_command_ends_with_its_last_exit() -> None:
    assert exit_code({"command": ["sh", "-c", "echo a; exit 4"]}) == 4
    assert exit_code({"command": ["false"]}) == 1
    assert exit_code({"args": ["serve", "--exit-on-error"]}) == 0


def test_a_strategic_patch_merges_lists_by_their_keys() -> None:
    live = {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}]}], "tolerations": [{"key": "k"}]}
    change = {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}], "tolerations": [{"key": "l"}]}
    merged = patch.strategic_merge(live, change)
    assert merged["containers"][0]["env"] == [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]
    assert merged["tolerations"] == [{"key": "l"}]


def test_a_strategic_patch_obeys_its_directives() -> None:
    live = {"a": {"x": 1, "y": 2}, "finalizers": ["p", "q"], "ports": [{"port": 80}, {"port": 81}]}
    change = {
        "a": {"$retainKeys": ["y"], "y": 3},
        "$deleteFromPrimitiveList/finalizers": ["p"],
        "ports": [{"port": 80, "$patch": "delete"}],
    }
    assert patch.strategic_merge(live, change) == {"a": {"y": 3}, "finalizers": ["q"], "ports": [{"port": 81}]}


def test_a_json_patch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        patch.json_patch({"a": 1}, [{"op": "test", "path": "/a", "value": 2}])
    assert refused.value.code == 422
    moved = patch.json_patch({"a": [1, 2]}, [{"op": "move", "from": "/a/0", "path": "/a/-"}])
    assert moved == {"a": [2, 1]}


def deployment(**containers: list[Any]) -> dict[str, Any]:
    """A Deployment with containers by name and their environment."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {
            "template": {
                "spec": {"containers": [{"name": name, "image": "i", "env": env} for name, env in containers.items()]}
            }
        },
    }


def test_an_apply_takes_out_what_only_it_had_set() -> None:
    resource = BY_KEY["deployments.apps"]
    live = owners.apply_object(
        resource, None, deployment(main=[{"name": "A", "value": "1"}], side=[]), "helm", False, "t"
    )
    live["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "B", "value": "2"})
    after = owners.apply_object(resource, live, deployment(main=[]), "helm", False, "t")
    assert after["spec"]["template"]["spec"]["containers"] == [
        {"name": "main", "image": "i", "env": [{"name": "B", "value": "2"}]}
    ]


def test_an_update_takes_fields_over() -> None:
    resource = BY_KEY["configmaps"]
    live = owners.apply_object(resource, None, {"metadata": {"name": "a"}, "data": {"k": "1"}}, "helm", False, "t")
    changed = {**live, "data": {"k": "2"}}
    owners.record_update(resource, live, changed, "kubectl", "t")
    with pytest.raises(ApiError) as refused:
        owners.apply_object(resource, changed, {"metadata": {"name": "a"}, "data": {"k": "1"}}, "helm", False, "t")
    assert refused.value.message == 'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.k'


def field(number: int, value: bytes) -> bytes:
    """One length-delimited protobuf field (values below 128 bytes)."""
    return bytes([number << 3 | 2, len(value)]) + value


def test_a_protobuf_secret_is_read() -> None:
    meta = field(1, b"login") + field(11, field(1, b"owner") + field(2, b"helm"))
    secret = field(1, meta) + field(2, field(1, b"key") + field(2, b"\x00\x01")) + field(3, b"Opaque")
    body = protobuf.MAGIC + field(1, field(1, b"v1") + field(2, b"Secret")) + field(2, secret)
    assert protobuf.read(body) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "login", "labels": {"owner": "helm"}},
        "data": {"key": base64.b64encode(b"\x00\x01").decode()},
        "type": "Opaque",
    }


@pytest.mark.parametrize(
    ("body", "code"), [(b"nothing", 400), (protobuf.MAGIC + b"\x0a\x7f", 415), (protobuf.MAGIC + b"\xff", 400)]
)
def test_broken_protobuf_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        protobuf.read(body)
    assert refused.value.code == code
