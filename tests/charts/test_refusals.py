"""Values that would not work are refused before anything is made, in words a person understands."""

from collections.abc import Callable

import pytest

from tests.charts.chart import Chart

SHARED = {
    "an unknown value": ({"colour": "blue"}, "'colour' not allowed"),
    "a misspelt value": ({"persistence": {"siez": "1Gi"}}, "'siez' not allowed"),
    "a volume without a unit": ({"persistence": {"size": "10"}}, "/persistence/size"),
    "a volume as a number": ({"persistence": {"size": 10}}, "got number, want string"),
    "memory in words": ({"resources": {"memory": "much"}}, "/resources/memory"),
    "cpu below nothing": ({"resources": {"cpu": "-1"}}, "/resources/cpu"),
    "a short password": ({"auth": {"password": "short"}}, "/auth/password"),
    "a password with a quote": ({"auth": {"password": 'eight"or"more'}}, "/auth/password"),
    "a password of two lines": ({"auth": {"password": "eight\nor more"}}, "/auth/password"),
    "a user that is no name": ({"auth": {"username": "Robert'); --"}}, "/auth/username"),
    "a version that was never tested": ({"serverVersion": "1.0.0"}, "/serverVersion"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "/image/digest"),
    "a storage class that is no name": ({"persistence": {"storageClass": "Fast Disk"}}, "/persistence/storageClass"),
    "an unknown kind of client": ({"networkPolicy": {"clients": "friends"}}, "must be one of"),
    "a second line in a setting": ({"settings": {"extra": {"timeout": "1\nport 1"}}}, "/settings/extra"),
    "a name too long": ({"fullnameOverride": "x" * 60}, "/fullnameOverride"),
}
OWN = {
    "postgresql": {
        "a major version that is not packaged": ({"serverVersion": "16.4"}, "/serverVersion"),
        "the superuser as user": ({"auth": {"username": "postgres"}}, "/auth/username"),
        "a reserved name as user": ({"auth": {"username": "pg_monitor"}}, "/auth/username"),
        "the template as database": ({"auth": {"database": "template1"}}, "/auth/database"),
        "too many connections": ({"settings": {"maxConnections": 100000}}, "maximum: got 100,000, want 2,000"),
        "shared buffers in percent": ({"settings": {"sharedBuffers": "25%"}}, "/settings/sharedBuffers"),
        "a setting of the chart": ({"settings": {"extra": {"port": 1}}}, "settings.extra must not hold port"),
        "an unknown type of service": ({"service": {"type": "ExternalName"}}, "must be one of"),
    },
    "valkey": {
        "an unknown eviction policy": ({"settings": {"evictionPolicy": "oldest"}}, "must be one of"),
        "memory for data in MiB": ({"settings": {"maxMemory": "100Mi"}}, "/settings/maxMemory"),
        "no database": ({"settings": {"databases": 0}}, "minimum: got 0, want 1"),
        "a setting of the chart": (
            {"settings": {"extra": {"requirepass": "x"}}},
            "settings.extra must not hold requirepass",
        ),
        "a module": ({"settings": {"extra": {"loadmodule": "/tmp/x.so"}}}, "settings.extra must not hold loadmodule"),
        "a node port out of range": ({"service": {"nodePort": 70000}}, "/service/nodePort"),
    },
    "kafka": {
        "two nodes": ({"replicas": 2}, "must be one of 1, 3"),
        "five nodes": ({"replicas": 5}, "must be one of 1, 3"),
        "the name of the nodes as user": ({"auth": {"username": "node"}}, "/auth/username"),
        "a cluster id of the wrong length": ({"clusterId": "abc"}, "/clusterId"),
        "a heap without a unit": ({"settings": {"heap": "512"}}, "/settings/heap"),
        "a setting of the chart": ({"settings": {"extra": {"node.id": 7}}}, "settings.extra must not hold node.id"),
        "a listener of one's own": (
            {"settings": {"extra": {"listener.name.client.ssl.key": "x"}}},
            "settings.extra must not hold listener.name",
        ),
        "no partition": ({"topics": {"partitions": 0}}, "minimum: got 0, want 1"),
        "a port out of range": ({"external": {"firstNodePort": 65535}}, "/external/firstNodePort"),
    },
}
CASES = [(name, case) for name in OWN for case in (*SHARED, *OWN[name])]


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda part: part.replace(" ", "-"))
def test_it_is_refused(name: str, case: str, packed: Callable[[str], Chart], write_values: Callable) -> None:
    values, words = SHARED.get(case) or OWN[name][case]
    answer = packed(name).template(write_values(values))
    assert answer.returncode != 0
    assert words in answer.stderr, answer.stderr


def test_a_minor_version_that_is_newer_than_the_chart_is_accepted(chart: Chart, write_values: Callable) -> None:
    newer = {"postgresql": "18.7", "valkey": "9.1.3", "kafka": "4.3.2"}[chart.name]
    assert chart.template(write_values({"serverVersion": newer})).returncode == 0
