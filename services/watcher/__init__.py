"""The watcher: one asyncio process that sees what is on every cluster and writes only what changed."""
