"""A release of one of our charts on a real cluster, driven by Helm and looked at through the API."""

import base64
import contextlib
import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from kubernetes import client

from catalog.rules.values import holds

# Has `helm template` look at the cluster, without asking whether what is there was made by Helm.
LOOKING = ("--dry-run=server", "--is-upgrade")
SLOW = 900  # seconds for all parts to start: several Java processes on a machine with two cores


def eventually(question: Callable[[], object], what: str, seconds: float = 180) -> object:
    """The first answer that is true; an assertion with the last one when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.5)


@dataclass
class Release:
    """A release by its name; everything it does runs in one namespace."""

    name: str
    namespace: str
    chart: Path
    helm: str
    kubectl: str
    api: client.CoreV1Api
    workdir: Path
    external: dict = field(default_factory=dict)

    def apply(self, values: dict | None = None, plan: str = "small") -> subprocess.CompletedProcess[str]:
        """Helm's answer to installing or upgrading with a plan and values on top."""
        return self._helm("upgrade", "--install", values=values, plan=plan)

    def _helm(self, *verb: str, values: dict | None, plan: str) -> subprocess.CompletedProcess[str]:
        file = self.workdir / f"{self.name}.yaml"
        file.write_text(yaml.safe_dump(values or {}))
        layers = [*self.chart.glob("ci/required-values.yaml"), self.chart / f"plans/{plan}.yaml", file]
        given = [part for path in layers for part in ("--values", path)]
        return self.run(self.helm, *verb, self.name, self.chart, "--namespace", self.namespace, *given)

    def rendered(self, values: dict | None = None, plan: str = "small", *more: str) -> str:
        """What `helm template` makes of a plan and values on top, without the pod of `helm test`."""
        answer = self._helm("template", "--skip-tests", *more, values=values, plan=plan)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def apply_as_others(self, text: str) -> None:
        """Applies objects as other tools do, by server-side apply."""
        file = self.workdir / f"{self.name}-objects.yaml"
        file.write_text(text)
        answer = self.run(self.kubectl, "-n", self.namespace, "apply", "--server-side", "--force-conflicts", "-f", file)
        assert answer.returncode == 0, answer.stderr

    def install(self, values: dict | None = None, plan: str = "small", pods: int = 1) -> None:
        """Installs or upgrades, and waits until the pods of that revision are ready."""
        answer = self.apply(values, plan)
        assert answer.returncode == 0, answer.stderr
        self.wait(pods)

    def refused(self, values: dict, plan: str = "small") -> str:
        """The words with which Helm refuses values; an assertion when it takes them, or when anything was touched."""
        before = self.versions()
        answer = self.apply(values, plan)
        assert answer.returncode != 0, answer.stdout
        assert self.versions() == before, "something was touched"
        return answer.stderr

    def versions(self) -> set[tuple[str, str]]:
        """The version of each ConfigMap and Secret of a release, of Helm's records, and of what sets or jobs should be.

        The API counts what is asked of a set apart from what becomes of its pods, which may change at any time.
        """
        labels = f"app.kubernetes.io/instance={self.name}"
        apps, batch = client.AppsV1Api(self.api.api_client), client.BatchV1Api(self.api.api_client)
        sets = [
            *apps.list_namespaced_stateful_set(self.namespace, label_selector=labels).items,
            *apps.list_namespaced_deployment(self.namespace, label_selector=labels).items,
        ] or batch.list_namespaced_job(self.namespace, label_selector=labels).items
        found = [
            *self.api.list_namespaced_config_map(self.namespace, label_selector=labels).items,
            *self.api.list_namespaced_secret(self.namespace, label_selector=labels).items,
            *self.api.list_namespaced_secret(self.namespace, label_selector=f"owner=helm,name={self.name}").items,
        ]
        assert found and sets
        asked = {(item.metadata.uid, str(item.metadata.generation)) for item in sets}
        return asked | {(item.metadata.name, item.metadata.resource_version) for item in found}

    @contextlib.contextmanager
    def written_by(self, version: str, deployment: str = "") -> Iterator[None]:
        """While the block runs, another version of the server counts as the one that wrote the data last.

        Of a chart that keeps none, as the one that a Deployment runs.
        """
        if deployment:
            apps = client.AppsV1Api(self.api.api_client)
            read, patch = apps.read_namespaced_deployment, apps.patch_namespaced_deployment
            where, part, known = (deployment, self.namespace), "labels", "app.kubernetes.io/version"
        else:
            read, patch = self.api.read_namespaced_secret, self.api.patch_namespaced_secret
            where, part, known = (f"{self.name}-auth", self.namespace), "annotations", "anywhere/server-version"
        before = read(*where).metadata
        patch(*where, {"metadata": {part: {known: version}}})
        try:
            yield
        finally:
            patch(*where, {"metadata": {part: {known: getattr(before, part)[known]}}})
            # What says so is Helm's again, or its next change would be a conflict.
            owners = self.api.api_client.sanitize_for_serialization(before.managed_fields)
            patch(*where, {"metadata": {"managedFields": owners}})

    def uninstall(self) -> None:
        """Uninstalls and waits until the pods are gone."""
        answer = self.run(self.helm, "uninstall", self.name, "--namespace", self.namespace)
        assert answer.returncode == 0, answer.stderr
        labels = f"app.kubernetes.io/instance={self.name}"
        left = lambda: self.api.list_namespaced_pod(self.namespace, label_selector=labels).items  # noqa: E731
        eventually(lambda: not left(), "the pods are gone", 300)

    def test(self) -> str:
        """What `helm test` prints, with the log of its pod; an assertion when it fails."""
        answer = self.run(self.helm, "test", self.name, "--namespace", self.namespace, "--logs", "--timeout", "3m")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """What a command answers; nothing is raised."""
        return subprocess.run([*map(str, arguments)], check=False, capture_output=True, text=True, timeout=600)

    def bring_up(self, values: dict | None = None, plan: str = "small", seconds: float = 600) -> float:
        """Installs or upgrades and waits until every part is as asked for; gives the seconds it took."""
        started = time.monotonic()
        answer = self.apply(values, plan)
        assert answer.returncode == 0, answer.stderr
        self.wait_for_all(seconds)
        return time.monotonic() - started

    def wait_for_all(self, seconds: float = 600) -> None:
        """Waits until all StatefulSets and Deployments of the release have rolled out and all Jobs are done."""
        apps, batch = client.AppsV1Api(self.api.api_client), client.BatchV1Api(self.api.api_client)
        labels = f"app.kubernetes.io/instance={self.name}"

        def settled() -> bool:
            sets = apps.list_namespaced_stateful_set(self.namespace, label_selector=labels).items
            deployments = apps.list_namespaced_deployment(self.namespace, label_selector=labels).items
            jobs = batch.list_namespaced_job(self.namespace, label_selector=labels).items
            whole = all(
                item.status.observed_generation == item.metadata.generation
                and (item.status.ready_replicas or 0) == item.spec.replicas
                and (item.status.updated_replicas or 0) == item.spec.replicas
                and (item.status.replicas or 0) == item.spec.replicas
                for item in [*sets, *deployments]
            )
            rolled = all(item.status.current_revision == item.status.update_revision for item in sets)
            done = all(job.status.succeeded for job in jobs)
            return bool(sets or deployments or jobs) and whole and rolled and done

        eventually(settled, f"all of {self.name} is as asked for", seconds)

    def steps(self, when: str, before: int, after: int, component: str = "server") -> list[str]:
        """Runs the commands of package.yaml for a change of size, as the portal does; gives what they said.

        `when` is beforeIn, afterIn or afterOut; `before` and `after` are the numbers of nodes.
        """
        package = yaml.safe_load((self.chart / "package.yaml").read_text())
        values = self.values()
        entries = [entry for entry in package["scaling"] if entry["component"] == component]
        entry = next(entry for entry in entries if holds(entry, values))
        workload = entry.get("workload", "{fullname}").replace("{fullname}", self.name)
        low, high = sorted((before, after))
        pods = {
            "leaving": range(high - 1, low - 1, -1), "joining": range(low, high), "staying": range(low),
            "each": range(high if when == "beforeIn" else after), "one": range(1),
        }  # fmt: skip
        said = []
        for command in entry.get(when, []):
            for ordinal in pods[command["pods"]]:
                facts = {
                    "pod": f"{workload}-{ordinal}", "release": self.name, "namespace": self.namespace,
                    "replicas": str(after), "leaving": ",".join(f"{workload}-{number}" for number in pods["leaving"]),
                }  # fmt: skip
                words = [expand(word, facts) for word in command["command"]]
                said.append(self.execute(facts["pod"], *words, container=command.get("container")))
        return said

    def procedure(self, name: str, first: str = "") -> str:
        """Runs a procedure of package.yaml, as the portal does; gives what it said.

        A step for one pod runs in `first`, or in the pod with the lowest number.
        """
        package = yaml.safe_load((self.chart / "package.yaml").read_text())
        said = []
        values = self.values()
        offered = [entry for entry in package["procedures"] if holds({"when": entry.get("showIf")}, values)]
        for step in next(entry["steps"] for entry in offered if entry["name"] == name):
            pods = [pod.metadata.name for pod in self.pods(step["component"])]
            for pod in pods if step["pods"] == "each" else [first or pods[0]]:
                said.append(self.execute(pod, *step["command"], container=step["container"]))
        return "\n".join(said)

    def told(self, component: str, what: str = "role") -> dict[str, str]:
        """What each pod of a part says about itself by the command of package.yaml; `what` is role or lag."""
        package = yaml.safe_load((self.chart / "package.yaml").read_text())
        node = next(node for node in package["nodes"] if node["component"] == component)
        pods = [pod.metadata.name for pod in self.staying(component)]
        command = node[what]["command"]
        return {pod: self.execute(pod, *command, container=node["container"]).strip() for pod in pods}

    def values(self) -> dict:
        """All values of the release, those of the chart below those that were given."""
        answer = self.run(self.helm, "get", "values", self.name, "-n", self.namespace, "--all", "--output", "json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def execute(self, pod: str, *command: str, container: str | None = None) -> str:
        """What a command in a pod prints; an assertion when it fails."""
        which = ["-c", container] if container else []
        answer = self.run(self.kubectl, "-n", self.namespace, "exec", pod, *which, "--", *command)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def pods(self, component: str = "server") -> list[client.V1Pod]:
        """The pods of a part, in the order of their numbers."""
        labels = f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"
        found = self.api.list_namespaced_pod(self.namespace, label_selector=labels).items
        return sorted(found, key=lambda pod: pod.metadata.name)

    def staying(self, component: str = "server") -> list[client.V1Pod]:
        """The pods of a part that are not on their way out."""
        return [pod for pod in self.pods(component) if not pod.metadata.deletion_timestamp]

    def places(self, component: str = "server") -> set[str]:
        """The machines on which the pods of a part stay."""
        return {pod.spec.node_name for pod in self.staying(component)}

    def machine(self, name: str = "") -> str:
        """The address of a machine, of the first one when none is named."""
        return internal(self.api.read_node(name) if name else self.api.list_node().items[0])

    def wait(self, pods: int = 1, seconds: float = 400) -> None:
        """Waits until the StatefulSet says that so many pods of its latest revision are ready."""
        apps = client.AppsV1Api(self.api.api_client)

        def settled() -> bool:
            item = apps.read_namespaced_stateful_set(self.name, self.namespace)
            status = item.status
            return (
                status.observed_generation == item.metadata.generation
                and status.ready_replicas == pods == item.spec.replicas
                and status.updated_replicas == pods
                and status.current_revision == status.update_revision
            )

        eventually(settled, f"{pods} pods of {self.name} are ready", seconds)

    def ready(self) -> int:
        """How many pods are ready."""
        states = [state for pod in self.pods() for state in pod.status.container_statuses or []]
        return sum(state.ready for state in states)

    def delete_pod(self, number: int = 0, grace: int | None = None, seconds: float = 300) -> float:
        """Deletes a pod and waits until another of the same name is ready; gives the seconds it took."""
        started = time.monotonic()
        name = f"{self.name}-{number}"
        old = self.api.read_namespaced_pod(name, self.namespace).metadata.uid
        self.api.delete_namespaced_pod(name, self.namespace, grace_period_seconds=grace)

        def replaced() -> bool:
            pods = [pod for pod in self.pods() if pod.metadata.name == name and pod.metadata.uid != old]
            return (
                bool(pods)
                and all(state.ready for state in pods[0].status.container_statuses or [])
                and bool(pods[0].status.container_statuses)
            )

        eventually(replaced, f"{name} is back", seconds)
        return time.monotonic() - started

    def kill_all(self) -> None:
        """Kills all servers at once, and waits until each has a new pod and all are ready."""
        before = {pod.metadata.uid for pod in self.pods()}
        for pod in self.pods():
            self.api.delete_namespaced_pod(pod.metadata.name, self.namespace, grace_period_seconds=0)
        eventually(lambda: not before & {pod.metadata.uid for pod in self.pods()}, "the pods are new", 60)
        self.wait(len(before))

    @contextlib.contextmanager
    def closed(self, *nodes: str) -> Iterator[None]:
        """While the block runs, no pod comes onto these machines."""
        try:
            for node in nodes:
                self.api.patch_node(node, {"spec": {"unschedulable": True}})
            yield
        finally:
            for node in nodes:
                self.api.patch_node(node, {"spec": {"unschedulable": None}})

    def log(self, number: int = 0, container: str | None = None) -> str:
        """The log of a pod, also of the run before when the container was restarted."""
        parts = []
        which = {"container": container} if container else {}
        for previous in (True, False):
            with contextlib.suppress(client.ApiException):
                pod = f"{self.name}-{number}"
                parts.append(self.api.read_namespaced_pod_log(pod, self.namespace, previous=previous, **which))
        return "\n".join(part or "" for part in parts)

    def secret(self, suffix: str) -> dict[str, str]:
        """A Secret of the release by the end of its name."""
        data = self.api.read_namespaced_secret(f"{self.name}-{suffix}", self.namespace).data
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def binding(self) -> dict[str, str]:
        """What an application gets to connect."""
        return self.secret("binding")

    def without_numbers(self, *pages: str) -> set[str]:
        """The numbers of alerts and dashboard that are on none of these pages for Prometheus: of the server's own."""
        texts = [path.read_text() for path in (self.chart / "monitoring").glob("*.yaml")]
        asked = {name for text in texts for name in re.findall(r"\b([A-Za-z_]\w+)\{", text)}
        of_the_cluster = {name for name in asked if re.match(r"up$|kubelet_|kube_|container_", name)}
        assert asked > of_the_cluster
        return asked - of_the_cluster - set(re.findall(r"^([A-Za-z_]\w+)[{ ]", "\n".join(pages), re.MULTILINE))

    def numbers(self, component: str, port: int, path: str = "/metrics") -> str:
        """What the first pod of a part shows to Prometheus."""
        address = self.pods(component)[0].status.pod_ip
        with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=60) as answer:
            return answer.read().decode()

    def claims(self) -> set[str]:
        """The names of the claims of this release."""
        labels = f"app.kubernetes.io/instance={self.name}"
        items = self.api.list_namespaced_persistent_volume_claim(self.namespace, label_selector=labels).items
        return {item.metadata.name for item in items}

    @contextlib.contextmanager
    def forwarded(self, port: int, target: str | None = None) -> Iterator[int]:
        """A port of this machine that leads to one of the Service (or of `target`: pod/NAME), while the block runs."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            local = free.getsockname()[1]
        where = target or f"service/{self.name}"
        command = [self.kubectl, "-n", self.namespace, "port-forward", where, f"{local}:{port}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: connects(local), "the port-forward", 60)
            yield local
        finally:
            process.terminate()
            process.wait(10)


def internal(node: client.V1Node) -> str:
    """The address of a machine within the cluster's network."""
    return next(each.address for each in node.status.addresses if each.type == "InternalIP")


def expand(text: str, facts: dict[str, str]) -> str:
    """The text with {name} replaced by the facts that are known."""
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match[1], match[0]), text)


def connects(port: int) -> bool:
    """Whether something listens on this port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
