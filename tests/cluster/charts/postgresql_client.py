"""A real PostgreSQL client outside the cluster: at a node port that leads to the primary, or at a pod's own address."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg2
import psycopg2.extensions

from tests.cluster.charts.release import Release, eventually, internal

# Servers that cost little.
CHEAP = {
    "resources": {"cpu": "50m", "memory": "256Mi"},
    "persistence": {"size": "1Gi"},
    "settings": {"maxConnections": 30, "sharedBuffers": "32MB"},
}
PATIENCE = {
    "connect_timeout": 2,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,
}


def reachable(release: Release) -> dict:
    """Values that let the client in from outside, at a node port that nobody uses."""
    services = release.api.list_service_for_all_namespaces().items
    used = {port.node_port for service in services for port in service.spec.ports or []}
    port = next(number for number in range(30540, 31400) if number not in used)
    return {**CHEAP, "service": {"type": "NodePort", "nodePort": port}, "networkPolicy": {"clients": "anywhere"}}


def login(release: Release, **more: str) -> dict:
    """What the binding says, as psycopg2 wants it."""
    binding = release.binding()
    known = {"user": binding["username"], "password": binding["password"], "dbname": binding["database"]}
    return {**known, **more}


@contextmanager
def connected(release: Release, pod: str = "", **more: str) -> Iterator[psycopg2.extensions.connection]:
    """A connection that commits each statement: to the primary, through any machine's node port, or to a pod."""
    where = {"host": "", "port": "5432"}
    if pod:
        where["host"] = release.api.read_namespaced_pod(pod, release.namespace).status.pod_ip
    else:
        service = release.api.read_namespaced_service(release.name, release.namespace)
        where |= {"host": ",".join(machines(release)), "port": str(service.spec.ports[0].node_port)}
    made = psycopg2.connect(**{**where, **PATIENCE, **login(release, **more)})
    made.autocommit = True
    try:
        yield made
    finally:
        made.close()


def machines(release: Release, apart_from: str = "") -> list[str]:
    """The addresses of the nodes that are ready, but for one by its name."""
    return [
        internal(node)
        for node in release.api.list_node().items
        if node.metadata.name != apart_from
        and any(state.type == "Ready" and state.status == "True" for state in node.status.conditions)
    ]


def rows(release: Release, statement: str, pod: str = "", **more: str) -> list[tuple]:
    """What one statement gives."""
    with connected(release, pod, **more) as here, here.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def answers(release: Release) -> bool:
    """Whether the address of the primary leads to it: a machine may hear of a new pod later than we do."""
    with suppress(psycopg2.OperationalError):
        return bool(rows(release, "SELECT 1"))
    return False


def roles(release: Release) -> dict[str, str]:
    """What each server says it is, by the name of its pod; empty for one that does not answer."""
    found = {}
    for pod in release.pods():
        found[pod.metadata.name] = ""
        with suppress(psycopg2.OperationalError):
            said = rows(release, "SELECT pg_is_in_recovery()", pod.metadata.name)[0][0]
            found[pod.metadata.name] = "replica" if said else "primary"
    return found


def wait_for_copies(release: Release, number: int, behind: int = 0, seconds: float = 180) -> None:
    """Waits until so many replicas stream from the primary and are at most so many bytes behind."""
    admin = {"user": "postgres", "password": release.secret("auth")["admin-password"], "dbname": "postgres"}
    question = (
        "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' "
        f"AND pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) <= {behind}"
    )

    def streaming() -> bool:
        with suppress(psycopg2.OperationalError):
            return rows(release, question, **admin)[0][0] == number
        return False

    eventually(streaming, f"{number} replicas are in step", seconds)


def promote(release: Release, pod: str) -> None:
    """Promotes the declared server, as soon as it is seen that the former primary does not answer."""

    def promoted() -> bool:
        with suppress(AssertionError):
            return "is the primary" in release.procedure("promote", pod)
        return False

    eventually(promoted, f"{pod} is promoted", 120)


def with_most(release: Release, replicas: list[str]) -> str:
    """The replica that has most of the log; each also says how far it is behind."""
    psql = ["psql", "-XAtqh", "/var/run/postgresql", "-U", "postgres", "-d", "postgres", "-c"]
    place = "SELECT pg_last_wal_receive_lsn() - '0/0'"
    for pod in replicas:
        assert int(release.execute(pod, "bash", "/etc/postgresql/conf/node.sh", "lag", container="postgresql")) >= 0
    return max(replicas, key=lambda pod: int(release.execute(pod, *psql, place, container="postgresql")))


class Writer:
    """Writes numbers into the table "ledger", each acknowledged when its commit is; connects again when it must."""

    def __init__(self, release: Release, apart_from: str = "") -> None:
        rows(release, "CREATE TABLE IF NOT EXISTS ledger (id int, at timestamptz DEFAULT clock_timestamp())")
        service = release.api.read_namespaced_service(release.name, release.namespace)
        self.where = {"port": str(service.spec.ports[0].node_port), **PATIENCE, **login(release)}
        self.hosts = machines(release, apart_from)
        self.connection: psycopg2.extensions.connection | None = None

    def __call__(self, number: int) -> None:
        """Gives when the number is acknowledged; raises what the server or the network said."""
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(host=self.hosts[0], **self.where)
                self.connection.autocommit = True
            with self.connection.cursor() as cursor:
                cursor.execute("INSERT INTO ledger (id) VALUES (%s)", (number,))
        except psycopg2.Error:
            self.hosts.append(self.hosts.pop(0))
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            raise


def numbers(release: Release, pod: str = "") -> list[int]:
    """The numbers in the table, as the primary or one pod has them."""
    return [number for (number,) in rows(release, "SELECT id FROM ledger", pod)]
