"""Where a service answers, and how to use it."""

from __future__ import annotations

from typing import Any

from services.rules import connection

DEFINITION = {
    "endpoints": [{"name": "sql", "service": "{fullname}", "port": 5432, "scope": "inside"}],
    "binding": {"secret": "{fullname}-binding"},
    "snippets": [{"id": "psql", "title": "psql", "text": "psql -h {host} -p {port} {unknown} ${x}"}],
}


def service(name: str, kind: str = "ClusterIP", **more: Any) -> dict[str, Any]:
    spec = {"type": kind, "ports": [{"name": "main", "port": 80}], **more.pop("spec", {})}
    return {"kind": "Service", "metadata": {"name": name}, "spec": spec, **more}


def test_declared_endpoints():
    [point] = connection.endpoints(DEFINITION, [service("db")], "db", "n")
    assert (point["host"], point["port"], point["scope"]) == ("db.n.svc.cluster.local", 5432, "inside")


def test_packages_that_declare_nothing_show_every_port():
    headless = service("db-nodes", spec={"clusterIP": "None"})
    points = connection.endpoints({}, [service("db"), headless], "db", "n")
    assert [(p["name"], p["port"], p["service"]) for p in points] == [("main", 80, "db")]


def test_addresses_outside():
    balancer = service("db", "LoadBalancer", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}})
    ingress = {"kind": "Ingress", "metadata": {"name": "i"},
               "spec": {"tls": [{"hosts": ["a.test"]}], "rules": [{"host": "a.test"}, {"host": "b.test"}]}}  # fmt: skip
    points = connection.endpoints({}, [balancer, ingress], "db", "n")
    outside = [(p["host"], p["port"]) for p in points if p["scope"] == "outside"]
    assert outside == [("10.0.0.9", 80), ("a.test", 443), ("b.test", 80)]


def test_an_ingress_for_any_host_answers_at_the_address_it_was_given_once():
    anyhost = {"kind": "Ingress", "metadata": {"name": "i"}, "spec": {"rules": [{}, {}]}}
    assert connection.addresses([anyhost]) == []
    given = {**anyhost, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}}
    assert [(p["host"], p["port"]) for p in connection.addresses([given])] == [("10.0.0.1", 80)]


def test_what_is_seen_now_takes_the_place_of_addresses_seen_at_install():
    before = service("db", "LoadBalancer", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}})
    now = service("db", "LoadBalancer", status={"loadBalancer": {"ingress": [{"hostname": "lb.test"}]}})
    ported = service("db-0", "NodePort", spec={"ports": [{"name": "out", "port": 9094, "nodePort": 31000}]})
    noted = connection.endpoints({}, [before, ported], "db", "n", "10.0.0.7")

    def outside(seen: list[dict] | None) -> list[tuple[str, int]]:
        return [(p["host"], p["port"]) for p in connection.current(noted, seen) if p["scope"] == "outside"]

    assert outside(None) == [("10.0.0.7", 31000), ("10.0.0.9", 80)]
    assert outside([]) == [("10.0.0.7", 31000)]
    assert outside(connection.addresses([now])) == [("10.0.0.7", 31000), ("lb.test", 80)]
    assert [p for p in connection.current(noted, []) if p["scope"] == "inside"]


def test_snippets_fill_in_what_is_known_and_leave_the_rest():
    points = connection.endpoints(DEFINITION, [service("db")], "db", "n")
    [snippet] = connection.snippets(DEFINITION["snippets"], points, {})
    assert snippet["text"] == "psql -h db.n.svc.cluster.local -p 5432 {unknown} ${x}"


def test_text_that_is_no_template_stays_as_it_is():
    assert connection.expand("a { b", {"b": "x"}) == "a { b"
    assert connection.expand("{host!r:>10} {host}", {"host": "h"}).endswith(" h")


def test_a_name_between_other_braces_is_filled_in():
    text = '- {name: db, secret: {secretName: "{service}-binding"}}'
    assert connection.expand(text, {"service": "orders"}) == '- {name: db, secret: {secretName: "orders-binding"}}'
    assert connection.expand("{{service}} ${service}", {"service": "orders"}) == "{orders} $orders"


def test_the_binding_secret_and_port_forward():
    assert connection.binding_secret(DEFINITION, "db") == "db-binding"
    assert connection.binding_secret({}, "db") is None
    points = connection.endpoints(DEFINITION, [service("db")], "db", "n")
    assert connection.port_forward(points, "n") == "kubectl --namespace n port-forward service/db 5432:5432"
    assert connection.port_forward([], "n") == ""


def test_node_ports_answer_at_a_ready_nodes_address():
    ported = service("db-0", "NodePort", spec={"ports": [{"name": "out", "port": 9094, "nodePort": 31000}]})
    ready = [{"type": "Ready", "status": "True"}]
    away = {"status": {"conditions": [], "addresses": [{"type": "ExternalIP", "address": "1.1.1.1"}]}}
    here = {"status": {"conditions": ready, "addresses": [{"type": "InternalIP", "address": "10.0.0.7"}]}}
    node = connection.node_address([away, here])
    assert node == "10.0.0.7"
    points = connection.endpoints({}, [ported], "db", "n", node)
    assert [(p["host"], p["port"]) for p in points if p["scope"] == "outside"] == [("10.0.0.7", 31000)]
    assert connection.uses_node_ports([ported]) and not connection.uses_node_ports([service("db")])
    assert connection.node_address([away]) == ""
