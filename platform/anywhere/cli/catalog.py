"""Commands for the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from anywhere.cli import output
from anywhere.cli.auth import connected

app = typer.Typer(no_args_is_help=True, help="Find packages.")


@app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="What to look for; typing errors are forgiven.")] = "",
    category: Annotated[str, typer.Option(help="Only this category.")] = "",
) -> None:
    """Search the catalogue; without words, list all of it."""
    client = connected()
    answer = client.get("catalog/packages/", q=text, category=category, limit=200)
    if output.options.json:
        output.document(answer["results"])
        return
    rows = [
        (p["name"], p["version"], p["category"], _size(p) + p["summary"]) for p in answer["results"]
    ]  # fmt: skip
    meant = answer.get("did_you_mean")
    empty = f"No package matches {text}." + (f" Did you mean {meant}?" if meant else "")
    output.table(("PACKAGE", "VERSION", "CATEGORY", "WHAT IT IS"), rows, empty)


@app.command("show")
def show(package: str, version: Annotated[str, typer.Option(help="An older version.")] = "") -> None:
    """Show a package: versions, plans, what it creates and needs."""
    client = connected()
    found = client.package(package, version)
    if output.options.json:
        output.document(found)
        return
    output.out.print(f"[bold]{found['title']}[/bold] {found['version']}  {found['license'] or ''}")
    output.out.print(found["summary"])
    rows = [
        (p["name"] + (" *" if p.get("recommended") else ""), _request(p, "cpu"), _request(p, "memory"),
         _request(p, "storage"), p.get("summary", ""))
        for p in found["plans"]
    ]  # fmt: skip
    output.table(("PLAN", "CPU", "MEMORY", "STORAGE", ""), rows, "It has no plans.")
    for member in found["members"]:
        bound = f", bound to {', '.join(member['bound_to'])}" if member["bound_to"] else ""
        output.out.print(f"Installs {member['title']}: {member['package']} {member['version']}{bound}")
    if found["creates"]:
        output.out.print("Creates: " + "; ".join(found["creates"]))
    output.out.print("Versions: " + ", ".join(v["version"] for v in found["versions"]))


def _size(card: dict) -> str:
    return f"[{len(card['members'])} services] " if card["kind"] == "stack" else ""


def _request(plan: dict, key: str) -> str:
    value = (plan.get("requests") or {}).get(key)
    if not value:
        return ""
    return f"{value:g} cores" if key == "cpu" else f"{value / 2**30:g} GiB"
