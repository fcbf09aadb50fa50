"""Commands in containers that are not there: what they say is made up, how they are asked for is not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from anywhere.gateways import pretend

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STATUS = 3


async def serve(raw: web.Request, cluster: Cluster, command: tuple[str, ...]) -> web.WebSocketResponse:
    """Answer a request to run a command: its output and its end over a WebSocket."""
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    await socket.prepare(raw)
    if raw.transport is not None:
        cluster.connections.add(raw.transport)
    try:
        done = pretend.pretend(command)
        if cluster.settings.fail == "command":
            done = pretend.Pretended(1, 0, [(pretend.STDERR, "The practice cluster was told to let commands fail.\n")])
        for stream, text in done.said:
            await socket.send_bytes(bytes([stream]) + text.encode())
        await _wait(socket, done.seconds)
        if not socket.closed:
            await socket.send_bytes(bytes([STATUS]) + json.dumps(_status(command, done)).encode())
            await socket.close()
    except ConnectionResetError:
        pass  # the one who asked is gone
    finally:
        cluster.connections.discard(raw.transport)
    return socket


async def _wait(socket: web.WebSocketResponse, seconds: float) -> None:
    """Return after some seconds, or at once when the other side is gone; pings are answered meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            async for _ in socket:
                pass
    except TimeoutError:
        return


def _status(command: tuple[str, ...], done: pretend.Pretended) -> dict[str, Any]:
    if not pretend.is_there(command):
        words = f'error executing command in container: exec: "{command[0]}": executable file not found in $PATH'
        return {"kind": "Status", "status": "Failure", "reason": "InternalError", "message": words, "code": 500}
    if not done.exit_code:
        return {"kind": "Status", "status": "Success", "metadata": {}}
    causes = [{"reason": "ExitCode", "message": str(done.exit_code)}]
    return {
        "kind": "Status", "status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes},
        "message": f"command terminated with non-zero exit code: exit status {done.exit_code}",
    }  # fmt: skip
