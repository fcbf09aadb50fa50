"""A real Cassandra client outside the cluster, which reaches the nodes by the addresses of their pods."""

import re
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
    WhiteListRoundRobinPolicy,
)

from tests.cluster.charts.release import Release

# Starts that cost little: shorter waits for a ring of a few nodes, and the first compiler alone.
CHEAP = {
    "resources": {"cpu": "200m", "memory": "900Mi"},
    "persistence": {"size": "1Gi"},
    "settings": {
        "heap": "256M",
        "jvmOptions": [
            "-XX:TieredStopAtLevel=1",
            "-Dcassandra.ring_delay_ms=5000",
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            "-Dcassandra.memtable_row_overhead_computation_step=1000",
        ],
    },
}


@contextmanager
def connected(release: Release, only: str = "", **login: str) -> Iterator[Session]:
    """A session with the credentials of the binding, in its keyspace. A slow request goes to another node too.

    With `only`, the address of a node, everything is asked of that one, which answers with what it has itself.
    """
    binding = release.binding()
    username, password = login.get("username", binding["username"]), login.get("password", binding["password"])
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(binding["local-datacenter"])),
        speculative_execution_policy=ConstantSpeculativeExecutionPolicy(0.5, 3),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        request_timeout=4,
    )
    if only:
        profile = ExecutionProfile(WhiteListRoundRobinPolicy([only]), consistency_level=ConsistencyLevel.LOCAL_ONE)
    cluster = Cluster(
        [only] if only else [pod.status.pod_ip for pod in release.pods() if pod.status.pod_ip],
        port=int(binding["port"]),
        auth_provider=PlainTextAuthProvider(username, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        reconnection_policy=ConstantReconnectionPolicy(1.0, None),
        connect_timeout=60,
        control_connection_timeout=60,
        idle_heartbeat_interval=5,
        idle_heartbeat_timeout=5,
        protocol_version=5,
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


def states(release: Release, pod: int = 0) -> dict[str, tuple[str, str]]:
    """State and rack of every node in the ring by its address, as a node says."""
    lines = [line.split() for line in release.execute(f"{release.name}-{pod}", "nodetool", "status").splitlines()]
    return {words[1]: (words[0], words[-1]) for words in lines if words and re.fullmatch("[UD][NLJM]", words[0])}


def numbers(session: Session) -> list[int]:
    """The numbers in the table."""
    found = []
    for part in range(16):
        found += [row.id for row in session.execute("SELECT id FROM ledger WHERE part = %s", (part,), timeout=30)]
    return found
