"""Fetches jars from a Maven repository and keeps only those with the right digest.

fetch.py LIST REPOSITORY FOLDER FOR…   LIST has lines "for SHA-256 path"; those for one of FOR are fetched into FOLDER
"""

import hashlib
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TRIES, SECONDS = 4, 60


def wanted(text, purposes):
    """Give path and digest of every jar for these purposes, each once."""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {path: digest for purpose, digest, path in lines if purpose in purposes}


def fetch(repository, path, digest, folder):
    """Fetch one jar; raises OSError when it does not come, ValueError when it is another one."""
    target = folder / path.rsplit("/", 1)[1]
    for left in reversed(range(TRIES)):
        try:
            with urllib.request.urlopen(f"{repository.rstrip('/')}/{path}", timeout=SECONDS) as answer:
                content = answer.read()
            break
        except urllib.error.HTTPError as error:
            if error.code < 500 or not left:
                raise
        except OSError:
            if not left:
                raise
        time.sleep(2)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{path} is not the file that was tested: its SHA-256 is another one")
    target.write_bytes(content)
    target.chmod(0o644)


def main(listing, repository, folder, *purposes):
    """Fetch all; 0 when they are there, 1 with one sentence when not."""
    jars = wanted(Path(listing).read_text(), purposes)
    with ThreadPoolExecutor(8) as pool:
        started = {path: pool.submit(fetch, repository, path, digest, Path(folder)) for path, digest in jars.items()}
    for path, result in started.items():
        error = result.exception()
        if error:
            print(f"cannot fetch {path} from {repository}: {error}", file=sys.stderr)
            print(
                "Name a repository that pods reach (connectors.repository), or use an image that has the connectors"
                " (connectors.source: image).",
                file=sys.stderr,
            )
            return 1
    print(f"{len(jars)} jars fetched from {repository}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
