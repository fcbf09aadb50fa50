"""Why an image cannot be had, from what the kubelet says."""

from __future__ import annotations

import re

_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*":?\s*')
_NOT_FOUND = re.compile(r"not found|manifest unknown|NotFound|does not exist|no such manifest|name unknown", re.I)
_DENIED = re.compile(r"401|403|unauthorized|denied|forbidden|authoriz|no basic auth", re.I)
_AWAY = re.compile(
    r"no such host|timeout|timed out|connection refused|i/o|dial tcp|TLS|x509|EOF|reset by peer|429|toomany", re.I
)

WHY = {
    "image.not_found": "The registry has no image of this name and tag. Check both: one may be misspelt.",
    "image.invalid_name": "Check the registry, the name and the tag that were given.",
    "image.pull_denied": "Give the cluster a login for this registry, or choose an image that anybody may pull.",
    "image.registry_unreachable": "The nodes get no answer from it. Check that they may reach it, or choose another.",
    "image.never_pulled": "Let the nodes pull images, or put this one on them.",
}


def read(image: str, reason: str, message: str) -> tuple[str, str, bool]:
    """Give (code, title, certain) for a container that waits for its image."""
    said = _BACK_OFF.sub("", message)
    if reason == "InvalidImageName":
        return "image.invalid_name", f"{image} is not a valid image name", True
    if reason == "ErrImageNeverPull":
        return "image.never_pulled", f"Image {image} is not on the node, and pulling it is forbidden", True
    missing, denied = bool(_NOT_FOUND.search(said)), bool(_DENIED.search(said))
    if missing and denied:
        return "image.not_found", f"Image {image} was not found, or its registry wants a login", True
    if missing:
        return "image.not_found", f"Image {image} was not found", True
    if denied and not _AWAY.search(said):
        return "image.pull_denied", f"The registry does not give image {image} without a login", True
    backing_off = reason == "ImagePullBackOff"
    if _AWAY.search(said):
        return "image.registry_unreachable", f"The registry of image {image} cannot be reached from the cluster", False
    return "image.pull_failed", f"Image {image} cannot be pulled", backing_off and bool(said)
