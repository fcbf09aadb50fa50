"""The version of the server: what the values choose, else what the chart brings."""

from __future__ import annotations

import pytest

from services.rules.server import server_version

GUARDS = {"guards": [{"path": "auth.user", "rule": "no-change"}, {"path": "image.tag", "rule": "same-major"}]}
UPGRADES = {"upgrades": [{"path": "serverVersion", "from": "17", "to": "18", "how": "refused"}]}


@pytest.mark.parametrize(("definition", "layers", "version"), [
    (GUARDS, [{}, {}, {"image": {"tag": "18.6"}}], "18.6"),
    (GUARDS, [{"image": {"tag": "17.2"}}, {}, {"image": {"tag": "18.6"}}], "17.2"),
    (GUARDS, [{}, {"image": {"tag": "17.2"}}, {"image": {"tag": "18.6"}}], "17.2"),
    (UPGRADES, [{"serverVersion": "17.5"}, {}, {}], "17.5"),
    (GUARDS, [{}, {}, {"image": {"tag": ""}}], "1.2"),  # the chart takes its own
    (GUARDS, [{"image": {"tag": "latest"}}, {}, {}], "1.2"),
    (GUARDS, [{}, {}, {}], "1.2"),
    ({}, [{"image": {"tag": "18.6"}}], "1.2"),
])  # fmt: skip
def test_the_version_of_the_server(definition, layers, version):
    assert server_version(definition, layers, "1.2") == version
