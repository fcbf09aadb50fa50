"""A client of a notebook server's REST interface, which comes through the ingress as a browser does."""

import json
import urllib.error
import urllib.parse
import urllib.request

from tests.cluster.charts.release import Release, eventually
from tests.support.ingress import gateway


def ingress(release: Release, path: str) -> dict:
    """The values with which the server is found at this path of the host of its namespace."""
    return {"enabled": True, "className": "standard", "host": f"{release.namespace}.test", "path": path}


KNOWN: dict[str, str] = {}


def controller(release: Release) -> str:
    """The address of the ingress controller; a cluster is asked once for each namespace."""
    if release.namespace not in KNOWN:
        kubectl = lambda *words: release.run(release.kubectl, *words).stdout  # noqa: E731
        KNOWN[release.namespace] = gateway(kubectl, release.namespace)
    return KNOWN[release.namespace]


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
