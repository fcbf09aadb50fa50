"""Ends Spark Connect when it waits for executors that the master will not start, so that it begins anew.

A master that comes back after its machine was lost starts none until it is told how many are wanted. Spark Connect says
so only when that number changes: a query that ran by then would wait for ever while workers are free. Its client is
told of the end, as of that of any server, and asks again.
"""

import http.client
import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path

PATIENCE = 60  # seconds; a master that works starts an executor within a few
LONGER = 600  # when it began anew within the last hour, and that may not have helped
BEGUN = Path("/run/spark/began-anew")
EVERY = 10
PAGES = "http://localhost:4040/api/v1/applications"
MASTER = f"http://{os.environ.get('MASTER_HOST', 'localhost')}:8080/json/"


def waits(state, app, stages, cores=1):
    """Whether an application has no core though a worker has room for an executor, and stages of which no task runs."""
    own = next((each for each in state.get("activeapps", []) if each["id"] == app), None)
    if state.get("status") != "ALIVE" or own is None or own["cores"]:
        return False
    free = [each for each in state["workers"] if each["state"] == "ALIVE" and each["coresfree"] >= cores]
    room = [each for each in free if each["memoryfree"] >= own.get("memoryperexecutor", own.get("memoryperslave", 0))]
    begun = [each for each in stages if each["numCompleteTasks"] < each["numTasks"]]
    return bool(room and begun) and not any(each["numActiveTasks"] for each in begun)


def said(address):
    """Give what a page says."""
    with urllib.request.urlopen(address, timeout=5) as answer:
        return json.load(answer)


def cores(app):
    """Give the cores that an executor of an application has."""
    return int(dict(said(f"{PAGES}/{app}/environment")["sparkProperties"]).get("spark.executor.cores", 1))


def patience():
    """Give the seconds to wait."""
    lately = BEGUN.exists() and time.time() - BEGUN.stat().st_mtime < 3600
    return LONGER if lately else PATIENCE


def main():
    """Look again and again."""
    since = None
    while True:
        time.sleep(EVERY)
        try:
            app = said(PAGES)[0]["id"]
            stages = said(f"{PAGES}/{app}/stages?status=active")
            stuck = bool(stages) and waits(said(MASTER), app, stages, cores(app))
        except (OSError, http.client.HTTPException, ValueError, TypeError, LookupError):
            stuck = False
        now = time.monotonic()
        since = (since or now) if stuck else None
        if since is not None and now - since >= patience():
            print("watch: the master starts no executor: beginning anew", file=sys.stderr, flush=True)
            BEGUN.touch()
            os.kill(1, signal.SIGTERM)
            since = None


if __name__ == "__main__":
    main()
