"""`kill -9` of any process of the portal at random moments of installs: each converges without a hand.

$ANYWHERE_FAULTS_SEED repeats a run's moments and victims.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.path.chaos import VICTIMS, Api, assert_nothing_left, assert_one_release, eventually, helms, kill
from tests.support.command_line import CommandLine
from tests.support.portal import Portal

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]
LONGEST_WAIT = 7.0  # seconds into an install; most of one is over by then
LONGEST_HELM = 0.4  # seconds into `helm upgrade`
CONVERGES_IN = 180.0
KILLS_IN_CI, KILLS = 5, 30


@pytest.fixture
def names(kubectl: Kubectl, aw: CommandLine) -> Iterator[list[str]]:
    """Give a list to note the names of services in; their namespaces are removed in the end."""
    noted: list[str] = []
    yield noted
    if noted:
        kubectl("delete", "namespace", *noted, "--wait=false", "--ignore-not-found", check=False)


@pytest.fixture
def chance() -> random.Random:
    """Give the source of chance; its seed is shown when a test fails."""
    seed = int(os.environ.get("ANYWHERE_FAULTS_SEED") or secrets.randbelow(10**6))
    print(f"ANYWHERE_FAULTS_SEED={seed}")
    random.seed(seed)
    return random.Random(seed)


def survive(portal: Portal, kubeconfig: str, victims: list[str], chance: random.Random, names: list[str]) -> None:
    """Install once for each victim, kill it at a random moment, and claim that all is as if nothing had been."""
    api = Api(portal)
    for number, victim in enumerate(victims, 1):
        name = f"k-{secrets.token_hex(3)}"
        names.append(name)
        begun = time.monotonic()
        moment = chance.uniform(0, LONGEST_HELM if victim == "helm" else LONGEST_WAIT)
        if victim == "helm":
            operation = api.install("valkey", name, plan="small")
            killed = kill(portal, victim, later=moment)
        elif chance.random() < 0.2:  # some at the very moment of the request
            killed, moment = kill(portal, victim), 0.0
            operation = api.install("valkey", name, plan="small")
        else:
            operation = api.install("valkey", name, plan="small")
            time.sleep(moment)
            killed = kill(portal, victim)
        assert killed or victim == "helm", f"there was no {victim}"
        ended = api.ended(operation["id"], CONVERGES_IN)
        took = time.monotonic() - begun
        print(f"{number:2} {killed or victim + ' (none)':16} at {moment:4.1f} s: {ended['state']} in {took:5.1f} s, "
              f"attempt {ended['attempt']}")  # fmt: skip
        assert ended["state"] == "succeeded", ended["error"]
        assert_one_release(kubeconfig, name)
        assert api.service(name)["operation"]["id"] == operation["id"]
    for name in names:
        eventually(
            lambda name=name: api.service(name)["health"]["verdict"] == "healthy", f"{name} is seen healthy", 60
        )  # fmt: skip
    assert_nothing_left(portal, api, kubeconfig, names)


def test_installs_survive_the_kill_of_any_process(
    portal: Portal, aw: CommandLine, kubeconfig: str, chance: random.Random, names: list[str]
) -> None:
    others = ["watcher", "beat", "web", "events"]
    victims = ["worker", "helm", *chance.sample(others, KILLS_IN_CI - 2)]
    survive(portal, kubeconfig, victims, chance, names)


@pytest.mark.slow
def test_thirty_kills_at_random_moments(
    portal: Portal, aw: CommandLine, kubectl: Kubectl, kubeconfig: str, chance: random.Random, names: list[str]
) -> None:
    victims = [VICTIMS[number % len(VICTIMS)] for number in range(KILLS)]
    chance.shuffle(victims)
    for start in range(0, KILLS, 10):  # the cluster is small: ten services at a time
        survive(portal, kubeconfig, victims[start : start + 10], chance, names)
        for name in list(names):
            aw.run("services", "uninstall", name, "--delete-data", "--confirm", name, "--wait")
            kubectl("delete", "namespace", name, "--wait=false")
            names.remove(name)


def test_everything_killed_at_once_leaves_nothing_behind(
    portal: Portal, aw: CommandLine, kubeconfig: str, names: list[str]
) -> None:
    api, name = Api(portal), f"k-{secrets.token_hex(3)}"
    names.append(name)
    operation = api.install("valkey", name, plan="small")
    eventually(lambda: helms(portal), "helm runs", 20)
    for victim in VICTIMS:
        kill(portal, victim, wait=0)
    assert api.ended(operation["id"], CONVERGES_IN)["state"] == "succeeded"
    assert_one_release(kubeconfig, name)
    assert_nothing_left(portal, api, kubeconfig, names)
