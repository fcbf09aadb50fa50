"""Commands for installed services."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.text import Text

from anywhere.cli import output, values
from anywhere.cli.auth import connected
from anywhere.cli.errors import DONE, NOT_FOUND, REFUSED, USAGE, CliError
from anywhere.cli.install import Files, Sets, Timeout, Wait

app = typer.Typer(no_args_is_help=True, help="Look after services.")
Cluster = Annotated[str, typer.Option("--cluster", help="The cluster, when several have a service of this name.")]


@app.command("list")
def list_services(
    cluster: Cluster = "",
    package: Annotated[str, typer.Option(help="Only of this package.")] = "",
    verdict: Annotated[str, typer.Option(help="Only with this verdict.")] = "",
    state: Annotated[str, typer.Option(help="present, uninstalled or all.")] = "present",
) -> None:
    """List the services."""
    client = connected()
    found = client.pages(f"{client.org}services/", cluster=cluster, package=package, verdict=verdict, state=state)
    if output.options.json:
        output.document(found)
        return
    rows = [
        (s["name"], s["package"]["title"], s["server_version"] or s["version"], s["cluster"]["name"], output.verdict(s),
         output.age(s["health"]["since"]), s["health"]["reason"])
        for s in found
    ]  # fmt: skip
    output.table(("NAME", "PACKAGE", "VERSION", "CLUSTER", "HEALTH", "FOR", ""), rows,
                 "No services yet. Find one: anywhere catalog search")  # fmt: skip


@app.command("show")
def show(name: str, cluster: Cluster = "") -> None:
    """Show a service: what was asked for, what is being done, what is seen."""
    client = connected()
    service = client.get(f"services/{client.service(name, cluster)['id']}/")
    if output.options.json:
        output.document(service)
        return
    server = f"{service['package']['title']} {service['server_version']}".strip()
    output.out.print(f"[bold]{service['name']}[/bold]  {server} on {service['cluster']['name']}")
    desired, operation = service["desired"], service["operation"]
    output.out.print(f"You asked for  package {desired['version']}, plan {desired['plan'] or 'none'}")
    doing = f"{output.deed(operation)} {operation['state']}" if operation else "nothing"
    output.out.print(Text(f"We are doing   {doing}"))
    output.out.print(Text.assemble("We see         ", output.verdict(service), f"  {service['health']['reason']}"))
    if service["costs"]:
        output.out.print("It asks for    " + _costs(service["costs"]))


def _costs(costs: list[dict[str, Any]]) -> str:
    """Give "0.5 + 3 × 0.25 CPU, 1 GiB memory": what of one unit is asked for stands together."""
    parts: dict[str, list[str]] = {}
    for cost in costs:
        times = f"{cost['times']} × " if cost["times"] > 1 else ""
        parts.setdefault(cost["unit"], []).append(f"{times}{cost['each']}")
    names = {"cpu": "CPU", "gpu": "GPU"}
    return ", ".join(f"{' + '.join(each)} {names.get(unit, unit)}" for unit, each in parts.items())


@app.command("change")
def change(
    name: str,
    cluster: Cluster = "",
    plan: Annotated[str, typer.Option(help="Another plan.")] = "",
    version: Annotated[str, typer.Option(help="Another version.")] = "",
    files: Files = None,
    sets: Sets = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    wait: Wait = False,
    timeout: Timeout = 900,
) -> int:
    """Change values, plan or version. Values given here are laid over the ones it has."""
    client = connected()
    service = client.service(name, cluster)
    body: dict[str, Any] = {key: value for key, value in (("plan", plan), ("version", version)) if value}
    given = values.read(files or [], sets or [])
    if given is not None:
        body["values"] = _laid(client.get(f"services/{service['id']}/values/")["values"], given)
    if not body:
        raise CliError("Nothing to change", "Give --plan, --version, -f or --set.", USAGE)
    if dry_run:
        return _plan(client, service, body, timeout)
    return output.follow(client, client.post(f"services/{service['id']}/change/", body), wait, timeout)


def _laid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Give the values with others laid over; a null takes the key out, so the default holds again."""
    result = dict(below)
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict) and "$secret" not in result[key]:
            result[key] = _laid(result[key], value)
        else:
            result[key] = value
    return result


def _plan(client: Any, service: dict[str, Any], body: dict[str, Any], timeout: float) -> int:
    quiet, output.options.json = output.options.json, True
    operation = output.watch(client, client.post(f"services/{service['id']}/plan/", body), timeout)
    output.options.json = quiet
    if operation["state"] != "succeeded":
        if quiet:
            output.document(operation)
        return output.ended(operation)
    plan = operation["result"]
    if quiet:
        output.document(plan)
    else:
        output.out.print(plan["summary"])
        for one in plan["changes"]:
            reference = one["object"]
            output.out.print(f"[bold]{one['action']} {reference['kind']} {reference['name']}[/bold]  {one['effect']}")
            if one["diff"]:
                output.out.print(Text(one["diff"], "dim"))
        for refusal in plan["refusals"]:
            output.err.print(Text(f"Refused: {refusal['detail']} {refusal['way']}", "red"))
    return REFUSED if plan["refusals"] else DONE


@app.command("rollback")
def rollback(
    name: str,
    revision: Annotated[int, typer.Argument(help="The revision, as in the history; without it, the one before.")] = 0,
    cluster: Cluster = "",
    wait: Wait = False,
    timeout: Timeout = 900,
) -> int:
    """Go back to an earlier revision."""
    client = connected()
    service = client.service(name, cluster)
    if not revision:
        older = [r for r in client.pages(f"services/{service['id']}/history/") if r["can_roll_back"]]
        if not older:
            raise CliError("There is nothing to go back to", f"{name} has one revision only.", REFUSED)
        revision = older[0]["revision"]
    operation = client.post(f"services/{service['id']}/rollback/", {"revision": revision})
    return output.follow(client, operation, wait, timeout)


@app.command("scale")
def scale(
    name: str,
    replicas: int,
    component: Annotated[str, typer.Option(help="Which part, when it has several.")] = "",
    cluster: Cluster = "",
    wait: Wait = False,
    timeout: Timeout = 900,
) -> int:
    """Scale a service."""
    client = connected()
    service = client.service(name, cluster)
    body = {"replicas": replicas} | ({"component": component} if component else {})
    return output.follow(client, client.post(f"services/{service['id']}/scale/", body), wait, timeout)


@app.command("retry")
def retry(name: str, cluster: Cluster = "", wait: Wait = False, timeout: Timeout = 900) -> int:
    """Apply what was asked for once more."""
    client = connected()
    service = client.service(name, cluster)
    return output.follow(client, client.post(f"services/{service['id']}/retry/"), wait, timeout)


@app.command("run")
def run(
    name: str,
    procedure: Annotated[str, typer.Argument(help="Which procedure; without it, they are listed.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, whatever it costs.")] = False,
    cluster: Cluster = "",
    wait: Wait = False,
    timeout: Timeout = 3600,
) -> int:
    """Run a procedure of the package, such as a backup or a repair."""
    client = connected()
    service = client.service(name, cluster)
    offered = client.get(f"services/{service['id']}/procedures/")["results"]
    if not procedure:
        return _procedures(offered)
    chosen = next((one for one in offered if one["name"] == procedure), None)
    if chosen is None:
        known = ", ".join(one["name"] for one in offered) or "none"
        raise CliError("There is no such procedure", f"{name} has no {procedure}. It has: {known}.", NOT_FOUND)
    if chosen["danger"] and not yes:
        _ask(chosen)
    operation = client.post(f"services/{service['id']}/procedures/{procedure}/")
    return output.follow(client, operation, wait, timeout)


def _procedures(offered: list[dict[str, Any]]) -> int:
    if output.options.json:
        output.document(offered)
    else:
        rows = [(one["name"], one["title"], one["summary"], one["danger"]) for one in offered]
        output.table(("NAME", "WHAT", "", "TAKE CARE"), rows, "Its package has no procedures.")
    return DONE


def _ask(chosen: dict[str, Any]) -> None:
    """Return when the person agrees to what it costs."""
    if output.options.json or not sys.stdin.isatty():
        raise CliError(f"{chosen['title']} wants a yes", f"{chosen['danger']} Say --yes to go on.", REFUSED)
    output.err.print(Text(chosen["danger"], "yellow"))
    if not typer.confirm(f"{chosen['title']}?", err=True):
        raise CliError("Nothing was done", "You said no.", REFUSED)


@app.command("nodes")
def nodes(name: str, cluster: Cluster = "") -> None:
    """Show the nodes of a service, as they say they are now."""
    client = connected()
    found = client.get(f"services/{client.service(name, cluster)['id']}/nodes/")["results"]
    if output.options.json:
        output.document(found)
        return
    rows = [
        (n["name"], n["title"], "ready" if n["ready"] else "not ready", n["role"] or "", _behind(n["lag"]), n["node"],
         n["zone"], n["problem"])
        for n in found
    ]  # fmt: skip
    columns = ("NODE", "KIND", "STATE", "ROLE", "BEHIND", "ON", "ZONE", "")
    output.table(columns, rows, "Its package does not say what its nodes are.")


def _behind(lag: dict[str, Any] | None) -> str:
    return f"{lag['value']:g} {lag['unit']}" if lag else ""


@app.command("connect")
def connect(
    name: str,
    cluster: Cluster = "",
    show: Annotated[bool, typer.Option("--show", help="Print the credentials too; asking is written down.")] = False,
) -> None:
    """Show how to connect. With --json the credentials are included, and asking for them is written down."""
    client = connected()
    service = client.service(name, cluster)
    answer = client.get(f"services/{service['id']}/connect/")
    if (show or output.options.json) and answer["credential_keys"]:
        answer["credentials"] = client.post(f"services/{service['id']}/connect/reveal/")["credentials"]
    if output.options.json:
        output.document(answer)
        return
    rows = [(e["name"], e["host"], e["port"], e["scope"]) for e in answer["endpoints"]]
    output.table(("ENDPOINT", "HOST", "PORT", "SCOPE"), rows, "It has no addresses yet.")
    for key, value in (answer["credentials"] or {}).items():
        output.out.print(Text(f"{key}: {value}"), soft_wrap=True)
    if answer["credential_keys"] and not show:
        output.out.print("Credentials: run again with --show.")
    if answer["port_forward"]:
        output.out.print(Text(answer["port_forward"], "dim"), soft_wrap=True)


@app.command("events")
def events(name: str, cluster: Cluster = "") -> None:
    """Show what happened to a service, newest first."""
    client = connected()
    found = client.get(f"services/{client.service(name, cluster)['id']}/events/")["results"]
    if output.options.json:
        output.document(found)
        return
    rows = [(output.age(e["at"]), e["kind"], e["reason"], e["object"], e["message"]) for e in found]
    output.table(("AGO", "KIND", "REASON", "OF", "WHAT"), rows, "Nothing has happened yet.")


@app.command("history")
def history(name: str, cluster: Cluster = "") -> None:
    """Show the revisions of a service, newest first."""
    client = connected()
    found = client.pages(f"services/{client.service(name, cluster)['id']}/history/")
    if output.options.json:
        output.document(found)
        return
    rows = [
        (r["revision"], r["status"], r["server_version"], r["version"], r["plan"], output.age(r["at"]), r["summary"])
        for r in found
    ]
    output.table(("REVISION", "STATUS", "VERSION", "PACKAGE", "PLAN", "AGE", "WHAT"), rows, "It has no revisions yet.")


@app.command("uninstall")
def uninstall(
    name: str,
    cluster: Cluster = "",
    delete_data: Annotated[bool, typer.Option("--delete-data", help="Delete its volumes too, for good.")] = False,
    confirm: Annotated[str, typer.Option(help="The service's name, typed again, to delete its data.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Although other services are bound to it.")] = False,
    wait: Wait = False,
    timeout: Timeout = 900,
) -> int:
    """Uninstall a service; its volumes are kept unless you say otherwise."""
    client = connected()
    service = client.service(name, cluster)
    body = {"delete_data": delete_data, "confirm": confirm} if delete_data else {}
    body |= {"force": True} if force else {}
    return output.follow(client, client.post(f"services/{service['id']}/uninstall/", body), wait, timeout)
