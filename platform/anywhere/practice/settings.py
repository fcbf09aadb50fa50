"""How one practice cluster behaves: how fast it is, and what it is told to do wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from anywhere.practice.status import bad_request

FAILS = (None, "image_pull", "quota", "crash_loop", "slow", "command", "unreachable")


@dataclass(frozen=True)
class Settings:
    """The behaviour of a cluster; zero and None mean: as it should be.

    `drop_after_request` and `status_429` count down to zero with every answer they spoil; -1 spoils all of them.
    """

    fail: str | None = None
    ready_seconds: float = 3.0
    latency_ms: float = 0.0
    drop_after_request: int = 0
    status_429: int = 0
    retry_after: int = 1
    watch_cut_seconds: float = 0.0
    hang: bool = False
    load_balancer: bool = True

    def change(self, values: dict[str, Any]) -> Settings:
        """These settings with some values changed; raises 400 for what is no setting."""
        known = {field.name: field for field in fields(self)}
        clean: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise bad_request(f"{name} is not a setting; there are {', '.join(known)}")
            if name == "fail":
                if value not in FAILS:
                    raise bad_request(f"fail is one of {', '.join(str(one) for one in FAILS)}")
                clean[name] = value
            elif name in ("hang", "load_balancer"):
                clean[name] = bool(value)
            elif name in ("drop_after_request", "status_429") and isinstance(value, bool):
                clean[name] = -1 if value else 0
            elif isinstance(value, int | float) and value >= -1:
                clean[name] = int(value) if isinstance(known[name].default, int) else float(value)
            else:
                raise bad_request(f"{name} takes a number")
        return replace(self, **clean)

    def document(self) -> dict[str, Any]:
        """The settings as JSON shows them."""
        return asdict(self)
