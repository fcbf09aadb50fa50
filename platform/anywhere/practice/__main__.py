"""`python -m anywhere.practice --home DIR --port N`: serve the practice clusters."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
from pathlib import Path

from aiohttp import web

from anywhere.practice.certificates import server_context
from anywhere.practice.cluster import World, home_folder
from anywhere.practice.disk import Disk
from anywhere.practice.server import Server, admin_token

LONGEST_LINE = 128 * 1024  # a command to run in a container is part of its address
SHUTDOWN_SECONDS = 0.5


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m anywhere.practice", description="Serve the practice clusters.")
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("ANYWHERE_HOME", ".anywhere")))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument(
        "--public-host",
        default=os.environ.get("ANYWHERE_PRACTICE_HOST", "127.0.0.1"),
        help="the name under which clients reach this server",
    )
    parser.add_argument(
        "--ready-seconds",
        type=float,
        default=float(os.environ.get("ANYWHERE_PRACTICE_READY_SECONDS", "3")),
        help="how long the pods of a new cluster take until they are ready",
    )
    return parser.parse_args(argv)


def _write_facts(folder: Path, url: str, port: int) -> None:
    path = folder / "server.json"
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"url": url, "port": port, "pid": os.getpid()}))
    fresh.replace(path)


async def serve(given: argparse.Namespace, stop: asyncio.Event | None = None) -> None:
    """Serve until told to stop."""
    folder = home_folder(given.home)
    hosts = list(dict.fromkeys(["127.0.0.1", "::1", "localhost", given.public_host]))
    context = server_context(folder, hosts)
    host = f"[{given.public_host}]" if ":" in given.public_host else given.public_host
    world = World(Disk(folder / "clusters.db"), (folder / "ca.crt").read_text(), given.ready_seconds)
    server = Server(world, admin_token(folder), f"https://{host}:{given.port}")
    runner = web.AppRunner(
        server.application(),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
        max_line_size=LONGEST_LINE,
    )
    await runner.setup()
    await web.TCPSite(runner, given.host, given.port, ssl_context=context, backlog=512).start()
    _write_facts(folder, server.public_url, given.port)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    await stop.wait()
    await runner.cleanup()


def main(argv: list[str] | None = None) -> None:
    """Run the process."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(_arguments(argv)))


if __name__ == "__main__":
    main()
