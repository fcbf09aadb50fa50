"""Fills the folder of the project once, from a git repository or an archive. What is there already stays as it is."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

SAID = json.loads(Path("/etc/anywhere/settings.json").read_text())["source"]
HOME = Path(os.environ["HOME"])
LOGIN = Path("/etc/anywhere-git")
SECONDS = 60


def main() -> None:
    """Makes the folder beside its place and moves it there when it is whole."""
    target = HOME / SAID["directory"]
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        print(f"{target} is there already and stays as it is")
        return
    part = target.parent / f".{target.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    clone(part) if SAID["git"]["url"] else unpack(part)
    if target.is_dir():
        target.rmdir()
    part.rename(target)
    print(f"{target} is filled")


def clone(part: Path) -> None:
    """Clones the repository; the login is asked for by git and stands in no argument."""
    url, ref, depth = (SAID["git"][key] for key in ("url", "ref", "depth"))
    answer = Path("/tmp/login.py")
    answer.write_text(
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
        f"key = 'username' if sys.argv[1].startswith('Username') else 'password'\n"
        f"file = Path('{LOGIN}') / key\nprint(file.read_text().strip() if file.is_file() else '')\n"
    )
    answer.chmod(0o700)
    environment = {**os.environ, "GIT_ASKPASS": str(answer), "GIT_TERMINAL_PROMPT": "0"}

    def git(*words: str) -> None:
        slow = ["-c", "http.lowSpeedLimit=1", "-c", f"http.lowSpeedTime={SECONDS}"]
        subprocess.run(["git", *slow, *words], check=True, env=environment, cwd=HOME)

    limit = [f"--depth={depth}"] if depth else []
    if ref and all(letter in "0123456789abcdef" for letter in ref) and len(ref) == 40:
        git("init", "--quiet", str(part))
        git("-C", str(part), "remote", "add", "origin", url)
        git("-C", str(part), "fetch", "--quiet", *limit, "origin", ref)
        git("-C", str(part), "checkout", "--quiet", "FETCH_HEAD")
    else:
        git("clone", "--quiet", *limit, *(["--branch", ref] if ref else []), "--", url, str(part))


def unpack(part: Path) -> None:
    """Fetches the archive and unpacks it: no larger than was said, and nothing outside of the folder."""
    url, most = SAID["archive"]["url"], SAID["archive"]["maxMegabytes"] * 10**6
    packed, size = HOME / ".archive.part", 0
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer, packed.open("wb") as file:
            while block := answer.read(1 << 20):
                size += len(block)
                if size > most:
                    sys.exit(f"the archive is larger than {most // 10**6} MB: raise source.archive.maxMegabytes")
                file.write(block)
        part.mkdir()
        if zipfile.is_zipfile(packed):
            with zipfile.ZipFile(packed) as archive:
                fits(sum(item.file_size for item in archive.infolist()), most)
                archive.extractall(part)
        elif tarfile.is_tarfile(packed):
            with tarfile.open(packed) as archive:
                fits(sum(item.size for item in archive), most)
                archive.extractall(part, filter="data")
        else:
            sys.exit(f"{urllib.parse.urlsplit(url).path} is neither a .zip nor a .tar.gz file")
    finally:
        packed.unlink(missing_ok=True)
    inner = list(part.iterdir())
    if len(inner) == 1 and inner[0].is_dir():
        inner[0].rename(part.with_suffix(".inner"))
        part.rmdir()
        part.with_suffix(".inner").rename(part)


def fits(size: int, most: int) -> None:
    """Ends the program when the unpacked files are too large."""
    if size > 5 * most:
        sys.exit(f"unpacked, the archive is larger than {5 * most // 10**6} MB: raise source.archive.maxMegabytes")


try:
    main()
except (subprocess.CalledProcessError, OSError, tarfile.TarError, zipfile.BadZipFile) as exc:
    where = urllib.parse.urlsplit(SAID["git"]["url"] or SAID["archive"]["url"])
    why = exc if isinstance(exc, OSError) else "see above"
    sys.exit(f"cannot fetch the notebooks from {where.hostname}{where.path}: {why}")
