import contextlib
import hashlib
import json
import os
from pathlib import Path

from prometheus_client import start_http_server

c = get_config()  # noqa: F821 - Jupyter defines it
said = json.loads(Path("/etc/anywhere/settings.json").read_text())

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.root_dir = os.environ["HOME"]
c.ServerApp.base_url = said["baseUrl"]
c.ServerApp.terminals_enabled = said["terminals"]
c.ServerApp.quit_button = False
c.IdentityProvider.token = Path("/etc/anywhere-auth/token").read_text().strip()
# Who has signed in stays so when the pod restarts, and no longer when the token changes.
c.ServerApp.cookie_secret = hashlib.sha256(b"cookies " + c.IdentityProvider.token.encode()).digest()
c.PasswordIdentityProvider.allow_password_change = False
c.FileContentsManager.delete_to_trash = False
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"

# Kernels that do nothing are stopped. What a notebook shows stays in its file.
c.MappingKernelManager.cull_idle_timeout = said["kernelSeconds"]
c.MappingKernelManager.cull_interval = said["checkSeconds"]
c.MappingKernelManager.cull_connected = said["connected"]
c.MappingKernelManager.cull_busy = False
c.TerminalManager.cull_inactive_timeout = said["terminalSeconds"]
c.TerminalManager.cull_interval = said["checkSeconds"]

# At a port of its own, which shows numbers and nothing else. Jupyter may read this file more than once.
if said["metrics"]:
    with contextlib.suppress(OSError):
        start_http_server(9404)
