"""A real Cassandra client outside the cluster, which reaches the nodes by the addresses of their pods."""

from collections.abc import Iterator
from contextlib import contextmanager

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import (
    ConstantReconnectionPolicy,
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    TokenAwarePolicy,
)

from tests.cluster.charts.release import Release

# Starts that cost little: shorter waits for a ring of a few nodes, and the first compiler alone.
CHEAP = {
    "resources": {"cpu": "50m", "memory": "900Mi"},
    "persistence": {"size": "1Gi"},
    "settings": {
        "heap": "256M",
        "jvmOptions": [
            "-XX:TieredStopAtLevel=1",
            "-Dcassandra.ring_delay_ms=5000",
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        ],
    },
}


@contextmanager
def connected(release: Release, consistency: int = ConsistencyLevel.LOCAL_QUORUM, **login: str) -> Iterator[Session]:
    """A session with the credentials of the binding, in its keyspace. A slow request goes to another node too."""
    binding = release.binding()
    username, password = login.get("username", binding["username"]), login.get("password", binding["password"])
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(binding["local-datacenter"])),
        speculative_execution_policy=ConstantSpeculativeExecutionPolicy(1.0, 2),
        consistency_level=consistency,
        request_timeout=8,
    )
    cluster = Cluster(
        [pod.status.pod_ip for pod in release.pods() if pod.status.pod_ip],
        port=int(binding["port"]),
        auth_provider=PlainTextAuthProvider(username, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        reconnection_policy=ConstantReconnectionPolicy(1.0, None),
        connect_timeout=10,
        idle_heartbeat_interval=5,
        idle_heartbeat_timeout=5,
    )
    try:
        yield cluster.connect(binding["keyspace-name"])
    finally:
        cluster.shutdown()


class Writer:
    """Writes numbers one after the other into the table "ledger", each acknowledged by a quorum of the copies."""

    def __init__(self, session: Session) -> None:
        session.execute("CREATE TABLE IF NOT EXISTS ledger (part int, id int, PRIMARY KEY (part, id))")
        self.session = session
        self.insert = session.prepare("INSERT INTO ledger (part, id) VALUES (?, ?)")
        self.insert.is_idempotent = True

    def __call__(self, number: int) -> None:
        """Gives when the number is acknowledged; raises what the server said."""
        self.session.execute(self.insert, (number % 16, number))


def numbers(session: Session) -> list[int]:
    """The numbers in the table."""
    found = []
    for part in range(16):
        found += [row.id for row in session.execute("SELECT id FROM ledger WHERE part = %s", (part,), timeout=30)]
    return found
