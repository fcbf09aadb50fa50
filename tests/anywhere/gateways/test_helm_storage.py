"""Helm's storage is read carefully: a record comes from a cluster that may be anybody's."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from anywhere.gateways import helm_storage
from anywhere.gateways.errors import BadResponse, TooLarge

RECORD = {
    "name": "web",
    "namespace": "shop",
    "version": 3,
    "info": {"status": "deployed", "last_deployed": "2026-11-21T10:00:00Z", "description": "Upgrade complete"},
    "chart": {"metadata": {"name": "web", "version": "1.2.0", "appVersion": "17"}},
    "manifest": "---\n# Source: a\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n",
    "hooks": [{"name": "h", "manifest": "apiVersion: v1\nkind: Pod\nmetadata: {name: h}\n"}],
}


def _secret(inner: bytes) -> dict[str, Any]:
    return {"data": {"release": base64.b64encode(base64.b64encode(inner)).decode()}}


def test_a_record_survives_being_written_and_read() -> None:
    record = helm_storage.decode({"data": {"release": helm_storage.encode(RECORD)}})
    assert record == RECORD
    release = helm_storage.release_of(record)
    assert (release.chart, release.app_version, release.revision, release.status) == ("web-1.2.0", "17", 3, "deployed")
    assert [one["kind"] for one in helm_storage.manifest_of(record)] == ["ConfigMap"]
    assert [one["kind"] for one in helm_storage.hooks_of(record)] == ["Pod"]


def test_a_record_of_an_old_helm_without_compression_is_read() -> None:
    assert helm_storage.decode(_secret(json.dumps(RECORD).encode())) == RECORD


@pytest.mark.parametrize(
    "secret",
    [
        {}, {"data": None}, {"data": {"release": "%%%"}}, {"data": {"release": 7}}, _secret(b"not json"),
        _secret(b"[1, 2]"), _secret(b"\x1f\x8b broken"), _secret(b"[" * 100_000),
        {"data": {"release": base64.b64encode(b"%%").decode()}},
    ],
)  # fmt: skip
def test_what_is_not_a_record_is_a_bad_answer(secret: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        helm_storage.decode(secret)


def test_a_record_that_unpacks_to_a_giant_is_refused() -> None:
    with pytest.raises(TooLarge):
        helm_storage.decode(_secret(gzip.compress(b" " * (helm_storage.MAX_RECORD + 10))))


def test_lists_are_opened_and_empty_documents_left_out() -> None:
    text = "---\n---\napiVersion: v1\nkind: List\nitems: [{kind: Pod}, {kind: Service}]\n---\nkind: Secret\n"
    assert [one["kind"] for one in helm_storage.documents(text)] == ["Pod", "Service", "Secret"]


@pytest.mark.parametrize(
    "text", ["- a\n", "text", "a: [", "a: *nowhere", "!!python/object/apply:os.system [id]", "a: 1\na"]
)
def test_what_is_not_a_manifest_is_refused(text: str) -> None:
    with pytest.raises(BadResponse):
        helm_storage.documents(text)


def test_aliases_that_stand_for_a_giant_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n" for before, key in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(TooLarge):
        helm_storage.documents(bomb)
