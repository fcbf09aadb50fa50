"""Fetches a model before its server starts: a file over http, or a file or a folder from the bound object store.

URI says what and SHA256, if it is there, what the file must be.
"""

import hashlib
import os
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

from s3 import FAILURES, lasting, opened, signed

TARGET = Path("/mnt/models")
TRIES = 5


class Refused(Exception):
    """What no further try mends."""


def again(what, action):
    """Give what the action gives, trying anew when the network fails; Refused when that is of no use."""
    for left in reversed(range(TRIES)):
        try:
            return action()
        except FAILURES as error:
            if lasting(error):
                raise Refused(f"the answer is {error.code} {error.reason}") from None
            if not left:
                raise Refused(f"it failed {TRIES} times, last with: {error}") from None
            print(f"{what}: {error}; again", flush=True)
            time.sleep(2 ** (TRIES - left))


def save(request, file):
    """Write the answer to a file; gives its digest. The file appears whole or not at all."""

    def once():
        digest = hashlib.sha256()
        part = file.with_name(file.name + ".part")
        file.parent.mkdir(parents=True, exist_ok=True)
        with opened(request()) as answer, part.open("wb") as out:
            expected, size = answer.headers.get("Content-Length"), 0
            while block := answer.read(1 << 20):
                out.write(block)
                digest.update(block)
                size += len(block)
        if expected is not None and size != int(expected):
            raise ConnectionError(f"{size} of {expected} bytes came")
        part.rename(file)
        print(f"{file}: {size} bytes, SHA-256 {digest.hexdigest()}", flush=True)
        return digest.hexdigest()

    return again(file.name, once)


def listing(bucket, prefix):
    """Give the keys below a prefix."""
    query, more = {"list-type": "2", "prefix": prefix}, True
    while more:
        with again(prefix, lambda: opened(signed("GET", bucket, "", query))) as answer:
            page = ElementTree.fromstring(answer.read())
        space = page.tag.partition("}")[0] + "}" if page.tag.startswith("{") else ""
        for item in page.iter(f"{space}Contents"):
            yield item.findtext(f"{space}Key")
        token = page.findtext(f"{space}NextContinuationToken")
        more = page.findtext(f"{space}IsTruncated") == "true" and bool(token)
        query["continuation-token"] = token or ""


def folder(bucket, prefix):
    """Fetch what lies below a prefix, each file at its place."""
    keys = [key for key in listing(bucket, prefix) if not key.endswith("/")]
    if not keys:
        raise Refused("there is nothing in this folder")
    for key in keys:
        file = TARGET / key[len(prefix) :]
        if TARGET not in Path(os.path.normpath(file)).parents:
            raise Refused(f"the key {key!r} leads out of the folder")
        save(lambda key=key: signed("GET", bucket, key), file)


def fetch(uri):
    """Fetch what the address names."""
    parts = urllib.parse.urlsplit(uri)
    key = parts.path.lstrip("/")
    if parts.scheme == "s3" and key.endswith("/"):
        return folder(parts.netloc, key)
    file = TARGET / key.rpartition("/")[2]
    store = parts.scheme == "s3"
    found = save(lambda: signed("GET", parts.netloc, key) if store else urllib.request.Request(uri), file)
    wanted = os.environ.get("SHA256")
    if wanted and found != wanted:
        file.unlink()
        raise Refused(f"its SHA-256 is {found}, not {wanted}")
    return None


if __name__ == "__main__":
    try:
        fetch(os.environ["URI"])
    except Refused as error:
        sys.exit(f"Cannot fetch {os.environ['URI']}: {error}.")
