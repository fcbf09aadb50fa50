"""Prints in one word what a part is just now: role.py master | worker | connect."""

import json
import sys
from urllib.request import urlopen


def said(port, path):
    return json.load(urlopen(f"http://127.0.0.1:{port}{path}", timeout=10))


part = sys.argv[1]
if part == "master":
    print(said(8080, "/json/")["status"].lower())
elif part == "worker":
    print("busy" if said(8081, "/json/")["coresused"] else "idle")
else:
    pages = "/api/v1/applications"
    running = [job for one in said(4040, pages) for job in said(4040, f"{pages}/{one['id']}/jobs?status=running")]
    print("busy" if running else "idle")
