"""The install command."""

from __future__ import annotations

from typing import Annotated

import typer

from anywhere.cli import output, values
from anywhere.cli.auth import connected
from anywhere.cli.errors import USAGE, CliError

Files = Annotated[
    list[str] | None, typer.Option("-f", "--values", help="A YAML file with values; - reads standard input.")
]
Sets = Annotated[list[str] | None, typer.Option("--set", help="One value: key=value. Put secrets into a file instead.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it works, and show how it goes.")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait at most.")]


def install(
    package: Annotated[str, typer.Argument(help="The package or stack, as in anywhere catalog search.")],
    name: Annotated[str, typer.Argument(help="What to call the service; the services of a stack are called after it.")],
    cluster: Annotated[str, typer.Option(help="The cluster.")],
    plan: Annotated[str, typer.Option(help="The plan; the recommended one when not given.")] = "",
    version: Annotated[str, typer.Option(help="The version; the newest when not given.")] = "",
    namespace: Annotated[str, typer.Option(help="The namespace; one named like the service when not given.")] = "",
    files: Files = None,
    sets: Sets = None,
    without: Annotated[list[str] | None, typer.Option(help="A member of a stack to leave out.")] = None,
    wait: Wait = False,
    timeout: Timeout = 900,
) -> int:
    """Install a package or a stack on a cluster. The values of a stack are by member: --set kafka.replicas=3."""
    client = connected()
    what = client.package(package)["kind"]
    if without and what != "stack":
        raise CliError("Nothing to leave out", f"{package} is one service; --without is for stacks.", USAGE)
    body = {what: package, "name": name, "cluster": client.cluster(cluster)["id"]}
    chosen = {
        "plan": plan, "version": version, "namespace": namespace, "without": without,
        "values": values.read(files or [], sets or []),
    }  # fmt: skip
    body |= {key: value for key, value in chosen.items() if value}
    address = {"package": "services/", "stack": "stacks/"}[what]
    return output.follow(client, client.post(client.org + address, body), wait, timeout)
