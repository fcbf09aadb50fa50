"""Keeps the home folder in the bound object store: `store` adds a copy, `list` names them, `restore` brings one back.

A copy is a .tar.gz file that is sent as it is made, in parts; keys are read from /bindings and never printed.
"""

import hashlib
import hmac
import io
import json
import os
import shutil
import ssl
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

SAID = json.loads(Path("/etc/anywhere/settings.json").read_text())["backup"]
BINDING, HOME = Path("/bindings/object-store"), Path(os.environ["HOME"])
PART = 16 << 20  # bytes; S3 takes parts of 5 MiB and more, 10 000 of them at most
TRIES = 5
LEFT_OUT = {".cache", ".local/share/Trash", ".archive.part"}
RESTORED = "restored-"


class Refused(Exception):
    """What no further try mends."""


def known(key: str, default: str = "") -> str:
    """Give an entry of the binding."""
    file = BINDING / key
    return file.read_text().strip() if file.is_file() else default


def signed(verb: str, key: str, query: dict[str, str], body: bytes) -> urllib.request.Request:
    """Give a request for the bucket, signed as S3 asks for (AWS Signature Version 4)."""
    endpoint = known("endpoint")
    parts = urllib.parse.urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    host, path = parts.netloc, f"{parts.path.rstrip('/')}/{known('bucket')}/{key}"
    if known("path-style", "true") == "false":
        host, path = f"{known('bucket')}.{parts.netloc}", f"{parts.path.rstrip('/')}/{key}"
    path = urllib.parse.quote(path, safe="/-_.~")
    asked = "&".join(f"{name}={urllib.parse.quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
    now, content = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), hashlib.sha256(body).hexdigest()
    region = known("region", "us-east-1")
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
    address = f"{parts.scheme}://{host}{path}{'?' + asked if asked else ''}"
    return urllib.request.Request(address, method=verb, headers=headers, data=body or None)


def ask(verb: str, key: str = "", query: dict[str, str] | None = None, body: bytes = b""):
    """Give the store's answer, asking anew when the network or the store fails. Raises Refused."""
    authority = BINDING / "certificates"
    trust = ssl.create_default_context(cafile=str(authority) if authority.is_file() else None)
    for left in reversed(range(TRIES)):
        try:
            return urllib.request.urlopen(signed(verb, key, query or {}, body), timeout=60, context=trust)
        except urllib.error.HTTPError as error:
            if not left or (error.code < 500 and error.code not in (408, 429)):
                raise Refused(f"the object store answers {error.code} {error.reason}") from None
        except OSError as error:
            if not left:
                raise Refused(f"the object store does not answer: {error}") from None
        time.sleep(2 ** (TRIES - left))


def tree(answer) -> Iterator[tuple[str, str]]:
    """Give name and text of every element of an answer in XML."""
    with answer:
        for item in ElementTree.fromstring(answer.read()).iter():
            yield item.tag.rpartition("}")[2], item.text or ""


def copies() -> list[str]:
    """Give the keys of all copies, the oldest first."""
    found, query = [], {"list-type": "2", "prefix": f"{SAID['folder']}/"}
    while True:
        page = list(tree(ask("GET", "", query)))
        found += [text for name, text in page if name == "Key" and text.endswith(".tar.gz")]
        token = next((text for name, text in page if name == "NextContinuationToken" and text), "")
        if not token:
            return sorted(found)
        query["continuation-token"] = token


class Sent(io.RawIOBase):
    """A file in the object store that is there when all of it has come, and not before."""

    def __init__(self, key: str) -> None:
        self.key, self.upload, self.buffer, self.parts, self.size = key, "", bytearray(), [], 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.buffer += data
        self.size += len(data)
        while len(self.buffer) >= PART:
            self.send(PART)
        return len(data)

    def send(self, size: int) -> None:
        """Send the next part."""
        self.upload = self.upload or dict(tree(ask("POST", self.key, {"uploads": ""})))["UploadId"]
        number = str(len(self.parts) + 1)
        with ask("PUT", self.key, {"partNumber": number, "uploadId": self.upload}, bytes(self.buffer[:size])) as answer:
            self.parts.append(answer.headers["ETag"])
        del self.buffer[:size]

    def finish(self) -> None:
        """Send what is left and make the file appear."""
        if not self.upload:
            ask("PUT", self.key, body=bytes(self.buffer)).close()
            return
        if self.buffer:
            self.send(len(self.buffer))
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
            for number, tag in enumerate(self.parts, 1)
        )
        text = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        said = dict(tree(ask("POST", self.key, {"uploadId": self.upload}, text.encode())))
        if "ETag" not in said:
            raise Refused(f"the object store did not put the parts together: {said.get('Message', '')}")

    def forget(self) -> None:
        """Have the store delete the parts that have come."""
        if self.upload:
            ask("DELETE", self.key, {"uploadId": self.upload}).close()


class Steady:
    """A file as long as it was when it was looked at, whatever becomes of it while it is read."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self.file, self.left = file, size

    def read(self, size: int) -> bytes:
        data = self.file.read(min(size, self.left))
        data += bytes(min(size, self.left) - len(data))
        self.left -= len(data)
        return data


def store() -> None:
    """Add a copy, then delete the oldest beyond those that are kept."""
    key = f"{SAID['folder']}/{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.tar.gz"
    sent, number = Sent(key), 0
    try:
        with tarfile.open(fileobj=sent, mode="w|gz", compresslevel=3) as archive:
            for file in walked(HOME):
                number += add(archive, file)
        sent.finish()
    except BaseException:
        sent.forget()
        raise
    print(f"{key}: {number} files, {sent.size} bytes")
    for old in copies()[: -SAID["keep"]]:
        ask("DELETE", old).close()
        print(f"{old}: deleted, the newest {SAID['keep']} stay")


def walked(folder: Path) -> Iterator[Path]:
    """Give what lies below a folder, but for what is left out and what was brought back."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        file = Path(entry.path)
        name = str(file.relative_to(HOME))
        if name in LEFT_OUT or name.startswith(RESTORED) or name == "lost+found":
            continue
        yield file
        if entry.is_dir(follow_symlinks=False):
            yield from walked(file)


def add(archive: tarfile.TarFile, file: Path) -> int:
    """Add one file; gives 0 for one that is gone, cannot be read, or is none (a socket)."""
    try:
        member = archive.gettarinfo(file, arcname=str(file.relative_to(HOME)))
        if member is None:
            return 0
        if not member.isreg():
            archive.addfile(member)
            return 1
        with file.open("rb") as content:
            archive.addfile(member, Steady(content, member.size))
    except (FileNotFoundError, PermissionError) as error:
        print(f"{file.relative_to(HOME)}: left out, {error.strerror}")
        return 0
    return 1


def restore(which: str = "") -> None:
    """Unpack the newest copy, or the one named, into a folder of its own; nothing that is there is touched."""
    keys = copies()
    found = [key for key in keys if which in key]
    if not found:
        raise Refused(f"there is no copy {which or 'yet'} in the folder {SAID['folder']} of the bucket")
    name = found[-1].rpartition("/")[2].removesuffix(".tar.gz")
    target, part = HOME / f"{RESTORED}{name}", HOME / f"{RESTORED}{name}.part"
    if target.exists():
        raise Refused(f"{target} is there already: delete it or take the files from it")
    shutil.rmtree(part, ignore_errors=True)
    with ask("GET", found[-1]) as answer, tarfile.open(fileobj=answer, mode="r|gz") as archive:
        archive.extractall(part, filter="data")
    part.rename(target)
    print(f"{found[-1]} is in {target}: move what you need to its place")


def main(verb: str = "", *more: str) -> None:
    """Do what is asked for."""
    if not known("endpoint"):
        raise Refused("no object store is bound: set bindings.objectStore")
    if verb == "store":
        store()
    elif verb == "restore":
        restore(*more[:1])
    else:
        print("\n".join(copies()) or "there is no copy yet")


try:
    main(*sys.argv[1:])
except (Refused, OSError, tarfile.TarError) as error:
    sys.exit(f"cannot {' '.join(sys.argv[1:2]) or 'list'}: {error}")
