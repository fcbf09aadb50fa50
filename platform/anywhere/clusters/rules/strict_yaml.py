"""YAML without its traps: every scalar stays text, and what serves attacks more than people is refused.

Built over the events of libyaml's parser, so nothing is expanded or constructed before it has been looked at.
"""

from __future__ import annotations

from typing import Any

import yaml

from anywhere.clusters.errors import KubeconfigRefused, UnsafeYaml

MAX_DEPTH = 20
MAX_NODES = 20_000
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

Node = dict[str, Any] | list[Any] | str | None


def load(text: str) -> Node:
    """Give the document as dicts, lists, strings and None.

    UnsafeYaml (yaml.unsafe) for anchors, aliases, tags, merge keys, duplicate keys, a second document, deep nesting;
    KubeconfigRefused (yaml.invalid) with the line for text that is not YAML.
    """
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise KubeconfigRefused(f"This is not YAML{place}.", code="yaml.invalid", title="The YAML is broken") from None
    except (UnicodeError, ValueError):
        raise KubeconfigRefused("The text holds characters that YAML does not allow.", code="yaml.invalid") from None
    return builder.document


class _Builder:
    """Collects events to a tree; `stack` holds the open containers, `keys` the key each open mapping waits with."""

    def __init__(self) -> None:
        self.document: Node = None
        self.documents = 0
        self.nodes = 0
        self.stack: list[dict[str, Any] | list[Any]] = []
        self.keys: list[str | None] = []

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        if isinstance(event, yaml.AliasEvent):
            raise _unsafe("an alias", event)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _unsafe("a second document", event)
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
            self.keys.pop()

    def _node(self, event: yaml.NodeEvent) -> None:
        self.nodes += 1
        if event.anchor:
            raise _unsafe("an anchor", event)
        if event.tag is not None:  # type: ignore[attr-defined]
            raise _unsafe("a tag", event)
        if self.nodes > MAX_NODES:
            raise _unsafe(f"more than {MAX_NODES} values", event)
        if isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event), event)
            return
        if len(self.stack) >= MAX_DEPTH:
            raise _unsafe(f"more than {MAX_DEPTH} levels", event)
        container: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._add(container, event)
        self.stack.append(container)
        self.keys.append(None)

    def _add(self, value: Node, event: yaml.NodeEvent) -> None:
        if not self.stack:
            self.document = value
            return
        parent = self.stack[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif self.keys[-1] is None:
            self.keys[-1] = _key(value, parent, event)
        else:
            parent[self.keys[-1]] = value
            self.keys[-1] = None


def _key(value: Node, parent: dict[str, Any], event: yaml.NodeEvent) -> str:
    if not isinstance(value, str):
        raise _unsafe("a key that is not text", event)
    if value == "<<":
        raise _unsafe("a merge key", event)
    if value in parent:
        raise _unsafe("the same key twice", event)
    return value


def _scalar(event: yaml.ScalarEvent) -> str | None:
    plain = event.style in (None, "")
    return None if plain and event.value in NULLS else event.value


def _unsafe(what: str, event: yaml.Event) -> UnsafeYaml:
    line = event.start_mark.line + 1 if event.start_mark else 0
    return UnsafeYaml(f"The YAML holds {what} at line {line}. A kubeconfig needs none, and some are attacks.")
