"""Carrying out the commands of a package in the containers of its service, step by step; each can be repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import CommandTimedOut, Forbidden, GatewayError, NotFound, Stopped
from anywhere.gateways.kubernetes import KubernetesGateway, Object, Ref
from anywhere.lib import redact
from anywhere.operations.errors import OperationFailed, TryAgainLater
from anywhere.operations.run import Run
from services.models import Service
from services.rules.commands import Place, Task, choose, tasks, workloads

SHOW_SECONDS = 1.5  # how often the last line of a running command is shown
LAST_LINES = 10  # of the output, told in the operation's story
FAILED_LINES = 20
READY_SECONDS = 180.0  # how long a pod may take until its container runs
KINDS = ("StatefulSet", "Deployment", "DaemonSet")
MAY_NOT = (
    "The account in this cluster may not run commands in pods (pods/exec). Replace the cluster's credential with a "
    "kubeconfig as for registering: the account then gets the right, which is shown before."
)


def check_right(run: Run, gateways: Gateways, namespace: str) -> None:
    """Raise when the cluster would refuse every command: then nothing has been touched yet."""
    if not gateways.kubernetes.can_i("create", "", "pods/exec", namespace):
        raise may_not_run()


def may_not_run() -> OperationFailed:
    """Give the failure of an account that was made before packages had commands."""
    return OperationFailed(
        MAY_NOT,
        code="cluster.may_not_run_commands",
        title="The portal may not run commands in this cluster",
        whose="cluster",
        kept="Nothing was touched.",
        next=[{"action": "retry", "title": "Retry", "detail": "After the credential was replaced."}],
    )


def plan(
    kubernetes: KubernetesGateway, service: Service, prefix: str, entries: Sequence[Mapping[str, Any]]
) -> list[Task]:
    """Give the steps of commands that are about no change of size, for the pods that are there."""
    known = workloads(service.version.definition, service.name)
    found: list[Task] = []
    for number, entry in enumerate(entries):
        name = Place(service.name, service.namespace, known).workload_of(str(entry.get("component") or "")).name
        pods = tuple(p["metadata"]["name"] for p in pods_of(kubernetes, service.namespace, name))
        place = Place(service.name, service.namespace, known, pods=pods, sizes={name: len(pods)})
        found += tasks(f"{prefix}{number}", [entry], place)
    return found


def check_runs(kubernetes: KubernetesGateway, service: Service, tasks: Sequence[Task]) -> None:
    """Raise when a workload that a task runs in was scaled to 0: no pod of it will come."""
    for name in dict.fromkeys(task.workload for task in tasks):
        found = find_workload(kubernetes, service.namespace, name)
        if found is not None and (found.get("spec") or {}).get("replicas") == 0:
            raise OperationFailed(
                f"{name} is scaled to 0, so there is no pod to run it in. Scale it to 1 or more, then run this again.",
                code="command.stopped",
                title=f"{name} does not run",
                kept="Nothing was run.",
            )


def carry_out(
    run: Run,
    gateways: Gateways,
    namespace: str,
    tasks: Sequence[Task],
    kept: str,
    ways: Sequence[dict[str, str]],
) -> None:
    """Run each task that is not done; OperationFailed with a command's last words, what was kept and what to do."""
    for task in tasks:
        if run.is_done(task.step):
            continue
        with run.step(task.step):
            for pod in _pods(run, gateways.kubernetes, namespace, task):
                _run_in(run, gateways, namespace, task, pod, kept, ways)


def _pods(run: Run, kubernetes: KubernetesGateway, namespace: str, task: Task) -> list[str]:
    """Give the pods that are still to do, chosen once: what is done is noted pod by pod."""
    notes = run.remembers.get("ran") or {}
    if task.step in notes:
        return list(notes[task.step])
    pods = list(task.pods)
    if not pods:
        pods = _wait_for_choice(run, kubernetes, namespace, task)
    run.remember(ran={**notes, task.step: pods})
    return pods


def _wait_for_choice(run: Run, kubernetes: KubernetesGateway, namespace: str, task: Task) -> list[str]:
    end = time.monotonic() + READY_SECONDS
    while True:
        there = [(p["metadata"]["name"], is_ready(p)) for p in pods_of(kubernetes, namespace, task.workload)]
        if (chosen := choose(task, there)) or time.monotonic() > end:
            if not chosen and task.on != "joining":
                raise OperationFailed(
                    f"No pod of {task.workload} is ready to run “{task.title}”.",
                    code="command.no_pod",
                    title="There is no pod to run it in",
                    whose="cluster",
                    kept="What was done before is kept.",
                    next=[{"action": "retry", "title": "Retry", "detail": "Goes on from here once a pod is ready."}],
                )
            return chosen
        run.detail(task.step, f"Waiting for a pod of {task.workload} to be ready")
        run.sleep(1)


def find_workload(kubernetes: KubernetesGateway, namespace: str, name: str) -> Object | None:
    """Give the StatefulSet, Deployment or DaemonSet of a name."""
    for kind in KINDS:
        if (found := kubernetes.find(Ref("apps/v1", kind, name, namespace))) is not None:
            return found
    return None


def pods_of(kubernetes: KubernetesGateway, namespace: str, workload: str) -> list[Object]:
    """Give the pods of a workload that are not on their way out, by name."""
    owner = find_workload(kubernetes, namespace, workload)
    if owner is None:
        return []
    owners = {owner["metadata"]["uid"]}
    if owner["kind"] == "Deployment":
        sets = kubernetes.list("apps/v1/replicasets", namespace)
        owners |= {s["metadata"]["uid"] for s in sets if _is_owned(s, owners)}
    pods = [p for p in kubernetes.list("v1/pods", namespace) if _is_owned(p, owners)]
    alive = [p for p in pods if "deletionTimestamp" not in p["metadata"]]
    return sorted(alive, key=lambda p: _by_number(p["metadata"]["name"]))


def _by_number(name: str) -> tuple[str, int]:
    head, _, tail = name.rpartition("-")
    return (head, int(tail)) if tail.isdigit() else (name, -1)


def _is_owned(obj: Object, owners: set[str]) -> bool:
    return any(r.get("uid") in owners for r in obj["metadata"].get("ownerReferences") or [])


def is_ready(pod: Object) -> bool:
    """Give whether the pod is ready."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def container_of(pod: Object, wanted: str) -> str:
    """Give the container a command runs in: the wanted one, else the first."""
    containers = (pod.get("spec") or {}).get("containers") or []
    return wanted or (str(containers[0]["name"]) if containers else "")


def is_running(pod: Object, container: str) -> bool:
    """Give whether a container of a pod runs; a node that is leaving runs without being ready."""
    rows = (pod.get("status") or {}).get("containerStatuses") or []
    return any(row.get("name") == container and "running" in (row.get("state") or {}) for row in rows)


def _run_in(
    run: Run,
    gateways: Gateways,
    namespace: str,
    task: Task,
    pod: str,
    kept: str,
    ways: Sequence[dict[str, str]],
) -> None:
    if pod in task.unproven and not _runs(gateways.kubernetes, namespace, task, pod):
        run.log(f"{pod} has never worked, so there is nothing to do in it.", step=task.step)
        return _note(run, task, pod)
    container = _wait_until_running(run, gateways.kubernetes, namespace, task, pod)
    run.left = f"“{task.title}” had begun in {pod} and may go on there. {kept}".rstrip()
    run.detail(task.step, f"In {pod}")
    try:
        ran = gateways.kubernetes.run(
            namespace, pod, task.words_for(pod), container=container or None, seconds=task.seconds,
            on_line=_shower(run, task.step, pod),
        )  # fmt: skip
    except Stopped:
        run.raise_if_cancelled()
        raise
    except CommandTimedOut as exc:
        raise _failed(run, task, pod, exc.detail, "command.timed_out", exc.output, kept, ways) from exc
    except NotFound as exc:
        raise TryAgainLater(f"{pod} is away: {exc.detail}", 5) from exc
    except Forbidden as exc:
        raise may_not_run() from exc
    except GatewayError as exc:
        if exc.retryable or exc.outcome_unknown:
            raise
        raise _failed(run, task, pod, exc.detail, exc.code, "", kept, ways) from exc
    lines = _lines(run, ran.output)
    if ran.exit_code:
        words = f"It ended with exit code {ran.exit_code}."
        raise _failed(run, task, pod, words, "command.failed", ran.output, kept, ways, ran.errors)
    for line in lines[-LAST_LINES:]:
        run.log(f"{pod}: {line}", step=task.step)
    _note(run, task, pod)
    run.detail(task.step, "")
    run.left = f"“{task.title}” is done in {pod}. {kept}".rstrip()


def _note(run: Run, task: Task, pod: str) -> None:
    """Note that a task is done in a pod."""
    left = [one for one in run.remembers["ran"][task.step] if one != pod]
    run.remember(ran={**run.remembers["ran"], task.step: left})


def _runs(kubernetes: KubernetesGateway, namespace: str, task: Task, pod: str) -> bool:
    found = kubernetes.find(Ref("v1", "Pod", pod, namespace)) or {}
    return is_running(found, container_of(found, task.container))


def _wait_until_running(run: Run, kubernetes: KubernetesGateway, namespace: str, task: Task, pod: str) -> str:
    """Give the container once it runs; TryAgainLater when it does not for long."""
    end = time.monotonic() + READY_SECONDS
    while True:
        found = kubernetes.find(Ref("v1", "Pod", pod, namespace))
        container = container_of(found or {}, task.container)
        if found is not None and is_running(found, container):
            return container
        if time.monotonic() > end:
            raise OperationFailed(
                f"{pod} does not run, so “{task.title}” cannot be carried out in it.",
                code="command.pod_away",
                title=f"{pod} does not run",
                whose="cluster",
                kept="What was done before is kept.",
                next=[{"action": "retry", "title": "Retry", "detail": f"Goes on once {pod} runs again."}],
            )
        run.detail(task.step, f"Waiting for {pod} to run")
        run.sleep(1)


def _shower(run: Run, step: str, pod: str) -> Callable[[str], None]:
    """Give what shows the last line beside the step, not more often than one can read."""
    shown = [0.0]

    def show(line: str) -> None:
        if time.monotonic() - shown[0] >= SHOW_SECONDS:
            shown[0] = time.monotonic()
            run.detail(step, f"{pod}: {redact.text(line, run.secrets, 300)}")

    return show


def _lines(run: Run, output: str) -> list[str]:
    """Give the lines of the output; redacted as a whole, for a secret may span several."""
    whole = redact.text(output, run.secrets, len(output) + 1000)
    return [line.rstrip()[:400] for line in whole.splitlines() if line.strip()]


def _failed(
    run: Run,
    task: Task,
    pod: str,
    how: str,
    code: str,
    output: str,
    kept: str,
    ways: Sequence[dict[str, str]],
    errors: str = "",
) -> OperationFailed:
    """Give the failure with the command's last words: of stderr, where it said something there."""
    lines = _lines(run, output)
    last = (_lines(run, errors) or lines or [""])[-1]
    cause: dict[str, Any] = {
        "kind": "Pod", "name": pod, "reason": code, "message": last or how,
        "log_tail": lines[-FAILED_LINES:],
    }  # fmt: skip
    said = f" Its last words: {last}" if last else ""
    return OperationFailed(
        f"In {pod}: {how}{said}",
        code=code,
        title=f"{task.title} failed",
        whose="package",
        cause=cause,
        kept=kept,
        next=list(ways),
    )
