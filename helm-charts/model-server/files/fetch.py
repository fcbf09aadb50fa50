"""Fetches a model before its server starts: a file over http, or a file or a folder from the bound object store.

URI says what and SHA256, if it is there, what the file must be. Keys are read from /bindings and never printed.
"""

import hashlib
import hmac
import http.client
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree

BINDING, TARGET = Path("/bindings/object-store"), Path("/mnt/models")
NOTHING = hashlib.sha256(b"").hexdigest()
TRIES = 5


class Refused(Exception):
    """What no further try mends."""


def known(key, default=""):
    """Give an entry of the binding."""
    file = BINDING / key
    return file.read_text().strip() if file.is_file() else default


def address(bucket, key):
    """Give host and path of an object: the bucket in the path, or, where the binding says so, in the host."""
    endpoint = known("endpoint")
    endpoint = urllib.parse.urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    if known("path-style", "true") == "false":
        return endpoint.scheme, f"{bucket}.{endpoint.netloc}", f"{endpoint.path.rstrip('/')}/{key}"
    return endpoint.scheme, endpoint.netloc, f"{endpoint.path.rstrip('/')}/{bucket}/{key}"


def signed(bucket, key, query=()):
    """Give the request for an object or a listing, signed as S3 asks for (AWS Signature Version 4)."""
    scheme, host, path = address(bucket, key)
    path = urllib.parse.quote(path, safe="/-_.~")
    asked = "&".join("=".join(urllib.parse.quote(word, safe="-_.~") for word in pair) for pair in sorted(query))
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017  (Python 3.10 has no UTC)
    region = known("region", "us-east-1")
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    headers = {"host": host, "x-amz-content-sha256": NOTHING, "x-amz-date": now}
    names = ";".join(headers)
    told = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"GET\n{path}\n{asked}\n{told}\n{names}\n{NOTHING}"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"AWS4{known('secret-access-key')}".encode()
    for part in (now[:8], region, "s3", "aws4_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    key = f"{known('access-key-id')}/{scope}"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={key}, SignedHeaders={names}, Signature={signature}"
    return urllib.request.Request(f"{scheme}://{host}{path}{'?' + asked if asked else ''}", headers=headers)


def opened(request):
    """Give the answer to a request; Refused when asking again is of no use."""
    authority = BINDING / "certificates"
    trust = ssl.create_default_context(cafile=str(authority) if authority.is_file() else None)
    try:
        return urllib.request.urlopen(request(), timeout=60, context=trust)
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code not in (408, 429):
            raise Refused(f"the answer is {error.code} {error.reason}") from None
        raise


def again(what, action):
    """Give what the action gives, trying anew when the network fails."""
    for left in reversed(range(TRIES)):
        try:
            return action()
        except (OSError, http.client.HTTPException) as error:
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
        with opened(request) as answer, part.open("wb") as out:
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
        with again(prefix, lambda: opened(lambda: signed(bucket, "", query.items()))) as answer:
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
        save(lambda key=key: signed(bucket, key), file)


def fetch(uri):
    """Fetch what the address names."""
    parts = urllib.parse.urlsplit(uri)
    key = parts.path.lstrip("/")
    if parts.scheme == "s3" and key.endswith("/"):
        return folder(parts.netloc, key)
    file = TARGET / key.rpartition("/")[2]
    store = parts.scheme == "s3"
    found = save(lambda: signed(parts.netloc, key) if store else urllib.request.Request(uri), file)
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
