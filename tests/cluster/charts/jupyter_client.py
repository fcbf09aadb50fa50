"""A client of a notebook server's REST interface, which comes through the ingress as a browser does."""

import json
import urllib.error
import urllib.parse
import urllib.request

from tests.cluster.charts.release import Release, eventually

GATEWAY = "10.100.0.1"


def ingress(release: Release, path: str) -> dict:
    """The values with which the server is found at this path of the host of its namespace."""
    return {"enabled": True, "className": "standard", "host": f"{release.namespace}.test", "path": path}


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
        f"http://{GATEWAY}{given['path']}/{urllib.parse.quote(path)}",
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
