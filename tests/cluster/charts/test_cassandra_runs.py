"""Cassandra on a real cluster, asked by a real client. The tests of this file follow each other on one release."""

import re
import urllib.request
from collections.abc import Callable

import pytest
from cassandra import Unauthorized
from cassandra.cluster import NoHostAvailable

from tests.cluster.charts.cassandra_client import CHEAP, connected
from tests.cluster.charts.release import Release

pytestmark = pytest.mark.cluster
# Words that CQL has for itself, and signs that a shell, a settings file or a template could take for its own.
USER, KEYSPACE, PASSWORD = "select", "order", "%$1;--/*{{x}}#[a]~"
NAMED = {**CHEAP, "keyspace": KEYSPACE, "auth": {"username": USER}}


@pytest.fixture(scope="module")
def rows(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share: one node, small plan."""
    made = release("rows", "cassandra")
    made.bring_up({**NAMED, "auth": {"username": USER, "password": PASSWORD}}, seconds=900)
    return made


def test_the_bound_role_writes_and_reads_in_its_keyspace_and_no_further(rows: Release) -> None:
    with connected(rows) as session:
        session.execute("CREATE TABLE word (id int PRIMARY KEY, text text)")
        session.execute("INSERT INTO word (id, text) VALUES (1, 'first')")
        assert [row.text for row in session.execute("SELECT text FROM word")] == ["first"]
        with pytest.raises(Unauthorized):
            session.execute("SELECT * FROM system_auth.roles")
        with pytest.raises(Unauthorized):
            session.execute(
                "CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
            )


def test_nobody_gets_in_with_a_wrong_password_or_as_the_role_a_ring_begins_with(rows: Release) -> None:
    for username, password in ((USER, "not-the-password"), ("cassandra", "cassandra")):
        with (
            pytest.raises(NoHostAvailable, match="Bad credentials"),
            connected(rows, username=username, password=password),
        ):
            pass


def test_the_superuser_has_its_password_in_the_kept_secret(rows: Release) -> None:
    with connected(rows, username="admin", password=rows.secret("auth")["admin-password"]) as session:
        roles = {
            row.role: (row.is_superuser, row.can_login) for row in session.execute("SELECT * FROM system_auth.roles")
        }
    assert roles == {"admin": (True, True), USER: (False, True), "cassandra": (False, False)}


def test_helm_test_writes_and_reads(rows: Release) -> None:
    assert "Cassandra keeps what is written to it." in rows.test()


def test_a_node_says_that_it_is_up_and_normal(rows: Release) -> None:
    assert rows.execute("rows-0", "bash", "/settings/ring.sh", "role") == "UN\n"


def test_a_killed_pod_comes_back_with_its_data(rows: Release) -> None:
    with connected(rows) as session:
        session.execute("INSERT INTO word (id, text) VALUES (2, 'second')")
    rows.delete_pod(grace=0, seconds=900)
    with connected(rows) as session:
        assert len(list(session.execute("SELECT * FROM word"))) == 2


def test_growing_by_two_nodes_at_once_is_refused(rows: Release) -> None:
    said = rows.refused({**NAMED, "replicas": 3})
    assert "one comes at a time, so that it gets its copies: go from 1 to 2 first" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"auth": {"username": "other"}}, "auth.username was select when the data were made and cannot become other"),
        ({"keyspace": "rows"}, "keyspace was order when the data were made and cannot become rows"),
        ({"persistence": {"size": "1Gi", "storageClass": "fast"}}, "a volume stays where it is"),
    ],
)
def test_what_the_data_were_made_with_does_not_change(rows: Release, change: dict, words: str) -> None:
    assert words in rows.refused({**NAMED, **change})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("3.11.19", "Cassandra goes from 3 to 5 one major version at a time. Upgrade to a version of 4 first"),
        ("5.1.0", "Cassandra 5.0.9 cannot read the data that Cassandra 5.1.0 wrote"),
    ],
)
def test_a_leap_over_a_series_and_an_older_one_are_refused(rows: Release, version: str, words: str) -> None:
    with rows.written_by(version):
        assert words in rows.refused(NAMED)


def test_another_datacenter_is_refused_before_a_node_would_not_start(rows: Release) -> None:
    said = rows.refused({**NAMED, "datacenter": "dc2"})
    assert "datacenter was dc1 when the data were made and cannot become dc2" in said


def test_uninstalled_and_installed_again_it_has_its_data_and_another_password_works(rows: Release) -> None:
    rows.uninstall()
    assert rows.claims() == {"data-rows-0"}
    rows.bring_up({**NAMED, "auth": {"username": USER, "password": "Chosen,by-a-person"}}, seconds=900)
    with connected(rows, password="Chosen,by-a-person") as session:
        assert len(list(session.execute("SELECT * FROM word"))) == 2


@pytest.mark.slow
def test_with_metrics_on_prometheus_finds_numbers_for_every_alert(rows: Release) -> None:
    password = rows.binding()["password"]
    rows.bring_up(
        {**NAMED, "auth": {"username": USER, "password": password}, "metrics": {"enabled": True}}, seconds=900
    )
    with connected(rows) as session:
        session.execute("INSERT INTO word (id, text) VALUES (3, 'third')")
        assert len(list(session.execute("SELECT * FROM word"))) == 3
    page = f"http://{rows.pods()[0].status.pod_ip}:9404/metrics"
    found = urllib.request.urlopen(page, timeout=120).read().decode()
    values = dict(re.findall(r"^(cassandra_\w+)(?:\{[^}]*\})? (\S+)$", found, re.MULTILINE))
    assert values["cassandra_nodes_up"] == "1.0" and values["cassandra_nodes_down"] == "0.0"
    asked = {"alerts.yaml", "dashboard.yaml"}
    texts = [(rows.chart / "monitoring" / name).read_text() for name in asked]
    names = {name for text in texts for name in re.findall(r"\b(cassandra_\w+)\{", text)}
    assert names and names <= values.keys()
