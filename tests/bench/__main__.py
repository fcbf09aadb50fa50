"""`make bench`: runs the measurements that are named (all by default), prints one line each, fails on a lost goal."""

from __future__ import annotations

import importlib
import sys
import time

from tests.support import embedded

BENCHES = ("first_screen", "services_list", "watcher", "click_to_deployed")


def main(names: list[str]) -> int:
    """Give 0 when every goal was met."""
    embedded.start_servers()
    met = True
    for name in names or BENCHES:
        started = time.monotonic()
        for result in importlib.import_module(f"tests.bench.bench_{name}").measure():
            print(result.line(), flush=True)
            met = met and result.met
        print(f"   ({name}: {time.monotonic() - started:.0f} s)", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
