"""The charts that come with the portal, packaged from their folders."""

from __future__ import annotations

import re
from pathlib import Path

from catalog.errors import BadPackage
from catalog.rules import documents
from catalog.rules.archive import NEEDED
from catalog.rules.faults import ArchiveRefused
from catalog.rules.packing import digest, pack

LEFT_OUT = {"ci", "charts", "tests"}
LOCAL = "file://../"


def folders(root: Path) -> list[Path]:
    """Give the folders that hold a package, by name."""
    return sorted(path.parent for path in root.glob("*/package.yaml") if (path.parent / "Chart.yaml").is_file())


def stacks(root: Path) -> list[Path]:
    """Give the files that hold a stack, by name."""
    return sorted((root / "stacks").glob("*.yaml"))


def package(folder: Path) -> bytes:
    """Give the archive of a chart's folder, with the charts it takes from beside it under charts/."""
    files = _files(folder)
    for dependency in _local_dependencies(files["Chart.yaml"], folder):
        files |= {f"charts/{dependency.name}/{path}": data for path, data in _files(dependency).items()}
    return pack(folder.name, files)


def as_version(folder: Path, version: str) -> bytes:
    """Give the archive of a chart's folder under another version."""
    files = _files(folder)
    for dependency in _local_dependencies(files["Chart.yaml"], folder):
        files |= {f"charts/{dependency.name}/{path}": data for path, data in _files(dependency).items()}
    said = files["Chart.yaml"].decode()
    files["Chart.yaml"] = re.sub(r"(?m)^version:.*$", f'version: "{version}"', said, count=1).encode()
    return pack(folder.name, files)


def changed_version(version: str, data: bytes) -> str:
    """Give the version under which changed content is published: the same, with the content's digest behind it."""
    return f"{version}{'.' if '+' in version else '+'}{digest(data)[:8]}"


def _files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        left_out = parts[0] in LEFT_OUT and "/".join(parts) != NEEDED
        if left_out or any(part.startswith(".") for part in parts) or path.is_symlink():
            continue
        if path.is_file():
            found["/".join(parts)] = path.read_bytes()
    return found


def _local_dependencies(chart: bytes, folder: Path) -> list[Path]:
    try:
        metadata = documents.load(chart, f"{folder.name}/Chart.yaml")
    except ArchiveRefused as refusal:
        raise BadPackage(refusal.detail, code=refusal.code) from None
    found = []
    for entry in metadata.get("dependencies") or []:
        repository = str(entry.get("repository", ""))
        beside = folder.parent / repository.removeprefix(LOCAL)
        if not repository.startswith(LOCAL) or beside.parent != folder.parent or not (beside / "Chart.yaml").is_file():
            raise BadPackage(f"{folder.name} needs {entry.get('name')}, which is not in a folder beside it.")
        found.append(beside)
    return found
