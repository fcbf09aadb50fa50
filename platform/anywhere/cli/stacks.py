"""Commands for installed stacks."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from anywhere.cli import output
from anywhere.cli.auth import connected
from anywhere.cli.install import Timeout, Wait

app = typer.Typer(no_args_is_help=True, help="Look after stacks: several services installed as one.")
Cluster = Annotated[str, typer.Option("--cluster", help="The cluster, when several have a stack of this name.")]


@app.command("list")
def list_stacks(
    cluster: Cluster = "", state: Annotated[str, typer.Option(help="present, uninstalled or all.")] = "present"
) -> None:
    """List the stacks."""
    client = connected()
    found = client.pages(f"{client.org}stacks/", cluster=cluster, state=state)
    if output.options.json:
        output.document(found)
        return
    rows = [
        (s["name"], s["package"]["title"], s["plan"], s["cluster"]["name"], output.verdict(s), len(s["members"]),
         s["health"]["reason"])
        for s in found
    ]  # fmt: skip
    output.table(("NAME", "STACK", "PLAN", "CLUSTER", "HEALTH", "SERVICES", ""), rows,
                 "No stacks yet. Find one: anywhere catalog search")  # fmt: skip


@app.command("show")
def show(name: str, cluster: Cluster = "") -> None:
    """Show a stack: its services, how they are, and what each is bound to."""
    client = connected()
    stack = client.get(f"stacks/{client.stack(name, cluster)['id']}/")
    if output.options.json:
        output.document(stack)
        return
    title = f"{stack['package']['title']} on {stack['cluster']['name']}, namespace {stack['namespace']}"
    output.out.print(f"[bold]{stack['name']}[/bold]  {title}")
    output.out.print(f"You asked for  plan {stack['plan']}")
    operation = stack["operation"]
    output.out.print(f"We are doing   {operation['kind'] + ' ' + operation['state'] if operation else 'nothing'}")
    output.out.print(Text.assemble("We see         ", output.verdict(stack), f"  {stack['health']['reason']}"))
    rows = [
        (m["title"], m["name"], m["plan"], _health(m), ", ".join(m["bound_to"]), m["reason"])
        for m in stack["members"]
    ]  # fmt: skip
    output.table(("MEMBER", "SERVICE", "PLAN", "HEALTH", "BOUND TO", ""), rows, "It has no services.")


def _health(member: dict[str, Any]) -> Any:
    return output.verdict({"health": member}) if member["state"] == "present" else Text(member["state"], "dim")


@app.command("retry")
def retry(name: str, cluster: Cluster = "", wait: Wait = False, timeout: Timeout = 1800) -> int:
    """Go on with the services that are not installed."""
    client = connected()
    return output.follow(client, client.post(f"stacks/{client.stack(name, cluster)['id']}/retry/"), wait, timeout)


@app.command("uninstall")
def uninstall(
    name: str,
    cluster: Cluster = "",
    delete_data: Annotated[bool, typer.Option("--delete-data", help="Delete all its volumes too, for good.")] = False,
    confirm: Annotated[str, typer.Option(help="The stack's name, typed again, to delete its data.")] = "",
    wait: Wait = False,
    timeout: Timeout = 1800,
) -> int:
    """Uninstall all services of a stack; their volumes are kept unless you say otherwise."""
    client = connected()
    stack = client.stack(name, cluster)
    body = {"delete_data": delete_data, "confirm": confirm} if delete_data else {}
    return output.follow(client, client.post(f"stacks/{stack['id']}/uninstall/", body), wait, timeout)
