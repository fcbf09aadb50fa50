"""PostgreSQL on a real cluster, asked by a real client. The tests of this file follow each other on one release."""

from collections.abc import Callable

import psycopg2
import pytest

from tests.cluster.charts.ledger import found_again
from tests.cluster.charts.postgresql_client import reachable, roles, rows
from tests.cluster.charts.release import Release, eventually

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def orders(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share, installed with the small plan."""
    made = release("orders", "postgresql")
    made.install()
    return made


def query(release: Release, statement: str, **login: str) -> list[tuple]:
    """The rows a real client gets through a port-forward with the credentials of the binding."""
    binding = release.binding()
    known = {"user": binding["username"], "password": binding["password"], "dbname": binding["database"], **login}
    with release.forwarded(5432) as port:
        connection = psycopg2.connect(host="127.0.0.1", port=port, connect_timeout=10, **known)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def test_the_bound_user_owns_its_database_and_is_no_superuser(orders: Release) -> None:
    query(orders, "CREATE TABLE word (text text); INSERT INTO word VALUES ('first')")
    assert query(orders, "SELECT text FROM word") == [("first",)]
    assert query(orders, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    assert query(orders, "SHOW password_encryption") == [("scram-sha-256",)]


def test_a_wrong_password_is_refused_also_through_a_port_forward(orders: Release) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        query(orders, "SELECT 1", password="not-the-password")


def test_helm_test_writes_and_reads(orders: Release) -> None:
    assert "PostgreSQL keeps what is written to it." in orders.test()


def test_a_deleted_pod_comes_back_with_its_data(orders: Release) -> None:
    orders.delete_pod()
    assert query(orders, "SELECT text FROM word") == [("first",)]


def test_a_killed_pod_comes_back_with_its_data(orders: Release) -> None:
    query(orders, "INSERT INTO word VALUES ('second')")
    orders.delete_pod(grace=0)
    assert query(orders, "SELECT count(*) FROM word") == [(2,)]


def test_a_change_of_settings_and_password_takes_effect(orders: Release) -> None:
    orders.install({"settings": {"maxConnections": 40}, "auth": {"password": "Chosen,by-a-person"}})
    assert orders.binding()["password"] == "Chosen,by-a-person"
    assert query(orders, "SHOW max_connections") == [("40",)]


def test_another_major_version_is_refused_before_anything_is_touched(orders: Release) -> None:
    assert "PostgreSQL 17 cannot read the data of PostgreSQL 18" in orders.refused({"serverVersion": "17.12"})
    assert query(orders, "SELECT count(*) FROM word") == [(2,)]


def test_another_size_is_refused_with_the_way_to_do_it(orders: Release) -> None:
    said = orders.refused({"persistence": {"size": "7Gi"}})
    assert "persistence.size is 5Gi and cannot become 7Gi by an upgrade alone" in said


def test_uninstalled_and_installed_again_it_has_its_data_and_its_password(orders: Release) -> None:
    password = orders.binding()["password"]
    before = query(orders, "SELECT * FROM word")
    orders.uninstall()
    assert orders.claims() == {"data-orders-0"}
    seconds = orders.bring_up()
    assert orders.binding()["password"] == password
    after = query(orders, "SELECT * FROM word")
    assert found_again("postgresql, one server: installed again", before, after, seconds).lost == 0
    assert len(after) == 2


def test_installed_again_with_another_password_that_one_works(orders: Release) -> None:
    orders.uninstall()
    orders.install({"auth": {"password": "Another.password/2", "adminPassword": "Admin.password/2"}})
    assert query(orders, "SELECT count(*) FROM word", password="Another.password/2") == [(2,)]
    assert query(
        orders,
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
        user="postgres",
        password="Admin.password/2",
    ) == [(True,)]


def test_a_replica_answers_reads_and_takes_over_when_it_is_declared(release: Callable[[str, str], Release]) -> None:
    pair = release("pair", "postgresql")
    values = {**reachable(pair), "replicas": 2}
    pair.install(values, pods=2)
    rows(pair, "CREATE TABLE word (text text)")
    rows(pair, "INSERT INTO word VALUES ('first')")
    assert roles(pair) == {"pair-0": "primary", "pair-1": "replica"}
    eventually(lambda: rows(pair, "SELECT text FROM word", "pair-1") == [("first",)], "the replica has the row", 30)
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        rows(pair, "INSERT INTO word VALUES ('second')", "pair-1")
    assert pair.execute("pair-1", "bash", "/etc/postgresql/conf/node.sh", "lag").strip() == "0"
    pair.install({**values, "primary": 1}, pods=2)
    eventually(lambda: roles(pair) == {"pair-0": "replica", "pair-1": "primary"}, "the other is the primary", 90)
    rows(pair, "INSERT INTO word VALUES ('second')")
    eventually(lambda: len(rows(pair, "SELECT * FROM word", "pair-0")) == 2, "the former primary follows", 60)
    refused = pair.apply({**values, "replicas": 1})
    assert "The primary is pair-1, which 1 servers would not have" in refused.stderr
    pair.uninstall()


@pytest.mark.slow
def test_data_of_17_are_safe_from_18_with_and_without_the_memory_of_the_chart(
    release: Callable[[str, str], Release],
) -> None:
    old = release("old", "postgresql")
    old.install({"serverVersion": "17.12"})
    query(old, "CREATE TABLE word AS SELECT 'of 17' AS text")
    old.install({"serverVersion": "17.13", "image": {"tag": "17.12"}})
    old.uninstall()
    answer = old.apply({"serverVersion": "18.6"})
    assert answer.returncode != 0 and "PostgreSQL 18 cannot read the data of PostgreSQL 17" in answer.stderr
    old.api.delete_namespaced_secret("old-auth", old.namespace)
    assert old.apply({"serverVersion": "18.6"}).returncode == 0
    eventually(lambda: "the volume holds data of PostgreSQL 17" in old.log(), "the server refuses the data")
    assert not (old.pods()[0].status.container_statuses or [])[0].ready
    old.uninstall()
    old.api.delete_namespaced_secret("old-auth", old.namespace)
    old.install({"serverVersion": "17.12"})
    assert query(old, "SELECT text FROM word") == [("of 17",)]
