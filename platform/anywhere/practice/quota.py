"""ResourceQuota and LimitRange: what a namespace uses, may use, and fills in."""

from __future__ import annotations

from decimal import Decimal

from anywhere.practice import pods
from anywhere.practice.clock import quantity, quantity_text
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import forbidden
from anywhere.practice.store import Store

Amounts = dict[str, Decimal]
_COUNTED = {
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "resourcequotas",
    "replicationcontrollers",
}


def uses(key: str, obj: Obj) -> Amounts:
    """What one object takes out of a quota, by the quota's names."""
    amounts: Amounts = {f"count/{key}": Decimal(1)}
    spec = obj.get("spec") or {}
    if key == "pods":
        if pods.is_over(obj):
            return amounts
        amounts["pods"] = Decimal(1)
        for name, value in pods.asked(spec).items():
            amounts[f"requests.{name}"] = value
            amounts[name] = value
        for name, value in pods.asked(spec, "limits").items():
            amounts[f"limits.{name}"] = value
    elif key == "persistentvolumeclaims":
        size = quantity(((spec.get("resources") or {}).get("requests") or {}).get("storage"))
        storage = spec.get("storageClassName") or ""
        amounts |= {
            "requests.storage": size,
            f"{storage}.storageclass.storage.k8s.io/requests.storage": size,
            f"{storage}.storageclass.storage.k8s.io/persistentvolumeclaims": Decimal(1),
        }
    elif key == "services":
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            amounts["services.nodeports"] = Decimal(len(spec.get("ports") or []))
        if spec.get("type") == "LoadBalancer":
            amounts["services.loadbalancers"] = Decimal(1)
    if key in _COUNTED:
        amounts[key] = Decimal(1)
    return amounts


def used(store: Store, namespace: str, names: set[str]) -> Amounts:
    """What a namespace uses of these names."""
    total: Amounts = dict.fromkeys(names, Decimal(0))
    for key in _tables(names):
        for entry in store.each(key, namespace):
            for name, value in uses(key, entry.obj()).items():
                if name in total:
                    total[name] += value
    return total


def _tables(names: set[str]) -> set[str]:
    tables = {name.removeprefix("count/") for name in names if name.startswith("count/") or name in _COUNTED}
    if any(n.startswith(("requests.", "limits.")) or n in ("cpu", "memory") for n in names):
        tables.add("pods")
    if any(n.endswith(("requests.storage", "persistentvolumeclaims")) for n in names):
        tables.add("persistentvolumeclaims")
    if any(n.startswith("services.") for n in names):
        tables.add("services")
    return tables


def check(store: Store, resource: Resource, obj: Obj, before: Obj | None = None) -> None:
    """Raise 403 in the quota's words when an object does not fit into its namespace."""
    meta = obj["metadata"]
    for entry in store.each("resourcequotas", meta.get("namespace", "")):
        quota = entry.obj()
        if (quota.get("spec") or {}).get("scopes") or (quota.get("spec") or {}).get("scopeSelector"):
            continue
        hard = {k: quantity(v) for k, v in (quota["spec"].get("hard") or {}).items()}
        wants = uses(resource.key, obj)
        if before is not None:
            old = uses(resource.key, before)
            wants = {k: v - old.get(k, Decimal(0)) for k, v in wants.items()}
        if resource.key == "pods" and before is None:
            _need_values(resource, obj, entry.name, hard)
        touched = {k for k, v in wants.items() if k in hard and v > 0}
        have = used(store, meta.get("namespace", ""), touched) if touched else {}
        over = sorted(k for k in touched if have[k] + wants[k] > hard[k])
        if over:

            def listed(amounts: Amounts, names: list[str]) -> str:
                return ",".join(f"{k}={quantity_text(amounts[k], k)}" for k in names)

            raise forbidden(
                resource,
                meta["name"],
                f"exceeded quota: {entry.name}, requested: {listed(wants, over)}, "
                f"used: {listed(have, over)}, limited: {listed(hard, over)}",
            )


def _need_values(resource: Resource, pod: Obj, quota: str, hard: Amounts) -> None:
    missing = []
    for name in sorted(hard):
        group, _, what = name.partition(".") if "." in name else ("requests", ".", name)
        if group in ("requests", "limits") and what in ("cpu", "memory"):
            without = [
                c["name"]
                for c in pod["spec"]["containers"]
                if what not in ((c.get("resources") or {}).get(group) or {})
            ]
            if without:
                missing.append(f"{name} for: {','.join(without)}")
    if missing:
        raise forbidden(resource, pod["metadata"]["name"], f"failed quota: {quota}: must specify {'; '.join(missing)}")


def limit(store: Store, resource: Resource, pod: Obj) -> None:
    """Fill in a LimitRange's defaults, in place; raises 403 beyond its bounds."""
    for entry in store.each("limitranges", pod["metadata"].get("namespace", "")):
        for rule in entry.obj()["spec"].get("limits") or []:
            if rule.get("type") == "Container":
                for one in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or [])]:
                    _limit_container(resource, pod, one, rule)


def _limit_container(resource: Resource, pod: Obj, one: Obj, rule: Obj) -> None:
    resources = one.setdefault("resources", {})
    for name, value in (rule.get("default") or {}).items():
        resources.setdefault("limits", {}).setdefault(name, value)
    for name, value in {**(rule.get("default") or {}), **(rule.get("defaultRequest") or {})}.items():
        resources.setdefault("requests", {}).setdefault(name, value)
    causes = []
    for name, most in (rule.get("max") or {}).items():
        have = (resources.get("limits") or {}).get(name)
        if have is not None and quantity(have) > quantity(most):
            causes.append(f"maximum {name} usage per Container is {most}, but limit is {have}")
    for name, least in (rule.get("min") or {}).items():
        have = (resources.get("requests") or {}).get(name)
        if have is not None and quantity(have) < quantity(least):
            causes.append(f"minimum {name} usage per Container is {least}, but request is {have}")
    if causes:
        text = causes[0] if len(causes) == 1 else "[" + ", ".join(causes) + "]"
        raise forbidden(resource, pod["metadata"]["name"], text)
