"""Practice clusters: the simulator that runs inside the portal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.utils import timezone

from anywhere.clusters.errors import PracticeUnavailable
from anywhere.clusters.rules import kubeconfig
from anywhere.clusters.rules.kubeconfig_record import Kubeconfig
from anywhere.lib.addresses import AddressPolicy

FAULTS = ("image_pull", "quota", "crash_loop", "slow", "unreachable")


def create() -> tuple[str, Kubeconfig]:
    """Give the id and the way into a new practice cluster; PracticeUnavailable when the simulator does not run."""
    from anywhere.practice import client

    with _answered():
        made = client.create_cluster(settings.HOME)
    record = kubeconfig.parse(
        json.dumps(made.kubeconfig), now=timezone.now(), policy=AddressPolicy(allow_loopback=True)
    )
    return str(made.id), record


def delete(practice_id: str) -> None:
    """Delete a practice cluster with all it holds; nothing happens when it is not there."""
    from anywhere.practice import client

    with _answered():
        client.delete_cluster(settings.HOME, practice_id)


def read(practice_id: str) -> dict[str, Any]:
    """Give what a practice cluster was told to do: {fail, ready_seconds}."""
    from anywhere.practice import client

    with _answered():
        return _shown(client.settings(settings.HOME, practice_id))


def configure(practice_id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings of a practice cluster after the wanted ones were changed."""
    from anywhere.practice import client

    with _answered():
        return _shown(client.configure(settings.HOME, practice_id, **wanted))


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"fail": found.get("fail"), "ready_seconds": found.get("ready_seconds", 3.0)}


@contextmanager
def _answered() -> Iterator[None]:
    from anywhere.practice import client

    try:
        yield
    except (OSError, client.PracticeError) as error:
        raise PracticeUnavailable("The practice cluster does not answer. Try again in a moment.") from error
