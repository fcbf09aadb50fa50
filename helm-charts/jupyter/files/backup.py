"""Keeps the home folder in the bound object store: `store` adds a copy, `list` names them, `restore` brings one back.

A copy is a .tar.gz file that is sent as it is made, in parts.
"""

import contextlib
import errno
import fcntl
import gzip
import http.client
import io
import json
import os
import re
import shutil
import signal
import sys
import tarfile
import time
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from s3 import FAILURES, known, lasting, opened, signed

SAID = json.loads(Path("/etc/anywhere/settings.json").read_text())["backup"]
HOME = Path(os.environ["HOME"])
PART = 16 << 20  # bytes; S3 takes parts of 5 MiB and more, 10 000 of them at most, so they grow with the copy
TRIES = 5
NAME = "%Y-%m-%dT%H-%M-%S-%fZ.tar.gz"
STAMP = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{6}Z"
LEFT_OUT = re.compile(rf"\.cache|\.local/share/Trash|\.archive\.part|lost\+found|restored-{STAMP}(\.part)?")
ABANDONED = timedelta(days=1)


class Refused(Exception):
    """What no further try mends."""


def ask(verb: str, key: str = "", query: dict[str, str] | None = None, body: bytes = b"") -> tuple[dict, bytes]:
    """Give headers and body of the store's answer, asking anew when the network or the store fails. Raises Refused."""
    for left in reversed(range(TRIES)):
        try:
            with opened(signed(verb, known("bucket"), key, query, body)) as answer:
                return dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            if not left or lasting(error):
                raise Refused(f"the object store answers {error.code} {reason(error)}") from None
        except FAILURES as error:
            if not left:
                raise Refused(f"the object store does not answer: {error}") from None
        time.sleep(2 ** (TRIES - left))
    raise AssertionError


def reason(error: urllib.error.HTTPError) -> str:
    """Give the store's own word for what went wrong, such as RequestTimeTooSkewed; else that of HTTP."""
    with contextlib.suppress(*FAILURES):
        found = re.search(rb"<Code>(\w+)</Code>", error.read())
        if found:
            return found[1].decode()
    return error.reason


def tree(body: bytes) -> list[tuple[str, str]]:
    """Give name and text of every element of an answer in XML. Raises Refused for another answer."""
    try:
        return [(item.tag.rpartition("}")[2], item.text or "") for item in ElementTree.fromstring(body).iter()]
    except ElementTree.ParseError:
        raise Refused("what answers is no object store: it does not speak XML") from None


def copies(folder: str) -> list[str]:
    """Give the keys of the copies in a folder, the oldest first. Other files of the folder are none."""
    found, query = [], {"list-type": "2", "prefix": f"{folder}/"}
    while True:
        page = tree(ask("GET", "", query)[1])
        found += [text for name, text in page if name == "Key"]
        token = next((text for name, text in page if name == "NextContinuationToken" and text), "")
        if not token:
            return sorted(key for key in found if is_copy(folder, key))
        query["continuation-token"] = token


def is_copy(folder: str, key: str) -> bool:
    """Whether a key is that of a copy in this very folder."""
    return bool(re.fullmatch(rf"{re.escape(folder)}/{STAMP}\.tar\.gz", key))


class Sent(io.RawIOBase):
    """A file in the object store that is there when all of it has come, and not before."""

    def __init__(self, key: str) -> None:
        self.key, self.upload, self.buffer, self.tags, self.size, self.over = key, "", bytearray(), [], 0, False

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        if not self.over:
            self.buffer += data
            self.size += len(data)
            while len(self.buffer) >= (part := PART * (1 + len(self.tags) // 1000)):
                self.send(part)
        return len(data)

    def send(self, size: int) -> None:
        """Send the next part. When that fails, what still comes is not sent."""
        self.over = True
        if not self.upload:
            self.upload = dict(tree(ask("POST", self.key, {"uploads": ""})[1])).get("UploadId", "")
            if not self.upload:
                raise Refused("the object store begins no upload in parts")
        query = {"partNumber": str(len(self.tags) + 1), "uploadId": self.upload}
        headers, _ = ask("PUT", self.key, query, bytes(self.buffer[:size]))
        self.over = False
        self.tags.append(next(value for name, value in headers.items() if name.lower() == "etag"))
        del self.buffer[:size]

    def finish(self) -> None:
        """Send what is left and make the file appear."""
        if not self.upload:
            ask("PUT", self.key, body=bytes(self.buffer))
            return
        if self.buffer:
            self.send(len(self.buffer))
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
            for number, tag in enumerate(self.tags, 1)
        )
        whole = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        try:
            said = dict(tree(ask("POST", self.key, {"uploadId": self.upload}, whole)[1]))
            if "ETag" not in said:
                raise Refused(f"the object store did not put the parts together: {said.get('Code', '')}")
        except Refused as error:
            # A first try may have succeeded and its answer been lost.
            try:
                ask("HEAD", self.key)
            except Refused:
                raise error from None

    def forget(self) -> None:
        """Have the store delete the parts that have come; what is still written goes nowhere."""
        self.over = True
        if self.upload:
            with contextlib.suppress(Refused):
                ask("DELETE", self.key, {"uploadId": self.upload})


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
    folder = SAID["folder"]
    tidy(folder)
    sent, number = Sent(f"{folder}/{datetime.now(UTC):{NAME}}"), 0
    try:
        with gzip.GzipFile("", "wb", 3, sent) as packed, tarfile.open(fileobj=packed, mode="w|") as archive:
            for file in walked(HOME):
                number += add(archive, file)
        sent.finish()
    except BaseException:
        sent.forget()
        raise
    print(f"{sent.key}: {number} files, {sent.size} bytes")
    for old in copies(folder)[: -SAID["keep"]]:
        if old < sent.key:
            ask("DELETE", old)
            print(f"{old}: deleted, the newest {SAID['keep']} stay")


def tidy(folder: str) -> None:
    """Have the store delete the parts of copies that were never finished, if it can name them."""
    abandoned = f"{folder}/{datetime.now(UTC) - ABANDONED:{NAME}}"
    with contextlib.suppress(Refused):
        key = ""
        for name, text in tree(ask("GET", "", {"uploads": "", "prefix": f"{folder}/"})[1]):
            if name == "Key":
                key = text
            elif name == "UploadId" and is_copy(folder, key) and key < abandoned:
                ask("DELETE", key, {"uploadId": text})


def walked(folder: Path) -> Iterator[Path]:
    """Give what lies below a folder, each folder before what is in it, but for what is left out."""
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            left_out(folder, error.strerror)
            continue
        for entry in entries:
            file = Path(entry.path)
            if LEFT_OUT.fullmatch(str(file.relative_to(HOME))):
                left_out(file, "it is in no copy")
                continue
            yield file
            if entry.is_dir(follow_symlinks=False):
                folders.append(file)


def left_out(file: Path, why: str | None) -> None:
    """Say that something is in no copy."""
    print(f"{file.relative_to(HOME)}: left out, {why}")


def add(archive: tarfile.TarFile, file: Path) -> int:
    """Add a file, a folder or a link; gives 0 for one that is gone, cannot be opened, or is none of these."""
    with contextlib.ExitStack() as stack:
        try:
            member = archive.gettarinfo(file, arcname=str(file.relative_to(HOME)))
            archive.inodes.clear()  # a second name of a file is a file of its own in the copy
            if member is None or not (member.isreg() or member.isdir() or member.issym()):
                left_out(file, "it is no file")
                return 0
            content = stack.enter_context(file.open("rb")) if member.isreg() else None
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            left_out(file, error.strerror)
            return 0
        # From here on the copy counts on the file: an error is one of the copy.
        archive.addfile(member, Steady(content, member.size) if content else None)
    archive.members.clear()  # they would fill the memory
    return 1


class Coming(io.RawIOBase):
    """What comes from the store, counted: a connection that is cut looks like an end."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer, self.left = answer, int(answer.headers.get("Content-Length") or 0)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.answer.read(size)
        self.left -= len(data)
        if not data and self.left > 0:
            raise Refused(f"the connection to the object store broke, with {self.left} bytes to come")
        return data


def restore(which: str = "") -> None:
    """Unpack the newest copy, or the one named, into a folder of its own; nothing that is there is touched."""
    alone = os.open(HOME, os.O_RDONLY)
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused("another one is being brought back: wait until it is there") from None
    found = [key for key in copies(SAID["from"]) if key.rpartition("/")[2].startswith(which)]
    if not found:
        raise Refused(f"there is no copy {which or 'yet'} in the folder {SAID['from']} of the bucket")
    name = found[-1].rpartition("/")[2].removesuffix(".tar.gz")
    target, part = HOME / f"restored-{name}", HOME / f"restored-{name}.part"
    if target.exists():
        raise Refused(f"{target} is there already: delete it or take the files from it")
    for old in HOME.glob("restored-*.part"):
        if LEFT_OUT.fullmatch(old.name):
            shutil.rmtree(old)
    try:
        with opened(signed("GET", known("bucket"), found[-1])) as answer:
            coming, free = Coming(answer), shutil.disk_usage(HOME).free
            if coming.left > free:
                raise Refused(f"the copy has {coming.left} bytes and {free} are free in the home folder: make room")
            part.mkdir()
            unpack(coming, part)
        part.rename(target)
    except urllib.error.HTTPError as error:
        raise Refused(f"the object store answers {error.code} {reason(error)}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    print(f"{found[-1]} is in {target}: move what you need to its place")


def unpack(coming: Coming, part: Path) -> None:
    """Unpack an archive to its end. Links come last, so that no file can be written through one."""
    links = []
    with tarfile.open(fileobj=coming, mode="r|gz") as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()
            if member.issym():
                links.append((member.name, member.linkname))
                continue
            try:
                archive.extract(member, part, filter="data")
            except tarfile.FilterError as error:
                print(f"{member.name}: left out, {error}")
            except (OSError, RecursionError) as error:
                if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
                    raise
                print(f"{member.name}: left out, its path is too long")
        while coming.read(1 << 20):
            pass
    inside = part.resolve()
    for name, target in links:
        place = Path(os.path.normpath(part / name))
        # A link may stand where another one leads to.
        if not place.parent.resolve().is_relative_to(inside):
            print(f"{name}: left out, it is outside of the copy")
            continue
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
        except OSError as error:
            print(f"{name}: left out, {error.strerror}")


def main(verb: str = "", *more: str) -> None:
    """Do what is asked for."""
    if not known("endpoint"):
        raise Refused("no object store is bound: set bindings.objectStore")
    if verb == "store":
        store()
    elif verb == "restore":
        restore(*more[:1])
    else:
        print("\n".join(copies(SAID["from"])) or "there is no copy yet")


signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
try:
    main(*sys.argv[1:])
except (Refused, *FAILURES, tarfile.TarError, EOFError) as error:
    sys.exit(f"cannot {' '.join(sys.argv[1:2]) or 'list'}: {error}")
