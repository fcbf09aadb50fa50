"""A chart archive looked through before anything else reads it. What Helm would skip or follow is refused whole."""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from dataclasses import dataclass, field

from catalog.rules.faults import ArchiveRefused

MAX_PACKED = 16 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
MAX_FILE = 5 * 1024 * 1024
MAX_ENTRIES = 5_000
MAX_RATIO = 200
MAX_LEVELS = 3
MAX_PATH = 255
NEEDED = "ci/required-values.yaml"  # values without which the chart does not render, as an example of them
_PATH = re.compile(r"^[^\x00-\x1f\x7f\\]+$")
_PAX = frozenset({"path", "mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "size", "comment"})


@dataclass
class Archive:
    """The files of a chart, by path below the chart's folder; those of packed subcharts are only looked through."""

    name: str
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    def text(self, path: str) -> str:
        """Give a file as text, or "" when it is not there."""
        return self.files.get(path, b"").decode("utf-8", errors="replace").replace("\x00", "")


@dataclass
class _Budget:
    bytes: int = MAX_UNPACKED
    entries: int = MAX_ENTRIES

    def take(self, size: int) -> None:
        self.bytes -= size
        self.entries -= 1
        if self.bytes < 0:
            raise ArchiveRefused("archive.too_large", "Unpacked it is larger than 100 MB.")
        if self.entries < 0:
            raise ArchiveRefused("archive.too_many_files", f"It has more than {MAX_ENTRIES} files.")


def scan(data: bytes) -> Archive:
    """Give the chart's files; raise ArchiveRefused when anything in the archive is not as in a plain chart."""
    if len(data) > MAX_PACKED:
        raise ArchiveRefused("archive.too_large", "The archive is larger than 16 MB.")
    return _scan(data, _Budget(), 1)


def _scan(data: bytes, budget: _Budget, level: int) -> Archive:
    if level > MAX_LEVELS:
        raise ArchiveRefused("archive.nested", f"Charts are packed in one another more than {MAX_LEVELS} times.")
    tar = _unpack(data, budget.bytes)
    archive = Archive("")
    seen: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as reader:
            for member in reader:
                path = _path(member, archive)
                budget.take(member.size)
                if member.isdir():
                    continue
                if path.casefold() in seen:
                    raise ArchiveRefused("archive.duplicate", f"{path[:80]!r} is there twice.")
                seen[path.casefold()] = path
                opened = reader.extractfile(member)
                archive.files[path] = opened.read() if opened else b""
    except (tarfile.TarError, EOFError, UnicodeError, ValueError, OverflowError) as exc:
        if isinstance(exc, ArchiveRefused):
            raise
        raise ArchiveRefused("archive.broken", "It is not a tar archive that can be read.") from None
    if "Chart.yaml" not in archive.files:
        raise ArchiveRefused("archive.no_chart", "There is no Chart.yaml in it.")
    for path, content in list(archive.files.items()):
        if re.fullmatch(r"(.*/)?charts/[^/]+\.(tgz|tar\.gz)", path):
            _scan(content, budget, level + 1)
    return archive


def _unpack(data: bytes, limit: int) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        tar = reader.decompress(data, limit + 1)
    except zlib.error:
        raise ArchiveRefused("archive.broken", "It is not a gzip file.") from None
    if len(tar) > limit:
        raise ArchiveRefused("archive.too_large", "Unpacked it is larger than 100 MB.")
    if len(tar) > 1024 * 1024 and len(tar) > MAX_RATIO * len(data):
        raise ArchiveRefused("archive.bomb", f"It unpacks to more than {MAX_RATIO} times its size.")
    if not reader.eof:
        raise ArchiveRefused("archive.broken", "It ends too early.")
    if reader.unused_data:
        raise ArchiveRefused("archive.trailing_data", "There is something after the end of the archive.")
    return tar


def _path(member: tarfile.TarInfo, archive: Archive) -> str:
    """Give the path below the chart's folder of an entry that may be there."""
    name = member.name
    shown = repr(name[:80])
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise ArchiveRefused("archive.link", f"{shown} is not a plain file.")
    if set(member.pax_headers) - _PAX:
        raise ArchiveRefused("archive.header", f"{shown} has headers that a chart does not need.")
    parts = name.rstrip("/").split("/")
    if len(name) > MAX_PATH or not _PATH.match(name) or any(part in ("", ".", "..") for part in parts):
        raise ArchiveRefused("archive.path", f"The path {shown} is not taken.")
    if member.mode & 0o7000:
        raise ArchiveRefused("archive.mode", f"{shown} has a setuid, setgid or sticky bit.")
    if member.size > MAX_FILE:
        raise ArchiveRefused("archive.file_too_large", f"{shown} is larger than 5 MB.")
    if not archive.name:
        archive.name = parts[0]
    if parts[0] != archive.name or (len(parts) == 1 and not member.isdir()):
        raise ArchiveRefused("archive.path", f"{shown} is outside of the chart's folder.")
    return "/".join(parts[1:])
