"""`manage.py ensure_ready`: the first administrator and the bundled packages; safe to repeat."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from anywhere.accounts.actions import ensure_first_administrator
from anywhere.lib import env
from catalog.actions import publish_bundled, publish_bundled_stacks


class Command(BaseCommand):
    """Prints one JSON line at the end: whether an administrator was made, and for which address."""

    help = "Make the first administrator (ANYWHERE_ADMIN_EMAIL, ANYWHERE_ADMIN_PASSWORD) and publish our packages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the switches."""
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        parser.add_argument("--only-charts", action="store_true", help="publish the packages and nothing else")
        parser.add_argument(
            "--charts", default=str(settings.ROOT / "helm-charts"), help="folder of the bundled packages"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; CommandError when no password is given."""
        charts = Path(options["charts"])
        if options["only_charts"]:
            self._publish(charts)
            return
        email = env.text("ANYWHERE_ADMIN_EMAIL", "admin@anywhere.local")
        password = env.text("ANYWHERE_ADMIN_PASSWORD", "")
        if not password:
            raise CommandError("ANYWHERE_ADMIN_PASSWORD (or ANYWHERE_ADMIN_PASSWORD_FILE) is not set.")
        if options["migrate"]:
            call_command("migrate", interactive=False, verbosity=1, stdout=self.stderr)
        user, created = ensure_first_administrator(email, password)
        self._publish(charts)
        self.stdout.write(json.dumps({"administrator_created": created, "email": user.email}))

    @staticmethod
    def _publish(charts: Path) -> None:
        publish_bundled(charts)
        publish_bundled_stacks(charts)
