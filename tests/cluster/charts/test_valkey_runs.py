"""Valkey on a real cluster, asked by a real client. The tests of this file follow each other on one release."""

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from tests.cluster.charts.release import Release, eventually

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def sessions(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share, installed with the small plan in the earlier series."""
    made = release("sessions", "valkey")
    made.install({"serverVersion": "8.1.1"})
    return made


@contextmanager
def connected(release: Release, **login: str | None) -> Iterator[redis.Redis]:
    """A real client, through a port-forward, with the credentials of the binding."""
    binding = release.binding()
    known = {"username": binding["username"], "password": binding["password"], **login}
    with release.forwarded(6379) as port:
        store = redis.Redis(port=port, decode_responses=True, socket_timeout=10, **known)
        try:
            yield store
        finally:
            store.close()


def test_it_answers_to_the_password_alone_as_well(sessions: Release) -> None:
    with connected(sessions, username=None) as store:
        store.set("word", "first")
        assert store.get("word") == "first"
        assert store.config_get("appendonly") == {"appendonly": "yes"}
        assert store.config_get("maxmemory") == {"maxmemory": str(96 * 1024 * 1024)}


def test_nobody_gets_in_without_the_password(sessions: Release) -> None:
    with connected(sessions, password="wrong-password") as store, pytest.raises(redis.AuthenticationError):
        store.get("word")
    with connected(sessions, username=None, password=None) as store, pytest.raises(redis.AuthenticationError):
        store.get("word")


def test_a_killed_pod_comes_back_with_its_data(sessions: Release) -> None:
    with connected(sessions) as store:
        store.set("word", "second")
        assert store.waitaof(1, 0, 5000)[0] == 1
    sessions.delete_pod(grace=0)
    with connected(sessions) as store:
        assert store.get("word") == "second"


def test_the_later_series_reads_the_data_and_going_back_is_refused(sessions: Release) -> None:
    sessions.install({"settings": {"evictionPolicy": "allkeys-lru"}})
    with connected(sessions) as store:
        assert store.info("server")["valkey_version"] == "9.1.2"
        assert store.get("word") == "second"
        assert store.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
    said = sessions.refused({"serverVersion": "8.1.1"})
    assert "Valkey 8.1.1 cannot read the data that Valkey 9.1.2 wrote" in said


@pytest.mark.slow
def test_a_leap_over_a_series_and_another_volume_are_refused(sessions: Release) -> None:
    sessions.install()
    with sessions.written_by("7.2.11"):
        said = sessions.refused({})
        assert "Valkey goes from 7 to 9 one major version at a time. Upgrade to a version of 8 first" in said
    said = sessions.refused({"persistence": {"size": "2Gi"}})
    assert "persistence.size is 1Gi and cannot become 2Gi by an upgrade alone" in said
    said = sessions.refused({"persistence": {"storageClass": "fast"}})
    assert 'persistence.storageClass was "" when the volumes were made and cannot become "fast"' in said


@pytest.mark.slow
def test_a_version_that_never_ran_does_not_bar_the_way_back(sessions: Release) -> None:
    assert sessions.apply({"serverVersion": "9.9.99"}).returncode == 0
    eventually(
        lambda: not sessions.ready(), "the pod of the version that does not exist takes the place of the old one"
    )
    sessions.install()
    with connected(sessions) as store:
        assert store.get("word") == "second"


def test_declared_users_may_do_what_is_declared_and_a_change_restarts_nothing(sessions: Release) -> None:
    sessions.install()
    before = [(pod.metadata.uid, pod.status.container_statuses[0].restart_count) for pod in sessions.pods()]
    users = [
        {"name": "web", "keys": ["web:*"]},
        {"name": "reports", "keys": ["web:*"], "commands": "read"},
        {"name": "news", "channels": ["news.*"], "commands": "+@pubsub +ping"},
    ]
    sessions.bring_up({"users": users})
    login = {name: sessions.secret(f"binding-{name}") for name in ("web", "reports", "news")}
    with connected(sessions, username="web", password=login["web"]["password"]) as web:
        assert web.set("web:1", "page")
        assert web.eval("return redis.call('GET', KEYS[1])", 1, "web:1") == "page"
        for forbidden in (lambda: web.set("word", "x"), lambda: web.get("word"), web.flushall):
            with pytest.raises(redis.exceptions.NoPermissionError):
                forbidden()
    with connected(sessions, username="reports", password=login["reports"]["password"]) as reports:
        assert reports.get("web:1") == "page"
        with pytest.raises(redis.exceptions.NoPermissionError):
            reports.set("web:1", "x")
    with connected(sessions, username="news", password=login["news"]["password"]) as news:
        assert news.publish("news.today", "x") == 0
        with pytest.raises(redis.exceptions.NoPermissionError):
            news.publish("other", "x")
    sessions.bring_up({"users": [{"name": "web", "keys": ["web:*", "word"]}]})
    assert sessions.secret("binding-web")["password"] == login["web"]["password"]
    with connected(sessions, username="web", password=login["web"]["password"]) as web:
        assert web.get("word") == "second"
    with connected(sessions, **{key: login["news"][key] for key in ("username", "password")}) as news:
        with pytest.raises(redis.AuthenticationError):
            news.ping()
    assert before == [(pod.metadata.uid, pod.status.container_statuses[0].restart_count) for pod in sessions.pods()]


def test_numbers_for_prometheus_come_from_a_user_that_reads_no_key(sessions: Release) -> None:
    sessions.install({"metrics": {"enabled": True}})
    with (
        sessions.forwarded(9121, "pod/sessions-0") as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer,
    ):
        lines = answer.read().decode().splitlines()
    assert "redis_up 1" in lines
    assert any(line.startswith("redis_memory_max_bytes 1.00663296e+08") for line in lines)
    assert any(line.startswith("redis_instance_info{") and 'role="master"' in line for line in lines)
    assert 'redis_exporter_last_scrape_error{err=""} 0' in lines
    with connected(sessions, username="anywhere-watch", password=sessions.secret("auth")["watch-password"]) as watch:
        for forbidden in (lambda: watch.get("word"), lambda: watch.config_get("*"), watch.client_list):
            with pytest.raises(redis.exceptions.NoPermissionError):
                forbidden()


def test_helm_test_writes_and_reads(sessions: Release) -> None:
    assert "Valkey keeps what is written to it." in sessions.test()


def test_uninstalled_and_installed_again_it_has_its_data_and_its_password(sessions: Release) -> None:
    password = sessions.binding()["password"]
    sessions.uninstall()
    assert sessions.claims() == {"data-sessions-0"}
    sessions.install()
    assert sessions.binding()["password"] == password
    with connected(sessions) as store:
        assert store.get("word") == "second"


def test_with_another_user_the_default_one_is_switched_off(sessions: Release) -> None:
    sessions.install({"auth": {"username": "shop", "password": "Chosen,by-a-person"}})
    with connected(sessions) as store:
        assert store.acl_whoami() == "shop"
        assert store.get("word") == "second"
    with connected(sessions, username="default") as store, pytest.raises(redis.AuthenticationError):
        store.get("word")
