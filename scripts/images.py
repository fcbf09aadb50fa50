"""Says which images of helm-charts/images.yaml have newer tags than the newest one listed there.

    images.py                   ask each image's own registry
    images.py --registry URL    ask this mirror for all of them, such as http://localhost:5000
    images.py --digests         print the digest of every listed tag instead: what goes into image.digest

A newer tag has the same shape (as many numbers, the same words between and behind them). Ends with 1 when there is any,
with 2 when a registry could not be asked.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import yaml

LIST = Path(__file__).resolve().parents[1] / "helm-charts/images.yaml"
HOSTS = {"docker.io": "https://registry-1.docker.io"}
MANIFESTS = ", ".join(
    f"application/vnd.{kind}"
    for kind in (
        "oci.image.index.v1+json",
        "docker.distribution.manifest.list.v2+json",
        "oci.image.manifest.v1+json",
        "docker.distribution.manifest.v2+json",
    )
)
SECONDS, PAGES = 20, 50


@dataclass(frozen=True)
class Image:
    """An image by its registry and repository, and the tags that charts use, the newest first."""

    registry: str
    repository: str
    tags: tuple[str, ...]


class Unreachable(Exception):
    """A registry did not answer what it was asked."""


def listed(path: Path = LIST) -> list[Image]:
    """Give the images of the list, each once."""
    found: dict[str, Image] = {}
    for entry in yaml.safe_load(path.read_text())["images"]:
        registry, _, repository = entry["image"].partition("/")
        found.setdefault(entry["image"], Image(registry, repository, tuple(entry["tags"])))
    return list(found.values())


def newer(tag: str, tags: Iterable[str]) -> list[str]:
    """Give the tags of the same shape that are newer than this one, the newest first."""
    shape, mine = re.sub(r"\d+", "0", tag), _numbers(tag)
    alike = [other for other in tags if re.sub(r"\d+", "0", other) == shape and _numbers(other) > mine]
    return sorted(alike, key=_numbers, reverse=True)


def _numbers(tag: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", tag))


class Registry:
    """A registry of the OCI distribution API; asks for an anonymous token where one is wanted."""

    def __init__(self, address: str, client: httpx.Client) -> None:
        self.address, self.client = address.rstrip("/"), client

    def tags(self, repository: str) -> list[str]:
        """Give all tags of a repository. Raises Unreachable."""
        found: list[str] = []
        path: str | None = f"/v2/{repository}/tags/list?n=1000"
        for _ in range(PAGES):
            answer = self._get(path, repository)
            found += answer.json().get("tags") or []
            path = answer.links.get("next", {}).get("url")
            if not path:
                break
        return found

    def digest(self, repository: str, tag: str) -> str:
        """Give the digest of a tag. Raises Unreachable."""
        answer = self._get(f"/v2/{repository}/manifests/{tag}", repository, {"Accept": MANIFESTS})
        return answer.headers.get("docker-content-digest", "")

    def _get(self, path: str, repository: str, headers: dict[str, str] | None = None) -> httpx.Response:
        try:
            answer = self.client.get(f"{self.address}{path}", headers=headers)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                token = self._token(answer.headers.get("www-authenticate", ""), repository)
                answer = self.client.get(
                    f"{self.address}{path}", headers={**(headers or {}), "Authorization": f"Bearer {token}"}
                )
            answer.raise_for_status()
        except httpx.HTTPError as exc:
            raise Unreachable(f"{self.address}: {exc}") from exc
        return answer

    def _token(self, challenge: str, repository: str) -> str:
        said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        wanted = {"service": said.get("service", ""), "scope": f"repository:{repository}:pull"}
        answer = self.client.get(said.get("realm", ""), params=wanted)
        answer.raise_for_status()
        body = answer.json()
        return str(body.get("token") or body.get("access_token") or "")


def main(arguments: Sequence[str]) -> int:
    """Print what is newer, or the digests; 0 when nothing is, 1 when something is, 2 when one was not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registry", help="a mirror to ask for all images")
    parser.add_argument("--digests", action="store_true", help="print the digests of the listed tags")
    options = parser.parse_args(arguments)
    behind = missed = False
    with httpx.Client(timeout=SECONDS, follow_redirects=True) as client:
        for image in listed():
            registry = Registry(options.registry or HOSTS.get(image.registry, f"https://{image.registry}"), client)
            name = f"{image.registry}/{image.repository}"
            try:
                if options.digests:
                    for tag in image.tags:
                        print(f"{name}:{tag} {registry.digest(image.repository, tag)}")
                    continue
                found = newer(image.tags[0], registry.tags(image.repository))
            except Unreachable as exc:
                missed = True
                print(f"{name}: not asked: {exc}", file=sys.stderr)
                continue
            behind |= bool(found)
            print(f"{name}:{image.tags[0]} {'newer: ' + ', '.join(found[:3]) if found else 'is the newest'}")
    return 2 if missed else 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
