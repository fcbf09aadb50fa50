"""Brings the database up to date: migrations, the first administrator, the bundled packages."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from anywhere.launcher.errors import CannotStart
from anywhere.launcher.logs import last_lines
from anywhere.launcher.options import Options
from anywhere.launcher.places import ROOT, Home, write_private

STATE = "state.json"


@dataclass(frozen=True)
class Prepared:
    """What the preparation found or made."""

    admin_created: bool
    generated_password: str | None


def fingerprint(options: Options, secret_key: str, root: Path = ROOT) -> str:
    """Give one hash over all that the preparation depends on; it is keyed, so no password can be guessed from it."""
    digest = hmac.new(secret_key.encode(), digestmod=hashlib.sha256)
    for path in _inputs(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(f"{options.admin_email}\0{options.admin_password}".encode())
    return digest.hexdigest()


def _inputs(root: Path) -> Iterator[Path]:
    for folder in ("platform", "catalog", "services"):
        yield from sorted((root / folder).rglob("migrations/*.py"))
    yield from sorted(path for path in (root / "helm-charts").rglob("*") if path.is_file())


def is_prepared(home: Home, wanted: str) -> bool:
    """Tell whether an earlier run prepared exactly this."""
    return home.read_json(STATE).get("prepared") == wanted


def prepare(options: Options, home: Home, environment: Mapping[str, str], wanted: str) -> Prepared:
    """Migrate, make the first administrator and publish the bundled packages; remembers that it is done."""
    password, generated = options.admin_password, None
    if password is None and not home.admin_password.exists():
        password = generated = secrets.token_urlsafe(12)
        write_private(home.admin_password, password + "\n")
    elif password is None:
        password = home.admin_password.read_text(encoding="utf-8").strip()
    answer = _ensure_ready(
        home, {**environment, "ANYWHERE_ADMIN_EMAIL": options.admin_email, "ANYWHERE_ADMIN_PASSWORD": password}
    )
    created = bool(answer.get("administrator_created"))
    if generated and not created:
        home.admin_password.unlink(missing_ok=True)
        generated = None
    home.write_json(STATE, home.read_json(STATE) | {"prepared": wanted})
    return Prepared(created, generated)


def _ensure_ready(home: Home, environment: Mapping[str, str]) -> dict[str, object]:
    log = home.logs / "prepare.log"
    with log.open("ab") as file:
        answer = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "ensure_ready", "--migrate"],
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            check=False,
        )
        file.write(answer.stdout.encode())
    lines = answer.stdout.strip().splitlines()
    if answer.returncode != 0 or not lines:
        last = "\n".join("    " + line for line in last_lines(log, 5))
        raise CannotStart(f"the database could not be brought up to date.\n{last}", f"Read {log}.")
    result = json.loads(lines[-1])
    return result if isinstance(result, dict) else {}
