"""How often the watcher looks, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds. An unreachable cluster is shown within probe + 2 × patience + second_look + write."""

    look: float = 2.0  # between looks at which clusters and services there are
    write: float = 0.2  # between writes of what changed
    probe: float = 10.0  # between questions to a cluster whether it is there
    patience: float = 5.0  # for the answer to that question
    second_look: float = 2.0  # before a cluster that did not answer is asked once more
    reconnect: float = 3.0  # before an unreachable cluster is tried again
    calm: float = 0.25  # changes that come together are judged together
    restless: float = 3.0  # services that are not well are judged again: time alone changes some verdicts
    touch: float = 60.0  # between marks that services are looked at without a gap
    alive: float = 10.0  # between signs of life
    tidy: float = 600.0  # between clearings of old sightings


USUAL = Pace()
