"""The REST API as the command uses it: JSON in and out, problems as errors, server-sent events as an iterator."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2 as httpx

from anywhere.cli import config as configuration
from anywhere.cli.errors import FAILED, NOT_FOUND, REFUSED, TIMED_OUT, USAGE, CliError, of_problem

FINAL = {"succeeded", "failed", "cancelled", "superseded"}
TIMEOUT = httpx.Timeout(30, connect=10)


class Client:
    """A signed-in connection to one server and one organization."""

    def __init__(self, config: configuration.Config) -> None:
        if not config.server:
            raise CliError("Not signed in", "Run: anywhere login --server URL --email YOU --password-stdin", REFUSED)
        self.config = config
        headers = {"Accept": "application/json", "User-Agent": "anywhere-cli"}
        if config.token:
            headers["Authorization"] = f"Bearer {config.token}"
        self.http = httpx.Client(base_url=config.server.rstrip("/") + "/api/v1/", headers=headers, timeout=TIMEOUT)

    # calls

    def call(self, method: str, path: str, body: Any = None, params: dict[str, Any] | None = None) -> Any:
        """Give the answer's JSON; a problem becomes a CliError. POSTs carry an Idempotency-Key and may be repeated."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        for attempt in range(3):
            try:
                answer = self.http.request(method, path, json=body, params=params, headers=headers)
            except httpx.TransportError as exc:
                if attempt < 2 and (method == "GET" or headers):
                    time.sleep(0.5 * (attempt + 1))
                    continue
                raise CliError("The server cannot be reached", f"{self.config.server}: {exc}", FAILED) from None
            if answer.status_code in (502, 503) and attempt < 2:
                time.sleep(1)
                continue
            return self._read(answer)
        raise AssertionError("unreachable")

    def _read(self, answer: Any) -> Any:
        if answer.status_code == 204 or not answer.content:
            return None
        try:
            body = answer.json()
        except ValueError:
            raise CliError(
                "This is not an Anywhere server", f"It answered {answer.status_code} without JSON."
            ) from None
        if answer.status_code >= 400:
            raise of_problem(answer.status_code, body if isinstance(body, dict) else {})
        return body

    def get(self, path: str, **params: Any) -> Any:
        """Give the JSON of a GET."""
        return self.call("GET", path, params={k: v for k, v in params.items() if v not in (None, "")})

    def post(self, path: str, body: Any = None) -> Any:
        """Give the JSON of a POST."""
        return self.call("POST", path, body if body is not None else {})

    def pages(self, path: str, **params: Any) -> list[Any]:
        """Give the results of all pages."""
        found: list[Any] = []
        answer = self.get(path, limit=200, **params)
        while True:
            found += answer["results"]
            if not answer.get("next"):
                return found
            answer = self.call("GET", answer["next"])

    # names

    @property
    def org(self) -> str:
        """Give the organization's path; the only one when none was chosen."""
        if not self.config.organization:
            mine = self.pages("organizations/")
            if len(mine) != 1:
                names = ", ".join(o["slug"] for o in mine) or "none"
                raise CliError("Which organization", f"Choose one with --org: {names}.", USAGE)
            self.config.organization = mine[0]["slug"]
        return f"organizations/{self.config.organization}/"

    def cluster(self, name: str) -> Any:
        """Give the cluster of this name or id."""
        for cluster in self.pages(f"{self.org}clusters/"):
            if name in (cluster["name"], cluster["id"]):
                return cluster
        raise CliError("There is no such cluster", f"No cluster is called {name}.", NOT_FOUND)

    def package(self, name: str, version: str = "") -> Any:
        """Give the package of this name."""
        try:
            return self.get(f"catalog/packages/{quote(name, safe='')}/", version=version)
        except CliError as exc:
            if exc.exit_code != NOT_FOUND or version:
                raise
            detail = f"No package is called {name}. Look for it: anywhere catalog search {name}"
            raise CliError("There is no such package", detail, NOT_FOUND) from None

    def service(self, name: str, cluster: str = "", state: str = "present") -> Any:
        """Give the service of this name or id; with one name on several clusters, --cluster decides."""
        return self._only("service", name, self.pages(f"{self.org}services/", cluster=cluster, state=state))

    def stack(self, name: str, cluster: str = "") -> Any:
        """Give the stack of this name or id; with one name on several clusters, --cluster decides."""
        return self._only("stack", name, self.pages(f"{self.org}stacks/", cluster=cluster))

    @staticmethod
    def _only(noun: str, name: str, rows: list[Any]) -> Any:
        found = [row for row in rows if name in (row["name"], row["id"])]
        if not found:
            raise CliError(f"There is no such {noun}", f"No {noun} is called {name}.", NOT_FOUND)
        if len(found) > 1:
            where = ", ".join(f"{row['cluster']['name']}/{row['namespace']}" for row in found)
            raise CliError(
                f"There are several {noun}s of this name", f"{where}. Choose with --cluster or its id.", USAGE
            )
        return found[0]

    # operations

    def operation(self, operation_id: str) -> Any:
        """Give the operation."""
        return self.get(f"operations/{operation_id}/")

    def events(self, operation_id: str, until: float) -> Iterator[dict[str, Any]]:
        """Give the events of an operation as they happen, over dropped connections, until it ends or time is up."""
        last = 0
        while True:
            if time.monotonic() > until:
                raise CliError(
                    "Timed out", f"The operation goes on: anywhere operations watch {operation_id}", TIMED_OUT
                )
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
            try:
                with self.http.stream(
                    "GET", f"operations/{operation_id}/events/", headers=headers, timeout=httpx.Timeout(10, read=15)
                ) as answer:
                    if answer.status_code >= 400:
                        answer.read()
                        self._read(answer)
                    for event in _parse(answer.iter_lines(), until):
                        if event is None:
                            return
                        last = event["seq"]
                        yield event
            except (httpx.TransportError, TimeoutError):
                if self.operation(operation_id)["state"] in FINAL:
                    return
                time.sleep(0.5)


def _parse(lines: Iterator[str], until: float) -> Iterator[dict[str, Any] | None]:
    """Give the data of each event; None when the server says the story is over."""
    kind, data = "", []
    for line in lines:
        if time.monotonic() > until:
            raise TimeoutError
        if line.startswith("event:"):
            kind = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].strip())
        elif not line:
            if kind == "end":
                yield None
                return
            if data:
                yield json.loads("\n".join(data))
            kind, data = "", []
