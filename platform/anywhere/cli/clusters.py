"""Commands for clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from anywhere.cli import output
from anywhere.cli.auth import connected
from anywhere.cli.errors import DONE, USAGE, CliError

app = typer.Typer(no_args_is_help=True, help="Register clusters and look at them.")
GIB = 2**30


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    kubeconfig: Annotated[str, typer.Option(help="A kubeconfig file; it is used once and not kept.")] = "",
    context: Annotated[str, typer.Option(help="The context, when the file has several.")] = "",
    namespace: Annotated[str, typer.Option(help="Restrict the access to one namespace.")] = "",
    practice: Annotated[bool, typer.Option("--practice", help="Make a practice cluster instead.")] = False,
    allow_insecure_tls: Annotated[
        bool, typer.Option("--allow-insecure-tls", help="Do not check its certificate.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is registered.")] = True,
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.")] = 120,
) -> int:
    """Register a cluster."""
    client = connected()
    if practice:
        operation = client.post(f"{client.org}clusters/practice/", {"name": name})
    else:
        operation = client.post(f"{client.org}clusters/", _registration(
            name, kubeconfig, context=context, namespace=namespace, allow_insecure_tls=allow_insecure_tls
        ))  # fmt: skip
    if not wait:
        return output.follow(client, operation, False, timeout)
    operation = output.watch(client, operation, timeout)
    if operation["state"] != "succeeded":
        if output.options.json:
            output.document(operation)
        return output.ended(operation)
    cluster = client.get(f"clusters/{operation['subject']['id']}/")
    if output.options.json:
        output.document(cluster)
    else:
        _print(cluster)
    return DONE


def _registration(name: str, kubeconfig: str, **given: Any) -> dict[str, Any]:
    if not kubeconfig:
        raise CliError("Which kubeconfig", "Give --kubeconfig FILE, or --practice for a practice cluster.", USAGE)
    try:
        text = Path(kubeconfig).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise CliError("The kubeconfig cannot be read", str(exc), USAGE) from None
    return {"name": name, "kubeconfig": text, **{key: value for key, value in given.items() if value}}


@app.command("list")
def list_clusters() -> None:
    """List the clusters."""
    client = connected()
    found = client.pages(f"{client.org}clusters/")
    if output.options.json:
        output.document(found)
        return
    rows = [
        (c["name"], _reach(c), (c["inventory"] or {}).get("version", ""),
         len((c["inventory"] or {}).get("nodes") or []), c["services_count"], "practice" if c["is_practice"] else "")
        for c in found
    ]  # fmt: skip
    output.table(("NAME", "STATE", "VERSION", "NODES", "SERVICES", ""), rows,
                 "No clusters yet. Register one: anywhere clusters add NAME --kubeconfig FILE")  # fmt: skip


def _reach(cluster: dict[str, Any]) -> str:
    seen = cluster["reachability"]
    if cluster["state"] != "registered" or seen["reachable"] is None:
        return str(cluster["state"])
    return "reachable" if seen["reachable"] else f"unreachable since {output.age(seen['since'])}"


@app.command("show")
def show(name: str) -> None:
    """Show a cluster."""
    client = connected()
    cluster = client.get(f"clusters/{client.cluster(name)['id']}/")
    if output.options.json:
        output.document(cluster)
    else:
        _print(cluster)


def _print(cluster: dict[str, Any]) -> None:
    inventory = cluster["inventory"] or {}
    kind = " (practice)" if cluster["is_practice"] else ""
    output.out.print(f"[bold]{cluster['name']}[/bold]{kind}  {_reach(cluster)}  {inventory.get('version', '')}")
    access = cluster["access"]
    output.out.print(f"Access: {access['mode']}" + (f" {access['namespace']}" if access["mode"] == "namespace" else ""))
    for limit in access["limits"]:
        output.out.print(f"  ! {limit}")
    rows = [
        (n["name"], n.get("zone") or "", "ready" if n["ready"] else "not ready",
         _of(n, "cpu", 1, "cores"), _of(n, "memory", GIB, "GiB"))
        for n in inventory.get("nodes") or []
    ]  # fmt: skip
    output.table(("NODE", "ZONE", "STATE", "CPU ASKED FOR", "MEMORY ASKED FOR"), rows, "Its nodes are not known yet.")
    classes = ", ".join(
        c["name"] + (" (default)" if c["is_default"] else "") for c in inventory.get("storage_classes") or []
    )
    output.out.print(f"Storage classes: {classes or 'none'}")


def _of(node: dict[str, Any], key: str, unit: int, name: str) -> str:
    asked, have = (float((node.get(k) or {}).get(key) or 0) / unit for k in ("requested", "allocatable"))
    return f"{asked:.1f} of {have:.1f} {name}"


@app.command("remove")
def remove(
    name: str,
    forget: Annotated[
        bool, typer.Option("--forget", help="Even though services live there; they run on, unmanaged.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is removed.")] = True,
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.")] = 120,
) -> int:
    """Remove a cluster from the portal; nothing on it is uninstalled."""
    client = connected()
    operation = client.call("DELETE", f"clusters/{client.cluster(name)['id']}/", {"forget": forget} if forget else None)
    return output.follow(client, operation, wait, timeout)
