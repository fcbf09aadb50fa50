"""The chart cache: published archives as files named by their digest, checked each time they are used."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings

from catalog.errors import ChartDamaged
from catalog.models import Archive
from catalog.rules.packing import digest


def path_of(name: str) -> Path:
    """Give where the archive of a digest lies, or would lie."""
    return Path(settings.CHART_CACHE) / f"{name}.tgz"


def keep(data: bytes) -> str:
    """Give the digest of an archive after keeping it in the database."""
    name = digest(data)
    Archive.objects.get_or_create(digest=name, defaults={"data": data})
    return name


def fetch(name: str) -> Path:
    """Give the file of a digest, its bytes checked; a missing or damaged file is made again from the database.

    Raises ChartDamaged when the database does not have these bytes.
    """
    path = path_of(name)
    if path.is_file() and digest(path.read_bytes()) == name:
        return path
    data = Archive.objects.filter(digest=name).values_list("data", flat=True).first()
    if data is None or digest(bytes(data)) != name:
        raise ChartDamaged("Its archive is missing, or is not what was published. Publish the version again.")
    _write(path, bytes(data))
    return path


def _write(path: Path, data: bytes) -> None:
    """Write the whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
