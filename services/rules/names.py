"""Names of services and namespaces: what Kubernetes and Helm take, and what to suggest."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count

# A release name goes into labels and object names with suffixes, so Helm allows 53 characters; a namespace 63.
NAME_LIMIT, NAMESPACE_LIMIT = 53, 63
_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
# Charts write names without quotes, and YAML takes these for something else than text.
_NO_TEXT = re.compile(r"^(y|n|yes|no|on|off|true|false|null|[0-9]+|[0-9]+e[0-9]+|0x[0-9a-f]+|0o?[0-7]+)$")
_RESERVED = frozenset({"kube-system", "kube-public", "kube-node-lease", "anywhere-system"})


def problem_with_name(name: str, limit: int = NAME_LIMIT) -> str | None:
    """Give a sentence that says what is wrong with a name, or None when it can be used."""
    if not name:
        return "Give it a name."
    if len(name) > limit:
        return f"At most {limit} characters; this has {len(name)}."
    if not _LABEL.fullmatch(name):
        return "Use small letters, digits and hyphens; begin and end with a letter or digit."
    if name[0].isdigit():
        return "Begin with a letter."
    return _problem_with_word(name)


def _problem_with_word(name: str) -> str | None:
    if _NO_TEXT.match(name):
        return f"Charts would read {name} as a number or as yes or no, not as a name. Choose another."
    return None


def problem_with_namespace(namespace: str) -> str | None:
    """Give a sentence that says what is wrong with a namespace, or None when it can be used."""
    if namespace in _RESERVED:
        return f"{namespace} belongs to the cluster itself. Choose another."
    if not namespace or len(namespace) > NAMESPACE_LIMIT or not _LABEL.fullmatch(namespace):
        return "Use up to 63 small letters, digits and hyphens; begin and end with a letter or digit."
    return _problem_with_word(namespace)


def suggest(package: str, taken: Container[str]) -> str:
    """Give a free name for a new service of a package: "postgresql", "postgresql-2", …"""
    base = package[: NAME_LIMIT - 4].rstrip("-")
    if base not in taken:
        return base
    return next(name for number in count(2) if (name := f"{base}-{number}") not in taken)
