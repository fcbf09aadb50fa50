"""Runs the watcher: `python -m services.watcher`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from services.watcher.tables import set_up


async def _watch() -> None:
    from services.watcher.main import Watcher

    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await Watcher().run()


def main() -> None:
    """Return when the process was asked to end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywhere.config.settings")
    set_up()
    asyncio.run(_watch())


if __name__ == "__main__":
    main()
