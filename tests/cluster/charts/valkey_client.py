"""Real clients of Valkey outside the cluster: through the proxy, and by asking the sentinels."""

import socket

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool, SentinelManagedConnection

from tests.cluster.charts.release import Release, eventually

# Small, and reachable at a port of every machine.
THREE = {
    "replicas": 3,
    "resources": {"cpu": "30m", "memory": "96Mi"},
    "persistence": {"size": "1Gi"},
    "service": {"type": "NodePort"},
    "networkPolicy": {"clients": "anywhere"},
}
PATIENCE = {"socket_timeout": 3, "socket_connect_timeout": 2, "retry": Retry(NoBackoff(), 0), "decode_responses": True}


# Three primaries with a replica each.
SIX = {
    "cluster": {"enabled": True},
    "replicas": 6,
    "resources": {"cpu": "30m", "memory": "96Mi"},
    "persistence": {"size": "1Gi"},
    "networkPolicy": {"clients": "anywhere"},
    "metrics": {"enabled": True},
}


class Named:
    """A connection to a pod's own name, which this machine learns from the API instead of the cluster's DNS."""

    release: Release

    def _connect(self) -> socket.socket:
        name = self.host
        pods = {pod.metadata.name: pod.status.pod_ip for pod in self.release.pods()}
        self.host = pods.get(name.split(".")[0]) or name
        try:
            return super()._connect()
        finally:
            self.host = name


def login(release: Release) -> dict[str, str]:
    """User and password of the binding."""
    binding = release.binding()
    return {"username": binding["username"], "password": binding["password"]}


def by_proxy(release: Release, service: str = "", node: str = "", **changes: str | None) -> redis.Redis:
    """A client of the Service that leads to the primary, at its port of a machine."""
    ports = release.api.read_namespaced_service(release.name + service, release.namespace).spec.ports
    store = redis.Redis(
        host=release.machine(node), port=ports[0].node_port, **PATIENCE, **{**login(release), **changes}
    )
    eventually(lambda: answers(store), "the Service answers", 120)
    return store


def answers(store: redis.Redis) -> bool:
    """Whether the client gets an answer."""
    try:
        return store.ping()
    except redis.RedisError:
        return False


def by_sentinel(release: Release) -> redis.Redis:
    """A client that asks the sentinels of the binding who the primary is, each time it connects."""
    binding = release.binding()
    plain = type("NamedConnection", (Named, redis.Connection), {"release": release})
    managed = type("NamedPrimary", (Named, SentinelManagedConnection), {"release": release})
    asked = Sentinel([])
    for node in binding["sentinel.nodes"].split(","):
        host, port = node.rsplit(":", 1)
        pool = redis.ConnectionPool(
            connection_class=plain, host=host, port=int(port), password=binding["sentinel.password"], **PATIENCE
        )
        asked.sentinels.append(redis.Redis(connection_pool=pool))
    pool = SentinelConnectionPool(
        binding["sentinel.master"], asked, connection_class=managed, **PATIENCE, **login(release)
    )
    return redis.Redis(connection_pool=pool)


def by_cluster(release: Release) -> RedisCluster:
    """A client that learns from the servers which of them has a key; their names lead to the pods as they are."""

    def address(named: tuple[str, int]) -> tuple[str, int]:
        pods = {pod.metadata.name: pod.status.pod_ip for pod in release.pods()}
        return pods.get(named[0].split(".")[0]) or named[0], named[1]

    patience = {key: value for key, value in PATIENCE.items() if key != "retry"}
    start = [ClusterNode(pod.status.pod_ip, 6379) for pod in release.pods() if pod.status.pod_ip]
    return RedisCluster(startup_nodes=start, address_remap=address, **patience, **login(release))


def direct(release: Release, number: int) -> redis.Redis:
    """A client of one server, by the address of its pod."""
    return redis.Redis(host=release.pods()[number].status.pod_ip, **PATIENCE, **login(release))


class Writer:
    """Writes numbers one after the other; a write is acknowledged once a replica has it too."""

    def __init__(self, store: redis.Redis) -> None:
        self.store = store

    def __call__(self, number: int) -> None:
        """Gives when the primary and a replica have the number; raises when they do not say so."""
        both = self.store.pipeline(transaction=False).set(f"ledger:{number}", number).wait(1, 1000).execute()
        if both[1] < 1:
            raise TimeoutError(f"{number} is on no replica yet")


class ClusterWriter:
    """As Writer, for a client that knows which server has a key."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.store = by_cluster(release)

    def __call__(self, number: int) -> None:
        """Gives when the primary of the key and a replica of it have the number; raises when they do not say so."""
        key = f"ledger:{number}"
        try:
            self.store.set(key, number)
            node = self.store.get_node_from_key(key)
            copies = self.store.get_redis_connection(node).wait(1, 1000)
        except redis.RedisError:
            # A client finds the servers anew once nobody answers where they were.
            self.store = by_cluster(self.release)
            raise
        if copies < 1:
            raise TimeoutError(f"{number} is on no replica yet")


def numbers(store: redis.Redis | RedisCluster, first: int = 0) -> list[int]:
    """The numbers that are there, from the first on."""
    found = (int(key.split(":")[1]) for key in store.scan_iter("ledger:*", count=1000))
    return [number for number in found if number >= first]


def roles(release: Release, only: list[int] | None = None) -> dict[int, str]:
    """What each server says it is: primary or replica, and "alone" for a replica without its primary."""
    found = {}
    for number in range(len(release.pods())) if only is None else only:
        facts = direct(release, number).info("replication")
        found[number] = "primary" if facts["role"] == "master" else "replica"
        if facts["role"] != "master" and facts["master_link_status"] != "up":
            found[number] = "alone"
    return found


def primary(release: Release, nodes: int = 3) -> int:
    """The number of the primary, once all others are its replicas."""

    def settled() -> int | None:
        try:
            seen = roles(release)
        except (redis.RedisError, OSError, TypeError):
            return None
        one = [number for number, role in seen.items() if role == "primary"]
        return one[0] + 1 if len(one) == 1 and "alone" not in seen.values() and len(seen) == nodes else None

    return eventually(settled, f"one primary and {nodes - 1} replicas", 240) - 1


def shards(release: Release, servers: int = 6, copies: int = 1) -> dict[int, int]:
    """The slots of each primary by its number, once every slot has one and each primary all of its replicas."""

    def settled() -> dict[int, int] | None:
        try:
            seen = {number: direct(release, number) for number in range(len(release.pods()))}
            facts = {number: store.info("replication") for number, store in seen.items()}
            nodes = {number: store.execute_command("CLUSTER NODES").values() for number, store in seen.items()}
        except (redis.RedisError, OSError, TypeError, IndexError):
            return None
        if len(facts) != servers or any(len(known) != servers for known in nodes.values()):
            return None
        found = {}
        for number, each in facts.items():
            if each["role"] == "slave" and each["master_link_status"] != "up":
                return None
            mine = next(node for node in nodes[number] if "myself" in node["flags"])
            if each["role"] == "master":
                found[number] = sum(int(slots[-1]) - int(slots[0]) + 1 for slots in mine["slots"])
                if each["connected_slaves"] != copies:
                    return None
        return found if sum(found.values()) == 16384 else None

    return eventually(settled, f"{servers} servers share the keys", 240)


def known(release: Release) -> list[tuple[str, str, str]]:
    """What each sentinel knows: replicas, other sentinels, votes needed."""
    said = []
    for pod in release.pods():
        ask = ". /settings/lib.sh; sentinel 127.0.0.1 SENTINEL MASTER valkey"
        lines = release.execute(pod.metadata.name, "sh", "-c", ask, container="valkey").split()
        facts = dict(zip(lines[::2], lines[1::2], strict=False))
        said.append((facts["num-slaves"], facts["num-other-sentinels"], facts["quorum"]))
    return said


def wait_for_sentinels(release: Release, servers: int = 3) -> None:
    """Waits until all sentinels could choose another primary: ten seconds after they began they ask who follows it."""
    replicas = [str(servers - 1)] * servers
    eventually(lambda: [each[0] for each in known(release)] == replicas, "the sentinels know the replicas", 60)
