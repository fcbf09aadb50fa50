"""A procedure of the package, such as a backup or a repair: its commands, one after the other."""

from __future__ import annotations

from anywhere.clusters.connection import access_of
from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from services import selectors
from services.errors import Gone
from services.models import Service, ServiceState
from services.operations import commands, recovery
from services.rules import procedures
from services.rules.commands import Task

KEPT = "What was done before is kept."
AGAIN = "Mend what its last words name. It then begins with its first step; each can be repeated."


@handler("procedure", steps=(("look", "Find its nodes"),), deadline_seconds=15 * 60, verifies=True)
def procedure(run: Run) -> None:
    """Run each command of the procedure in its pods; one that fails ends it with its last words."""
    service = Service.objects.select_related("cluster", "version").get(pk=str(run.operation.subject_id))
    if service.state != ServiceState.PRESENT:
        raise Gone(f"{service.name} was uninstalled. Install it again.")
    run.secrets |= {str(s) for s in (service.secrets or {}).values() if s}
    run.left = "Nothing was run."
    with recovery.waking(run, service.cluster), run.connect(access_of(service.cluster)) as gateways:
        run.confirm()
        if "tasks" not in run.remembers:
            with run.step("look"):
                commands.check_right(run, gateways, service.namespace)
                values = selectors.merged_values(service)
                steps = procedures.steps_of(service.version.definition, values, run.input["procedure"])
                planned = commands.plan(gateways.kubernetes, service, "p", steps)
                commands.check_runs(gateways.kubernetes, service, planned)
                run.remember(tasks=[task.as_dict() for task in planned])
        found = [Task.of(data) for data in run.remembers["tasks"]]
        run.insert_steps([(task.step, task.title) for task in found])
        run.allow(sum(task.seconds * max(len(task.pods), 1) for task in found))
        again = {"action": "procedure", "title": "Run it again", "detail": AGAIN}
        kept = KEPT if sum(max(len(task.pods), 1) for task in found) > 1 else ""
        commands.carry_out(run, gateways, service.namespace, found, kept, [again])
    run.result = {"procedure": run.input["procedure"]}
