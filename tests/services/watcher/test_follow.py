"""Following one kind through cuts, forgotten versions and servers of different ages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from anywhere.gateways.errors import Forbidden, GatewayError, Invalid, Unreachable
from services.watcher import follow
from services.watcher.follow import FIRST_WAIT, SOURCES, Follower, Source
from services.watcher.trim import Kept

PODS = next(source for source in SOURCES if source.kind == "Pod")
Script = list[Any]


def pod(name: str, version: int, namespace: str = "shop") -> dict[str, Any]:
    """Give a small raw pod."""
    return {"metadata": {"name": name, "namespace": namespace, "resourceVersion": str(version)}, "status": {}}


def bookmark(version: int, *, end: bool = False) -> tuple[str, dict[str, Any]]:
    """Give a bookmark, or the one that ends the initial events."""
    notes = {follow.INITIAL_END: "true"} if end else {}
    return "BOOKMARK", {"metadata": {"resourceVersion": str(version), "annotations": notes}}


class ScriptedStream:
    """A stream that answers from a script: a list is a watch's events, a mapping a page, an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.done = asyncio.Event()

    async def _next(self) -> Any:
        if not self.answers:
            self.done.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, GatewayError):
            raise answer
        return answer

    async def get(self, path: str, query: Mapping[str, str], **_: Any) -> Any:
        """Give the next page."""
        self.asked.append({"path": path, **query})
        return await self._next()

    async def watch(self, path: str, query: Mapping[str, str], **_: Any) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Give the events of the next watch."""
        self.asked.append({"path": path, **query})
        for event in await self._next():
            if isinstance(event, GatewayError):
                raise event
            yield event


class Noted:
    """A sink that notes what it is given."""

    def __init__(self) -> None:
        self.known: dict[str, Kept] = {}
        self.completed: list[set[tuple[str, str]]] = []
        self.blind: list[str] = []

    def cares(self, kind: str, namespace: str) -> bool:
        """Give whether it is ours."""
        return namespace == "shop"

    def seen(self, kind: str, obj: Kept) -> None:
        """Note an object."""
        self.known[obj["metadata"]["name"]] = obj

    def gone(self, kind: str, namespace: str, name: str) -> None:
        """Note that it went."""
        self.known.pop(name, None)

    def complete(self, kind: str, names: set[tuple[str, str]], namespace: str = "") -> None:
        """Note that these are all."""
        self.completed.append(names)
        self.known = {name: obj for name, obj in self.known.items() if ("shop", name) in names}

    def blinded(self, kind: str) -> None:
        """Note that it cannot be seen."""
        self.blind.append(kind)


async def follow_script(stream: ScriptedStream, source: Source = PODS) -> Noted:
    """Give what was noted when the script is over."""
    sink = Noted()
    task = asyncio.create_task(Follower(stream, source, sink).run())  # type: ignore[arg-type]
    await asyncio.wait_for(stream.done.wait(), 20)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return sink


async def test_everything_comes_once_in_one_stream_and_then_changes() -> None:
    stream = ScriptedStream(
        [
            ("ADDED", pod("a", 3)),
            ("ADDED", pod("elsewhere", 4, "other")),
            bookmark(9, end=True),
            ("ADDED", pod("b", 10)),
            ("DELETED", pod("a", 11)),
        ]
    )
    sink = await follow_script(stream)
    assert set(sink.known) == {"b"}
    assert sink.completed == [{("shop", "a")}]
    assert stream.asked[0]["sendInitialEvents"] == "true"
    assert stream.asked[1]["resourceVersion"] == "11", "a cut watch goes on from the last version"


async def test_an_older_server_is_listed_page_by_page() -> None:
    first = {"metadata": {"resourceVersion": "7", "continue": "x"}, "items": [pod("a", 1)]}
    second = {"metadata": {"resourceVersion": "7"}, "items": [pod("b", 2)]}
    stream = ScriptedStream(
        Invalid("sendInitialEvents is forbidden for watch"), first, second, [("ADDED", pod("c", 8))]
    )
    sink = await follow_script(stream)
    assert set(sink.known) == {"a", "b", "c"}
    assert sink.completed == [{("shop", "a"), ("shop", "b")}]
    assert (stream.asked[2]["continue"], stream.asked[3]["resourceVersion"]) == ("x", "7")


async def test_a_forgotten_version_is_read_anew_and_what_vanished_meanwhile_is_gone() -> None:
    gone = GatewayError("too old resource version", code="cluster.gone", retryable=True)
    stream = ScriptedStream(
        [("ADDED", pod("a", 1)), ("ADDED", pod("b", 2)), bookmark(3, end=True)],
        gone,
        [("ADDED", pod("b", 2)), bookmark(90, end=True)],
    )
    sink = await follow_script(stream)
    assert set(sink.known) == {"b"}
    assert [("sendInitialEvents" in one) for one in stream.asked] == [True, False, True, False]
    assert stream.asked[-1]["resourceVersion"] == "90"


async def test_a_first_reading_that_is_cut_begins_again_and_forgets_nothing() -> None:
    stream = ScriptedStream(
        [("ADDED", pod("a", 1)), Unreachable("cut")],
        [("ADDED", pod("a", 1)), ("ADDED", pod("b", 2)), bookmark(5, end=True)],
    )
    sink = await follow_script(stream)
    assert set(sink.known) == {"a", "b"}
    assert len(sink.completed) == 1


async def test_a_kind_that_may_not_be_seen_is_told() -> None:
    stream = ScriptedStream(Forbidden("secrets is forbidden"))
    sink = Noted()
    task = asyncio.create_task(Follower(stream, PODS, sink).run())  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while not sink.blind:
            await asyncio.sleep(0.01)
    task.cancel()
    assert sink.blind == ["Pod"]


async def test_a_server_that_has_just_started_and_does_not_know_the_roles_yet_is_asked_again_soon() -> None:
    stream = ScriptedStream(
        Forbidden("RBAC: clusterrole not found"),
        Forbidden("RBAC: clusterrole not found"),
        [("ADDED", pod("a", 1)), bookmark(2, end=True)],
    )
    started = asyncio.get_running_loop().time()
    sink = await follow_script(stream)
    assert set(sink.known) == {"a"}
    assert asyncio.get_running_loop().time() - started < 10 * FIRST_WAIT + 5


async def test_a_server_that_refuses_again_and_again_is_asked_more_and_more_rarely() -> None:
    stream = ScriptedStream(*[Unreachable("no") for _ in range(2)])
    started = asyncio.get_running_loop().time()
    await follow_script(stream)
    assert asyncio.get_running_loop().time() - started > 1.4
    assert len(stream.asked) == 3


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_a_restricted_credential_reads_one_namespace(namespace: str) -> None:
    expected = "/apis/apps/v1/namespaces/shop/deployments" if namespace else "/apis/apps/v1/deployments"
    source = next(one for one in SOURCES if one.kind == "Deployment")
    assert source.path(namespace) == expected
