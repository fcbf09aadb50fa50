"""The home folder of JupyterLab in a real object store: stored while it changes, and brought back."""

from collections.abc import Callable

import pytest

from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.s3_client import store

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
HOME = "/home/jovyan"
BOUND = {
    "resources": {"cpu": "20m", "memory": "320Mi"},
    "bindings": {"objectStore": "lake-binding"},
    "backup": {"enabled": True, "keep": 2},
}
# Of 40 MiB that do not shrink, so that the copy is sent in parts.
FILL = f"""
mkdir -p {HOME}/work/deep {HOME}/.cache
echo hello >{HOME}/work/deep/notes.txt
echo lost >{HOME}/.cache/thrown-away
ln -s notes.txt {HOME}/work/deep/link
head -c 41943040 /dev/urandom >{HOME}/work/large
sha256sum <{HOME}/work/large
"""


def keys(lake: Release) -> set[str]:
    """What lies in the bucket."""
    s3 = store(f"{lake.pods()[0].status.pod_ip}:8333", lake.binding(), attempts=5)
    return {item["Key"] for item in s3.list_objects_v2(Bucket=lake.binding()["bucket"]).get("Contents", [])}


@pytest.fixture(scope="module")
def ada(release: Callable[[str, str], Release], lake: Release) -> Release:
    """A notebook with files."""
    made = release("ada", "jupyter")
    made.bring_up(BOUND)
    return made


def test_a_copy_is_stored_and_brought_back_beside_what_is_there(ada: Release, lake: Release) -> None:
    digest = ada.execute("ada-0", "sh", "-c", FILL).split()[0]
    said = ada.procedure("backup")
    (key,) = keys(lake)
    assert key in said and key.startswith(f"{ada.namespace}/ada/")
    ada.execute("ada-0", "sh", "-c", f"echo later >{HOME}/work/deep/notes.txt; rm {HOME}/work/large")
    said = ada.procedure("restore")
    back = said.split(" is in ")[1].split(":")[0]
    assert ada.execute("ada-0", "cat", f"{back}/work/deep/link") == "hello\n"
    assert ada.execute("ada-0", "sh", "-c", f"sha256sum <{back}/work/large").split()[0] == digest
    assert ada.execute("ada-0", "cat", f"{HOME}/work/deep/notes.txt") == "later\n"
    assert "thrown-away" not in ada.execute("ada-0", "find", back)
    assert "there already" in refused(ada, "restore")


def refused(made: Release, verb: str) -> str:
    """What the program says when it does not do what it is asked for."""
    name = made.pods()[0].metadata.name
    command = ["exec", name, "--", "python", "/etc/anywhere/backup.py", verb]
    answer = made.run(made.kubectl, "-n", made.namespace, *command)
    assert answer.returncode != 0 and "Traceback" not in answer.stderr, answer.stderr
    return answer.stderr


def test_no_more_copies_stay_than_are_to_be_kept(ada: Release, lake: Release) -> None:
    (first,) = keys(lake)
    ada.execute("ada-0", "sh", "-c", f"rm -rf {HOME}/restored-*")
    lines = f"date >>{HOME}/work/growing; echo x >{HOME}/work/passing; rm {HOME}/work/passing"
    ada.execute("ada-0", "sh", "-c", f"(while sleep 0.01; do {lines}; done) >/dev/null 2>&1 &")
    ada.procedure("backup")
    ada.procedure("backup")
    assert len(keys(lake)) == 2 and first not in keys(lake)


def test_another_notebook_brings_it_back(ada: Release, lake: Release, release: Callable[[str, str], Release]) -> None:
    newest = max(keys(lake))
    made = release("bea", "jupyter")
    made.bring_up({**BOUND, "backup": {"enabled": True, "from": f"{ada.namespace}/ada"}})
    said = made.procedure("restore")
    assert newest in said
    back = said.split(" is in ")[1].split(":")[0]
    assert made.execute("bea-0", "cat", f"{back}/work/deep/notes.txt") == "later\n"
    made.uninstall()


def test_without_the_store_nothing_is_half_stored_and_the_answer_says_why(ada: Release, lake: Release) -> None:
    before, secret = keys(lake), lake.binding()["secret-access-key"]
    lake.uninstall()
    said = refused(ada, "store")
    assert "the object store does not answer" in said and secret not in said
    lake.bring_up()
    assert keys(lake) == before


def test_a_copy_that_is_broken_off_leaves_no_parts_in_the_store(ada: Release, lake: Release) -> None:
    before = keys(lake)
    fill = f"while sleep 0.1; do head -c 9000000 /dev/urandom >{HOME}/work/$((n = n + 1)); [ $n -lt 30 ] || break; done"
    ada.execute("ada-0", "sh", "-c", fill)
    ada.execute("ada-0", "sh", "-c", "python /etc/anywhere/backup.py store >/tmp/said 2>&1 & echo $! >/tmp/pid")
    eventually(lambda: uploads(lake), "parts have come", 60)
    ada.execute("ada-0", "sh", "-c", "kill $(cat /tmp/pid)")
    eventually(lambda: not uploads(lake), "the parts are gone", 60)
    assert keys(lake) == before


def uploads(lake: Release) -> list[dict]:
    """The uploads in parts that are not finished."""
    s3 = store(f"{lake.pods()[0].status.pod_ip}:8333", lake.binding(), attempts=5)
    return s3.list_multipart_uploads(Bucket=lake.binding()["bucket"]).get("Uploads", [])
