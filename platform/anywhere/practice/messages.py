"""Requests as they were sent, and answers as they go back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from anywhere.practice import protobuf
from anywhere.practice.access import User
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.resources import Write
from anywhere.practice.status import bad_request
from anywhere.practice.store import dumps

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Request:
    """What was sent."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    prefix: str = ""
    user: User | None = None
    what: str = ""

    def document(self) -> Any:
        """The body as data; raises 400 or 415."""
        kind = self.content_type
        try:
            if "protobuf" in kind or self.body.startswith(protobuf.MAGIC):
                return protobuf.read(self.body)
            if "yaml" in kind and not self.body.lstrip().startswith((b"{", b"[")):
                return yaml.load(self.body, _Loader)
            return json.loads(self.body)
        except (ValueError, yaml.YAMLError, RecursionError) as exc:
            raise bad_request("the object provided is unrecognized (must be of type json, yaml or protobuf)") from exc

    @property
    def content_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("Content-Type", "application/json").split(";")[0].strip()


@dataclass
class Answer:
    """What is sent back: bytes, or a stream of them."""

    body: bytes = b""
    code: int = 200
    content_type: str = "application/json"
    stream: AsyncIterator[bytes] | None = None
    command: tuple[str, ...] = ()  # to be run in a container
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """Where in the API a request points."""

    resource: Resource
    namespace: str | None
    name: str = ""
    sub: str = ""


def as_json(obj: Any, code: int = 200, content_type: str = "application/json") -> Answer:
    """An answer that shows an object."""
    return Answer(dumps(obj), code, content_type)


def number(query: Mapping[str, str], name: str) -> int:
    """A number of the query, 0 when there is none."""
    text = query.get(name, "")
    return int(text) if text.isdigit() else 0


def manner(request: Request, user: User) -> Write:
    """How a write is made, from the query and headers."""
    query = request.query
    manager = query.get("fieldManager") or (
        "" if "apply" in request.content_type else request.headers.get("User-Agent", "unknown").split("/")[0][:128]
    )
    return Write(user, manager, "All" in query.get("dryRun", ""), query.get("force") == "true")


def object_of(request: Request) -> Obj:
    """The body as an object; raises 400 for anything else."""
    body = request.document()
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized (must be an object)")
    return body
