"""A client of a notebook server's REST interface, which comes through the ingress as a browser does."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from functools import cache

from tests.cluster.charts.release import Release, eventually
from tests.support.ingress import gateway


def ingress(release: Release, path: str) -> dict:
    """The values with which the server is found at this path of the host of its namespace."""
    return {"enabled": True, "className": "standard", "host": f"{release.namespace}.test", "path": path}


@cache
def gateway_of(kubectl: str, namespace: str) -> str:
    """The address of the ingress controller; a cluster is asked once for each namespace."""

    def ask(*words: str) -> str:
        return subprocess.run([kubectl, *words], check=True, capture_output=True, text=True, timeout=60).stdout

    return gateway(ask, namespace)


def controller(release: Release) -> str:
    """The address at which the ingress of a release is reached."""
    return gateway_of(release.kubectl, release.namespace)


def ask(
    release: Release,
    path: str,
    method: str = "GET",
    body: object = None,
    token: str | None = None,
    seconds: float = 60,
) -> tuple:
    """The code and the JSON that the server answers; with the right token if none is given.

    Errors of the network are raised.
    """
    token = release.binding()["token"] if token is None else token
    given = release.external["ingress"]
    request = urllib.request.Request(
        f"http://{controller(release)}{given['path']}/{urllib.parse.quote(path)}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Host": given["host"], **({"Authorization": f"token {token}"} if token else {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, None


def reached(release: Release) -> None:
    """Returns when the ingress leads to the server again."""
    eventually(lambda: ask(release, "api")[0] == 200, "the notebook answers through the ingress", 120)
