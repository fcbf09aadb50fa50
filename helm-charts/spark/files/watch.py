"""Ends Spark Connect when it waits for executors that the master will not start, so that it begins anew.

A master that comes back after its machine was lost starts none until it is told how many are wanted. Spark Connect says
so only when that number changes: a query that ran by then would wait for ever while workers are free. Its client is
told of the end, as of that of any server, and asks again.
"""

import json
import os
import signal
import sys
import time
import urllib.request

PATIENCE = 60  # seconds; a master that works starts an executor within a few
EVERY = 10
PAGES = "http://localhost:4040/api/v1/applications"


def waits(state, app, stages):
    """Whether an application has no core though workers have room for it, and stages of which no task runs."""
    own = next((each for each in state.get("activeapps", []) if each["id"] == app), None)
    if state.get("status") != "ALIVE" or own is None or own["cores"]:
        return False
    free = [each for each in state["workers"] if each["state"] == "ALIVE" and each["coresfree"] > 0]
    room = [each for each in free if each["memoryfree"] >= own.get("memoryperexecutor", own.get("memoryperslave", 0))]
    begun = [each for each in stages if each["numCompleteTasks"] < each["numTasks"]]
    return bool(room and begun) and not any(each["numActiveTasks"] for each in begun)


def said(address):
    """Give what a page says."""
    with urllib.request.urlopen(address, timeout=5) as answer:
        return json.load(answer)


def main():
    """Look again and again."""
    since = None
    while True:
        time.sleep(EVERY)
        try:
            app = said(PAGES)[0]["id"]
            stages = said(f"{PAGES}/{app}/stages?status=active")
            stuck = waits(said(f"http://{os.environ['MASTER_HOST']}:8080/json/"), app, stages)
        except (OSError, ValueError, LookupError):
            stuck = False
        now = time.monotonic()
        since = (since or now) if stuck else None
        if since is not None and now - since >= PATIENCE:
            print(
                f"watch: the master has started no executor for {PATIENCE} s: beginning anew",
                file=sys.stderr,
                flush=True,
            )
            os.kill(1, signal.SIGTERM)
            since = None


if __name__ == "__main__":
    main()
