"""Passwords that stay whoever applies, also when another tool makes the service or takes it over from Helm."""

from collections.abc import Callable

import pytest

from tests.cluster.charts.release import LOOKING, Release

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def cache(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share: one server with a generated password."""
    made = release("cache", "valkey")
    made.bring_up()
    return made


def kept(made: Release) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The passwords of a release, what its clients get, and its pods."""
    return made.secret("auth"), made.binding(), [pod.metadata.uid for pod in made.pods()]


def test_passwords_stay_when_another_tool_applies_what_helm_renders(release: Callable[[str, str], Release]) -> None:
    """With a look at the cluster; without one, each render makes others."""
    plain = release("plain", "valkey")
    plain.apply_as_others(plain.rendered(None, "small", *LOOKING))
    plain.wait_for_all()
    before = kept(plain)
    assert len(before[0]["password"]) == 24
    for _ in range(2):
        plain.apply_as_others(plain.rendered(None, "small", *LOOKING))
        plain.wait_for_all()
        assert kept(plain) == before
    assert plain.rendered() != plain.rendered()


def test_passwords_stay_when_another_tool_takes_over_from_helm(cache: Release) -> None:
    before = kept(cache)
    for _ in range(2):
        cache.apply_as_others(cache.rendered(None, "small", *LOOKING))
        cache.wait_for_all()
        assert kept(cache) == before


@pytest.mark.parametrize("server_side", ["true", "false", "true"])
def test_passwords_stay_over_upgrades_by_each_way_to_apply(cache: Release, server_side: str) -> None:
    before = kept(cache)
    plan = cache.chart / "plans/small.yaml"
    forced = ["--force-conflicts"] if server_side == "true" else []
    answer = cache.run(
        cache.helm, "upgrade", cache.name, cache.chart, "-n", cache.namespace, "-f", plan,
        f"--server-side={server_side}", *forced,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    cache.wait_for_all()
    assert kept(cache) == before
