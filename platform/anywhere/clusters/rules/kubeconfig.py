"""A kubeconfig read to our own record: server, CA, and a token or a client certificate. Everything else is refused.

`read` gives the document with its contexts; `Document.choose` gives the record of one of them. Nothing is executed, no
file is opened, no name is resolved.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from anywhere.clusters.errors import KubeconfigRefused, KubeconfigTooLarge
from anywhere.clusters.rules import strict_yaml
from anywhere.clusters.rules.kubeconfig_record import Context, Kubeconfig, record, refuse, text_of
from anywhere.lib.addresses import AddressPolicy

MAX_BYTES = 1024 * 1024
MAX_ENTRIES = 100
_KNOWN_TOP = frozenset({"apiVersion", "kind", "clusters", "users", "contexts", "current-context"})
_KNOWN_CLUSTER = frozenset(
    {"server", "certificate-authority-data", "certificate-authority", "insecure-skip-tls-verify", "proxy-url"}
    | {"tls-server-name"}
)
_KNOWN_USER = frozenset(
    {"token", "tokenFile", "client-certificate-data", "client-certificate", "client-key-data", "client-key"}
    | {"exec", "auth-provider", "username", "password", "as", "as-groups", "as-uid", "as-user-extra"}
)


@dataclass(frozen=True)
class Document:
    """A kubeconfig that was read: its contexts, and which keys are left aside."""

    contexts: tuple[Context, ...]
    current_context: str
    dropped: tuple[str, ...]
    _clusters: Mapping[str, Mapping[str, Any]] = field(repr=False)
    _users: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def chosen_name(self, wanted: str | None) -> str | None:
        """Give the context that applies: the wanted one, else the current one, else the only one, else None."""
        if wanted:
            return wanted
        if self.current_context:
            return self.current_context
        return self.contexts[0].name if len(self.contexts) == 1 else None

    def choose(
        self,
        wanted: str | None = None,
        *,
        now: datetime,
        policy: AddressPolicy | None = None,
        allow_insecure_tls: bool = False,
    ) -> Kubeconfig:
        """Give the record of one context; KubeconfigRefused or AddressRefused says why it is not accepted."""
        context = self._context(self.chosen_name(wanted))
        cluster, user = self._clusters.get(context.cluster), self._users.get(context.user)
        for kind, name, entry in (("cluster", context.cluster, cluster), ("user", context.user, user)):
            if entry is None:
                raise self._refused(
                    "dangling_reference", f"The context {context.name} names the {kind} {name!r}, which is not there."
                )
        try:
            return record(
                context,
                cluster or {},
                user or {},
                dropped=self.dropped,
                now=now,
                policy=policy or AddressPolicy(),
                allow_insecure_tls=allow_insecure_tls,
            )
        except KubeconfigRefused as refused:
            refused.extra.setdefault("contexts", [vars(one) for one in self.contexts])
            raise

    def _context(self, name: str | None) -> Context:
        if name is None:
            raise self._refused(
                "context_required", "The kubeconfig has several contexts and no current one. Choose one."
            )
        for context in self.contexts:
            if context.name == name:
                return context
        raise self._refused("context_unknown", f"The kubeconfig has no context {name!r}.")

    def _refused(self, reason: str, detail: str) -> KubeconfigRefused:
        return refuse(reason, detail, "context", contexts=[vars(one) for one in self.contexts])


def parse(
    text: str | bytes,
    context: str | None = None,
    *,
    now: datetime,
    policy: AddressPolicy | None = None,
    allow_insecure_tls: bool = False,
) -> Kubeconfig:
    """Give the record of one context of a kubeconfig text; see `read` and `Document.choose` for what is refused."""
    return read(text).choose(context, now=now, policy=policy, allow_insecure_tls=allow_insecure_tls)


def read(text: str | bytes) -> Document:
    """Give the kubeconfig's document; size, characters, YAML features and shape have been checked."""
    document = strict_yaml.load(_clean(text))
    if not isinstance(document, dict):
        raise refuse("not_a_kubeconfig", "The text is not a kubeconfig: it has no clusters, users and contexts.")
    if document.get("kind", "Config") != "Config" or not isinstance(document.get("clusters"), list):
        raise refuse(
            "not_a_kubeconfig", "The text is not a kubeconfig: its kind must be Config with a list of clusters."
        )
    dropped = [key for key in document if key not in _KNOWN_TOP]
    clusters = _entries(document, "clusters", "cluster", _KNOWN_CLUSTER, dropped)
    users = _entries(document, "users", "user", _KNOWN_USER, dropped)
    contexts = _entries(document, "contexts", "context", frozenset({"cluster", "user", "namespace"}), dropped)
    lines = [
        Context(
            name=name,
            cluster=text_of(entry, "cluster", f"contexts[{name}]"),
            user=text_of(entry, "user", f"contexts[{name}]"),
            namespace=text_of(entry, "namespace", f"contexts[{name}]"),
            server=text_of(clusters.get(text_of(entry, "cluster", name), {}), "server", f"clusters of {name}"),
        )
        for name, entry in contexts.items()
    ]
    if not lines:
        raise refuse(
            "no_context", "The kubeconfig has no context, so nothing says which user belongs to which cluster."
        )
    current = document.get("current-context")
    return Document(
        contexts=tuple(lines),
        current_context=current if isinstance(current, str) else "",
        dropped=tuple(dict.fromkeys(dropped)),
        _clusters=clusters,
        _users=users,
    )


def _clean(text: str | bytes) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise KubeconfigTooLarge(
            f"The document has {size // 1024} KiB; a kubeconfig has at most {MAX_BYTES // 1024} KiB."
        )
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text.encode("utf-8").decode("utf-8")
    except UnicodeError:
        raise refuse("encoding", "The text is not UTF-8. Save the kubeconfig as UTF-8.") from None
    plain = plain.removeprefix("\ufeff").replace("\r\n", "\n")
    for number, line in enumerate(plain.split("\n"), 1):
        odd = next((c for c in line if c != "\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}), None)
        if odd is not None:
            raise refuse("characters", f"Line {number} holds the invisible character U+{ord(odd):04X}.")
    if not plain.strip():
        raise refuse("not_a_kubeconfig", "The text is empty.")
    return plain


def _entries(
    document: Mapping[str, Any], plural: str, inner: str, known: frozenset[str], dropped: list[str]
) -> dict[str, Mapping[str, Any]]:
    entries = document.get(plural) or []
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise refuse("not_a_kubeconfig", f"{plural} must be a list of at most {MAX_ENTRIES} entries.", plural)
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else None
        body = entry.get(inner) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not isinstance(body, dict | None) or len(name) > 500:
            raise refuse("not_a_kubeconfig", f"An entry of {plural} has no name, or no {inner}.", plural)
        if name in found:
            raise refuse("duplicate_name", f"{plural} has two entries named {name!r}.", plural)
        dropped += [f"{plural}[].{key}" for key in entry if key not in {"name", inner}]
        dropped += [f"{plural}[].{inner}.{key}" for key in body or {} if key not in known]
        found[name] = body or {}
    return found
