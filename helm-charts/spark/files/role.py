"""Prints in one word what a part is just now: role.py master | worker."""

import json
import sys
from urllib.request import urlopen

if sys.argv[1] == "master":
    print(json.load(urlopen("http://127.0.0.1:8080/json/", timeout=10))["status"].lower())
else:
    print("busy" if json.load(urlopen("http://127.0.0.1:8081/json/", timeout=10))["coresused"] else "idle")
