"""A chart archive whose bytes depend on nothing but its files."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping


def pack(name: str, files: Mapping[str, bytes]) -> bytes:
    """Give the .tgz of a chart: files in order, no times, no owners, so the same files give the same digest."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as writer:
        for path in sorted(files, key=lambda path: (path != "Chart.yaml", path)):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(files[path])
            entry.mode = 0o644
            writer.addfile(entry, io.BytesIO(files[path]))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0, compresslevel=9) as writer_gz:
        writer_gz.write(buffer.getvalue())
    return packed.getvalue()


def digest(data: bytes) -> str:
    """Give the sha256 of an archive, its name in the cache."""
    return hashlib.sha256(data).hexdigest()
