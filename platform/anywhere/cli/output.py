"""What the command prints: tables and progress for people, the API's own JSON with --json."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from anywhere.cli.client import FINAL, Client
from anywhere.cli.errors import DONE, FAILED

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

MARKS = {
    "done": ("✓", "green"), "running": ("●", "cyan"), "failed": ("✗", "red"), "cancelled": ("■", "yellow"),
    "skipped": ("–", "dim"), "pending": ("·", "dim"),
}  # fmt: skip
VERDICTS = {
    "healthy": ("● healthy", "green"), "progressing": ("◌ progressing", "cyan"), "degraded": ("▲ degraded", "yellow"),
    "failed": ("✗ failed", "red"), "suspended": ("■ suspended", "blue"), "unknown": ("? unknown", "dim"),
}  # fmt: skip


@dataclass
class Options:
    """What was asked for on the command line, for all commands."""

    json: bool = False
    org: str = ""
    server: str = ""


options = Options()


def document(data: Any) -> None:
    """Print JSON."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Print a table, or a sentence when there is nothing to show."""
    rows = list(rows)
    if not rows:
        out.print(empty)
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        shown.add_column(column, overflow="fold", no_wrap=number == 0)  # the first one is what people copy
    for row in rows:
        shown.add_row(*[cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row])
    if out.is_terminal:
        out.print(shown)
        return
    width = Measurement.get(out, out.options.update(max_width=100_000), shown).maximum
    Console(highlight=False, width=width).print(shown)  # elsewhere a row is one line, for grep and awk


def verdict(service: dict[str, Any]) -> Text:
    """Give the verdict with its shape and colour."""
    words, style = VERDICTS.get(service["health"]["verdict"], ("?", "dim"))
    return Text(words, style)


def age(text: str | None) -> str:
    """Give how long ago a moment was: "12 s", "5 min", "3 h", "2 d"."""
    if not text:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(text.replace("Z", "+00:00"))).total_seconds()
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{max(int(seconds // unit), 0)} {name}"
    return f"{int(seconds // 86400)} d"


def problem(error: dict[str, Any]) -> None:
    """Print what happened, why, and what can be done."""
    if options.json:
        return
    err.print(Text(str(error.get("title", "")), "bold red"))
    if error.get("detail"):
        err.print(Text(str(error["detail"])))
    cause = error.get("cause") or {}
    if cause.get("message") and cause["message"] not in str(error.get("detail", "")):
        err.print(Text(f"{cause.get('kind', '')} {cause.get('name', '')}: {cause['message']}", "dim"))
    for line in cause.get("log_tail") or []:
        err.print(Text(f"  | {line}", "dim"))
    if error.get("kept"):
        err.print(Text(str(error["kept"])))
    for way in error.get("next") or []:
        told = ": ".join(filter(None, (way.get("title") or way.get("action"), way.get("detail"))))
        err.print(Text(f"→ {told}"))


def deed(operation: dict[str, Any]) -> str:
    """Give what an operation does: its kind, or for a procedure the name that the package gives it."""
    summary = operation.get("summary") if operation["kind"] == "procedure" else ""
    return f"“{summary}”" if summary else str(operation["kind"])


def headline(operation: dict[str, Any]) -> str:
    """Give what an operation does, to which service, and how it stands, as one line."""
    return f"{deed(operation)} {operation['subject']['name']}: {operation['state']}"


def picture(operation: dict[str, Any]) -> Group:
    """Give the steps and workloads of an operation as lines."""
    lines = [Text(headline(operation), "bold")]
    for step in operation["steps"]:
        mark, style = MARKS.get(step["state"], ("·", "dim"))
        line = Text.assemble((f"  {mark} ", style), step["title"])
        if seconds := _seconds(step):
            line.append(f"  {seconds}", "dim")
        if step["detail"]:
            line.append(f"  {step['detail']}", "dim")
        lines.append(line)
    if operation["state"] not in FINAL:
        for row in operation["workloads"]:
            text = f"      {row['kind']} {row['name']}  {row['ready']} of {row['desired']} ready"
            lines.append(Text(text + (f"  {row['detail']}" if row.get("detail") else ""), "dim"))
    return Group(*lines)


def _seconds(step: dict[str, Any]) -> str:
    if not step["started_at"] or not step["finished_at"]:
        return ""
    start, end = (datetime.fromisoformat(step[k].replace("Z", "+00:00")) for k in ("started_at", "finished_at"))
    return f"{(end - start).total_seconds():.1f} s"


@contextmanager
def _shown(operation: dict[str, Any]) -> Any:
    """Show the operation live on a terminal; elsewhere each step's end is a line."""
    if options.json:
        yield lambda event: None
    elif err.is_terminal:
        with Live(picture(operation), console=err, refresh_per_second=8) as live:
            yield lambda event: live.update(picture(operation))
    else:

        def line(event: dict[str, Any]) -> None:
            if event["event"] == "step" and event["data"].get("state") in ("done", "failed", "cancelled", "skipped"):
                err.print(_plain_step(event["data"]))

        yield line


def _plain_step(step: dict[str, Any]) -> Text:
    mark, style = MARKS[step["state"]]
    return Text.assemble((mark, style), f" {step['title']} {_seconds(step)} {step['detail']}".rstrip())


def watch(client: Client, operation: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Give the operation as it ended, shown live meanwhile; CliError with "timed out" when the time is up."""
    until = time.monotonic() + timeout
    with _shown(operation) as show:
        for event in client.events(operation["id"], until):
            if event["event"] == "step":
                _put_step(operation["steps"], event["data"])
            elif event["event"] == "workload":
                operation["workloads"] = event["data"]["workloads"]
            elif event["event"] in ("state", "done"):
                operation["state"] = event["data"]["state"]
            show(event)
    return dict(client.operation(operation["id"]))


def _put_step(steps: list[dict[str, Any]], told: dict[str, Any]) -> None:
    """Take over what is told of a step; one that turned out to be needed gets its place before the one it names."""
    for step in steps:
        if step["name"] == told["name"]:
            step.update(told)
            return
    names = [step["name"] for step in steps]
    steps.insert(names.index(told["before"]) if told.get("before") in names else len(steps), dict(told))


def ended(operation: dict[str, Any]) -> int:
    """Give the exit code of an ended operation, its failure printed."""
    if operation["state"] == "succeeded":
        return DONE
    problem(operation["error"] or {"title": operation["state"]})
    return FAILED


def follow(client: Client, operation: dict[str, Any], wait: bool, timeout: float) -> int:
    """Give the exit code after printing an operation: as it was taken on, or as it ended."""
    if wait:
        operation = watch(client, operation, timeout)
    if options.json:
        document(operation)
        return DONE if not wait or operation["state"] == "succeeded" else FAILED
    if wait:
        return ended(operation)
    out.print(Text(headline(operation)))
    out.print(f"Watch it: anywhere operations watch {operation['id']}")
    return DONE
