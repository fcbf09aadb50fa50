"""What a cluster says is written whatever it says, and one odd word keeps nobody else's news back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import Error, connection, connections

from services.models import Service, Sighting
from services.watcher import writer
from services.watcher.judge import Finding
from services.watcher.main import Watcher
from services.watcher.writer import Heard, Reach
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ODD = ["half\x00more", "half\ud800more"]


@pytest.fixture
def services() -> list[Service]:
    """Give three services of one cluster."""
    owner = factories.organization()
    cluster = factories.cluster(owner)
    return [factories.service(owner, name, cluster=cluster) for name in ("one", "two", "three")]


def finding(service: Service, word: str = "", objects: dict[str, Any] | None = None) -> Finding:
    """Give what was found of a service, with a word in every text."""
    return Finding(service.pk, "degraded", f"pod.{word}", f"It says {word}.", NOW, NOW, True, objects)


def event(uid: str, word: str = "") -> dict[str, Any]:
    """Give a cluster's event, with a word in every text."""
    about = {"kind": "Pod", "name": f"pod{word}"}
    return {"metadata": {"uid": uid}, "involvedObject": about, "reason": f"R{word}", "message": word, "count": 1}


def written(watcher: Watcher) -> None:
    """Return when the watcher has written what waited."""

    async def write() -> None:
        await watcher._write()
        await watcher._db(connections.close_all)

    asyncio.run(write())


@pytest.mark.parametrize("word", ODD)
def test_an_odd_word_in_one_finding_keeps_no_other_back_and_is_written_without_it(services, word):
    watcher = Watcher()
    for service, said in zip(services, ("plain", word, "plain"), strict=True):
        watcher.found(finding(service, said, {"workloads": [{"reason": said}]}), None, "")
    written(watcher)
    rows = [Service.objects.get(pk=service.pk) for service in services]
    assert [row.verdict for row in rows] == ["degraded"] * 3
    assert rows[0].reason == "It says plain."
    assert rows[1].objects_seen["workloads"][0]["reason"] == "half more"
    assert not watcher._findings
    assert Sighting.objects.filter(kind="health").count() == 3


@pytest.mark.parametrize("word", ODD)
def test_an_odd_word_in_an_event_or_in_a_refusal_keeps_no_other_back(services, word):
    watcher = Watcher()
    watcher.reached(Reach(services[0].cluster_id, False, NOW, NOW, f"cluster.{word}", word))
    for uid, service, said in (("a", services[0], ""), (f"b{word}", services[1], word), ("c", services[2], "")):
        watcher.heard(Heard(service.pk, event(uid, said)))
    written(watcher)
    assert {s.service_id for s in Sighting.objects.all()} == {service.pk for service in services}
    assert Service.objects.select_related("cluster").get(pk=services[0].pk).cluster.reachable is False
    assert not watcher._heard and not watcher._reach


def test_a_database_that_goes_away_while_findings_are_written_is_told_as_such(services):
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1")
    try:
        with pytest.raises(Error):
            writer.write_findings([finding(services[0], "x" * 1000, {"a": list(range(400_000))})] * 20)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
