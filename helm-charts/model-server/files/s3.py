"""Speaks S3 with the bound object store. Keys are read from /bindings and never printed."""

import hashlib
import hmac
import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

BINDING = Path("/bindings/object-store")


def known(key, default=""):
    """Give an entry of the binding."""
    file = BINDING / key
    return file.read_text().strip() if file.is_file() else default


def address(bucket, key):
    """Give scheme, host and path of an object: the bucket in the path, or, where the binding says so, in the host."""
    endpoint = known("endpoint")
    parts = urllib.parse.urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    host, path = parts.netloc, f"{parts.path.rstrip('/')}/{bucket}/{key}"
    if known("path-style", "true") == "false":
        host, path = f"{bucket}.{parts.netloc}", f"{parts.path.rstrip('/')}/{key}"
    return parts.scheme, host, urllib.parse.quote(path, safe="/-_.~")


def signed(verb, bucket, key="", query=None, body=b""):
    """Give the request for an object or, without a key, the bucket, signed by AWS Signature Version 4."""
    scheme, host, path = address(bucket, key)
    words = sorted((query or {}).items())
    asked = "&".join("=".join(urllib.parse.quote(word, safe="-_.~") for word in pair) for pair in words)
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017  (Python 3.10 has no UTC)
    content, region = hashlib.sha256(body).hexdigest(), known("region", "us-east-1")
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    headers = {"host": host, "x-amz-content-sha256": content, "x-amz-date": now}
    names = ";".join(headers)
    told = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"{verb}\n{path}\n{asked}\n{told}\n{names}\n{content}"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"AWS4{known('secret-access-key')}".encode()
    for word in (now[:8], region, "s3", "aws4_request"):
        secret = hmac.new(secret, word.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{known('access-key-id')}/{scope}"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    url = f"{scheme}://{host}{path}{'?' + asked if asked else ''}"
    return urllib.request.Request(url, method=verb, headers=headers, data=body or None)


def opened(request):
    """Give the answer to a request. Certificates are trusted that the image or the binding knows."""
    trust = ssl.create_default_context()
    if (BINDING / "certificates").is_file():
        trust.load_verify_locations(BINDING / "certificates")
    return urllib.request.urlopen(request, timeout=60, context=trust)


def lasting(error):
    """Tell whether asking again is of no use."""
    return isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code not in (408, 429)


FAILURES = (OSError, http.client.HTTPException)  # of the network or of who answers
