"""Who asks, and what they may do: tokens and role-based access control."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import ApiError, forbidden
from anywhere.practice.store import Change, Store

MASTERS = "system:masters"
_RBAC = ".rbac.authorization.k8s.io"
ISSUER = "https://kubernetes.default.svc.cluster.local"


@dataclass(frozen=True)
class User:
    """Somebody the cluster knows."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""


SYSTEM = User("system:kube-controller-manager", (MASTERS,))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token_digest(token: str) -> str:
    """What is kept of an administrator's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Access:
    """The credentials and rules of one cluster."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = bytes.fromhex(store.facts["signing_key"])
        self._rules: dict[tuple[User, str], list[Obj]] = {}
        store.listeners.append(self._forget)

    def _forget(self, change: Change) -> None:
        if change.entry.key.endswith(_RBAC):
            self._rules.clear()

    def user(self, token: str) -> User | None:
        """Whoever holds this token, or None."""
        if hmac.compare_digest(token_digest(token), self._store.facts["admin_digest"]):
            return User("practice-admin", (MASTERS, "system:authenticated"))
        claims = self._claims(token)
        if not claims or claims["exp"] < time.time():
            return None
        account = claims["kubernetes.io"]["serviceaccount"]
        space = claims["kubernetes.io"]["namespace"]
        entry = self._store.get("serviceaccounts", space, account["name"])
        if entry is None or entry.uid != account["uid"]:
            return None
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{space}", "system:authenticated")
        return User(f"system:serviceaccount:{space}:{account['name']}", groups, entry.uid)

    def _claims(self, token: str) -> Obj | None:
        parts = token.split(".")
        if len(parts) != 3:
            return None
        try:
            signed = _decode(parts[2])
            if not hmac.compare_digest(signed, self._sign(f"{parts[0]}.{parts[1]}")):
                return None
            return json.loads(_decode(parts[1]))
        except ValueError:
            return None

    def _sign(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()

    def issue(self, namespace: str, name: str, uid: str, seconds: int, audiences: list[str]) -> tuple[str, float]:
        """A service account's token, and when it ends."""
        now = int(time.time())
        claims = {
            "aud": audiences,
            "exp": now + seconds,
            "iat": now,
            "nbf": now,
            "iss": ISSUER,
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}},
        }
        head = _encode(json.dumps({"alg": "HS256", "kid": self._store.cluster}).encode())
        body = f"{head}.{_encode(json.dumps(claims).encode())}"
        return f"{body}.{_encode(self._sign(body))}", float(now + seconds)

    def rules(self, user: User, namespace: str) -> list[Obj]:
        """The rules a user has in a namespace ("" for the whole cluster)."""
        if (user, namespace) not in self._rules:
            self._rules[user, namespace] = list(self._find_rules(user, namespace))
        return self._rules[user, namespace]

    def _find_rules(self, user: User, namespace: str) -> Iterator[Obj]:
        if MASTERS in user.groups:
            yield {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            yield {"verbs": ["*"], "nonResourceURLs": ["*"]}
        for table, space in (("clusterrolebindings", ""), *([("rolebindings", namespace)] if namespace else [])):
            for entry in self._store.each(table + _RBAC, space):
                binding = entry.obj()
                if any(_is(subject, user, entry.namespace) for subject in binding.get("subjects") or []):
                    yield from self.role_rules(binding["roleRef"], entry.namespace)

    def role_rules(self, ref: Obj, namespace: str) -> list[Obj]:
        """The rules of the role a binding names."""
        cluster_wide = ref.get("kind") == "ClusterRole"
        entry = self._store.get(
            ("clusterroles" if cluster_wide else "roles") + _RBAC,
            "" if cluster_wide else namespace,
            ref.get("name", ""),
        )
        return (entry.obj().get("rules") or []) if entry else []

    def allows(self, user: User, verb: str, group: str, resource: str, namespace: str = "", name: str = "") -> bool:
        """Whether a user may do this; `resource` may carry a subresource: `pods/log`."""
        if group == "authorization.k8s.io" and resource.startswith("selfsubject"):
            return True
        if (group, resource) == ("authentication.k8s.io", "selfsubjectreviews"):
            return True
        return any(_covers(rule, verb, group, resource, name) for rule in self.rules(user, namespace))

    def check(self, user: User, verb: str, resource: Resource, namespace: str, name: str, sub: str = "") -> None:
        """Raise 403 in the API's words when a user may not do this."""
        full = f"{resource.plural}/{sub}" if sub else resource.plural
        if self.allows(user, verb, resource.group, full, namespace, name):
            return
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        what = f'{resource.key} "{name}"' if name else resource.key
        raise ApiError(
            403,
            "Forbidden",
            f'{what} is forbidden: User "{user.name}" cannot {verb} resource "{full}" '
            f'in API group "{resource.group}" {where}',
            {"name": name, "group": resource.group, "kind": resource.plural},
        )

    def check_grant(self, user: User, resource: Resource, obj: Obj) -> None:
        """Raise 403 when a role or binding would grant more than the user has."""
        space = obj["metadata"].get("namespace", "")
        if resource.key.startswith(("roles.", "clusterroles.")):
            rules, free = obj.get("rules") or [], "escalate"
        elif resource.key.startswith(("rolebindings.", "clusterrolebindings.")):
            rules, free = self.role_rules(obj.get("roleRef") or {}, space), "bind"
        else:
            return
        kind = resource.plural.replace("bindings", "s")
        if self.allows(
            user, free, resource.group, kind, space, (obj.get("roleRef") or obj["metadata"]).get("name", "")
        ):
            return
        missing = [rule for rule in rules if not self._holds(user, rule, space)]
        if missing:
            raise forbidden(
                resource,
                obj["metadata"]["name"],
                f'user "{user.name}" (groups={list(user.groups)}) is '
                f"attempting to grant RBAC permissions not currently held:\n{json.dumps(missing)}",
            )

    def _holds(self, user: User, rule: Obj, namespace: str) -> bool:
        return all(
            self.allows(user, verb, group, resource, namespace)
            for verb in rule.get("verbs") or []
            for group in rule.get("apiGroups") or []
            for resource in rule.get("resources") or []
        )


def _is(subject: Obj, user: User, namespace: str) -> bool:
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        return user.name == f"system:serviceaccount:{subject.get('namespace') or namespace}:{name}"
    return (kind == "User" and name == user.name) or (kind == "Group" and name in user.groups)


def _covers(rule: Obj, verb: str, group: str, resource: str, name: str) -> bool:
    def has(field: str, *wanted: str) -> bool:
        values = rule.get(field) or []
        return "*" in values or any(one in values for one in wanted)

    names = rule.get("resourceNames") or []
    sub = resource.partition("/")[2]
    return (
        has("verbs", verb)
        and has("apiGroups", group)
        and has("resources", resource, *([f"*/{sub}"] if sub else []))
        and (not names or name in names)
    )
