"""The API server goes away during an install and comes back: the install ends well, the truth is shown, others go on.

Collected only with $ANYWHERE_CLUSTER_TOOL, the command that switches the API server off and on.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cluster.path.chaos import Api, assert_nothing_left, assert_one_release, eventually, off
from tests.support.command_line import CommandLine
from tests.support.portal import Portal

pytestmark = pytest.mark.cluster
SHOWN_WITHIN = 30.0
Kubectl = Callable[..., str]


@pytest.fixture
def practice(aw: CommandLine) -> str:
    """Give the name of a practice cluster."""
    name = f"practice-{secrets.token_hex(2)}"
    aw.json("clusters", "add", name, "--practice")
    return name


@pytest.fixture
def name(kubectl: Kubectl, aw: CommandLine) -> Iterator[str]:
    """Give a name of this test's own, for a service and its namespace."""
    chosen = f"o-{secrets.token_hex(3)}"
    yield chosen
    kubectl("delete", "namespace", chosen, "--wait=false", "--ignore-not-found", check=False)


def reachability(api: Api) -> dict[str, Any]:
    """Give what the portal says of the real cluster."""
    clusters = api.call("GET", "organizations/home/clusters/?q=real")["results"]
    found: dict[str, Any] = next(c for c in clusters if c["name"] == "real")["reachability"]
    return found


def install_on(api: Api, cluster: str) -> float:
    """Give the seconds from the request of an install to its end."""
    begun = time.monotonic()
    operation = api.install("valkey", f"p-{secrets.token_hex(3)}", cluster, plan="small")
    assert api.ended(operation["id"], 60)["state"] == "succeeded"
    return time.monotonic() - begun


def outlast(portal: Portal, kubeconfig: str, name: str, practice: str, *, begins: float, lasts: float) -> None:
    """Switch the API server off some seconds into an install, for some seconds, and claim what must hold."""
    api = Api(portal)
    usual = install_on(api, practice)
    operation = api.install("valkey", name, plan="small")
    time.sleep(begins)
    with off("api"):
        gone = time.monotonic()
        beside = install_on(api, practice)
        eventually(lambda: reachability(api)["reachable"] is False, "it is shown unreachable", SHOWN_WITHIN)
        shown = time.monotonic() - gone
        time.sleep(max(0.0, lasts - (time.monotonic() - gone)))
    back = time.monotonic()
    ended = api.ended(operation["id"], 180)
    took = time.monotonic() - back
    print(f"off {begins:.1f} s in, for {lasts:.0f} s: shown after {shown:.1f} s, ended {took:.1f} s after it was back, "
          f"attempt {ended['attempt']}; elsewhere {beside:.1f} s, usually {usual:.1f} s")  # fmt: skip
    assert shown <= SHOWN_WITHIN
    assert beside <= usual * 1.5 + 3, "an install elsewhere waits for nobody"
    assert ended["state"] == "succeeded", ended["error"]
    eventually(lambda: reachability(api)["reachable"] is True, "it is shown reachable again", 30)
    eventually(lambda: api.service(name)["health"]["verdict"] == "healthy", "it is seen healthy", 60)
    assert_one_release(kubeconfig, name)
    assert_nothing_left(portal, api, kubeconfig, [name])


def test_an_install_outlasts_an_outage_of_the_api_server(
    portal: Portal, aw: CommandLine, kubeconfig: str, practice: str, name: str
) -> None:
    outlast(portal, kubeconfig, name, practice, begins=1.0, lasts=20)


@pytest.mark.slow
@pytest.mark.parametrize("begins", [0.2, 1.5, 4.0])
def test_an_install_outlasts_a_minute_without_the_api_server(
    portal: Portal, aw: CommandLine, kubeconfig: str, practice: str, name: str, begins: float
) -> None:
    outlast(portal, kubeconfig, name, practice, begins=begins, lasts=60)


def test_what_runs_is_unknown_while_the_cluster_is_away_and_known_again_after(
    portal: Portal, aw: CommandLine, kubeconfig: str, name: str
) -> None:
    api = Api(portal)
    operation = api.install("valkey", name, plan="small")
    assert api.ended(operation["id"], 120)["state"] == "succeeded"
    eventually(lambda: api.service(name)["health"]["verdict"] == "healthy", "it is seen healthy", 60)
    with off("api"):
        eventually(lambda: api.service(name)["health"]["verdict"] == "unknown", "it is shown unknown", SHOWN_WITHIN)
        assert "cannot be reached" in api.service(name)["health"]["reason"]
        asked = api.call(
            "POST", f"services/{api.service(name)['id']}/uninstall/", {"delete_data": True, "confirm": name}
        )
        time.sleep(3)
        waiting = api.operation(asked["id"])
        assert waiting["state"] in ("running", "verifying"), "asked for, not failed"
    assert api.ended(asked["id"], 120)["state"] == "succeeded"
