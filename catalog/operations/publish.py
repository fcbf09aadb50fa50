"""The operation `publish`: an uploaded archive becomes a version."""

from __future__ import annotations

from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from catalog import actions, cache
from catalog.models import Provider


@handler("publish", steps=[("publish", "Check, render and publish the chart")], deadline_seconds=300)
def publish(run: Run) -> None:
    """Publish it; the same archive again gives the same version, so a repeated run does no harm."""
    with run.step("publish"):
        provider = Provider.objects.select_related("organization").get(pk=run.input["provider"])
        data = cache.fetch(run.input["digest"]).read_bytes()
        version = actions.publish_archive(provider, data, actor=run.operation.requested_by)
        run.result = {"package": version.package.name, "version": version.version, "digest": version.digest}
