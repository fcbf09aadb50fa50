"""The install command."""

from __future__ import annotations

from typing import Annotated

import typer

from anywhere.cli import output, values
from anywhere.cli.auth import connected

Files = Annotated[
    list[str] | None, typer.Option("-f", "--values", help="A YAML file with values; - reads standard input.")
]
Sets = Annotated[list[str] | None, typer.Option("--set", help="One value: key=value. Put secrets into a file instead.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it works, and show how it goes.")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait at most.")]


def install(
    package: Annotated[str, typer.Argument(help="The package, as in anywhere catalog search.")],
    name: Annotated[str, typer.Argument(help="What to call the service.")],
    cluster: Annotated[str, typer.Option(help="The cluster.")],
    plan: Annotated[str, typer.Option(help="The plan; the recommended one when not given.")] = "",
    version: Annotated[str, typer.Option(help="The version; the newest when not given.")] = "",
    namespace: Annotated[str, typer.Option(help="The namespace; one named like the service when not given.")] = "",
    files: Files = None,
    sets: Sets = None,
    wait: Wait = False,
    timeout: Timeout = 900,
) -> int:
    """Install a package on a cluster."""
    client = connected()
    body = {"package": package, "name": name, "cluster": client.cluster(cluster)["id"]}
    chosen = {"plan": plan, "version": version, "namespace": namespace, "values": values.read(files or [], sets or [])}
    body |= {key: value for key, value in chosen.items() if value}
    return output.follow(client, client.post(f"{client.org}services/", body), wait, timeout)
