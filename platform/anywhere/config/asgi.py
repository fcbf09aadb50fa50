"""The portal as an ASGI application, for the answers that stay open."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywhere.config.settings")
application = get_asgi_application()
