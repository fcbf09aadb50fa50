"""Commands for operations."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from anywhere.cli import output
from anywhere.cli.auth import connected
from anywhere.cli.client import FINAL

app = typer.Typer(no_args_is_help=True, help="See what is being done, and stop it.")


@app.command("list")
def list_operations(
    service: Annotated[str, typer.Option(help="Only of this service.")] = "",
    state: Annotated[str, typer.Option(help="Only in this state; active for all that go on.")] = "",
) -> None:
    """List the last operations."""
    client = connected()
    found = client.get(f"{client.org}operations/", service=service, state=state, limit=50)["results"]
    if output.options.json:
        output.document(found)
        return
    rows = [
        (o["id"], output.deed(o), o["subject"]["name"], o["state"], output.age(o["created_at"]),
         (o["error"] or {}).get("title", ""))
        for o in found
    ]  # fmt: skip
    output.table(("ID", "KIND", "OF", "STATE", "AGE", ""), rows, "Nothing has been done yet.")


@app.command("show")
def show(operation_id: str) -> int:
    """Show an operation; the exit code is 0 unless it failed."""
    client = connected()
    operation = client.operation(operation_id)
    if output.options.json:
        output.document(operation)
        return 0
    output.out.print(output.picture(operation))
    return output.ended(operation) if operation["state"] in FINAL else 0


@app.command("watch")
def watch(operation_id: str, timeout: Annotated[float, typer.Option(help="Seconds to wait at most.")] = 900) -> int:
    """Watch an operation until it ends."""
    client = connected()
    return output.follow(client, client.operation(operation_id), True, timeout)


@app.command("cancel")
def cancel(operation_id: str) -> None:
    """Ask an operation to stop."""
    client = connected()
    operation = client.post(f"operations/{operation_id}/cancel/")
    if output.options.json:
        output.document(operation)
    else:
        output.out.print(Text(output.headline(operation)))
