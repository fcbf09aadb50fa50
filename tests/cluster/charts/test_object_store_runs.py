"""One SeaweedFS server on a real cluster, asked by boto3. The tests of this file follow each other on one release."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.s3_client import numbers, store

pytestmark = pytest.mark.cluster
DECLARED = {
    "users": [
        {"name": "app", "buckets": ["data", "versions"]},
        {"name": "auditor", "buckets": ["data"], "actions": ["Read", "List"]},
    ],
    "buckets": [{"name": "data"}, {"name": "versions", "versioning": True}],
    "metrics": {"enabled": True},
}


@pytest.fixture(scope="module")
def objects(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share, installed with the small plan in the earlier version."""
    made = release("objects", "object-store")
    made.bring_up({**DECLARED, "serverVersion": "4.47"})
    return made


@contextmanager
def connected(release: Release, secret: str = "binding", **login: str) -> Iterator:
    """A real client with the credentials of a binding, at the address of the pod."""
    yield store(f"{release.pods()[0].status.pod_ip}:8333", release.secret(secret), **login)


def code(call: Callable[[], object]) -> str:
    """The code of the error that the server answers with."""
    with pytest.raises(ClientError) as said:
        call()
    return said.value.response["Error"]["Code"]


def test_what_is_declared_is_there_and_an_object_is_kept(objects: Release) -> None:
    with connected(objects) as client:
        assert {bucket["Name"] for bucket in client.list_buckets()["Buckets"]} == {"data", "versions"}
        client.put_object(Bucket="data", Key="a/word", Body=b"first")
        assert client.get_object(Bucket="data", Key="a/word")["Body"].read() == b"first"
        assert "Status" not in client.get_bucket_versioning(Bucket="data")
        assert client.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"


def test_a_large_object_in_parts_is_put_together(objects: Release) -> None:
    parts = [bytes([number]) * (5 * 2**20 + number) for number in (1, 2, 3)]
    with connected(objects) as client:
        upload = {"Bucket": "data", "Key": "large"}
        upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
        done = [
            {"PartNumber": number, "ETag": client.upload_part(PartNumber=number, Body=body, **upload)["ETag"]}
            for number, body in enumerate(parts, 1)
        ]
        client.complete_multipart_upload(MultipartUpload={"Parts": done}, **upload)
        assert client.get_object(Bucket="data", Key="large")["Body"].read() == b"".join(parts)


def test_earlier_versions_are_kept_where_it_is_declared(objects: Release) -> None:
    with connected(objects) as client:
        first = client.put_object(Bucket="versions", Key="word", Body=b"one")["VersionId"]
        client.put_object(Bucket="versions", Key="word", Body=b"two")
        assert client.delete_object(Bucket="versions", Key="word")["DeleteMarker"] is True
        assert code(lambda: client.get_object(Bucket="versions", Key="word")) == "NoSuchKey"
        assert client.get_object(Bucket="versions", Key="word", VersionId=first)["Body"].read() == b"one"
        assert len(client.list_object_versions(Bucket="versions")["Versions"]) == 2
        client.put_object(Bucket="data", Key="word", Body=b"one")
        client.put_object(Bucket="data", Key="word", Body=b"two")
        assert len(client.list_object_versions(Bucket="data", Prefix="word")["Versions"]) == 1


def test_a_wrong_key_an_unknown_one_and_none_are_refused(objects: Release) -> None:
    for login, said in (
        ({"secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "NOBODY"}, "InvalidAccessKeyId"),
    ):
        with connected(objects, **login) as client:
            assert code(lambda client=client: client.list_objects_v2(Bucket="data")) == said
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"http://{objects.pods()[0].status.pod_ip}:8333/data/a/word", timeout=10)


def test_a_user_may_what_is_declared_and_no_more(objects: Release) -> None:
    with connected(objects, "auditor-binding") as client:
        assert client.get_object(Bucket="data", Key="a/word")["Body"].read() == b"first"
        assert code(lambda: client.put_object(Bucket="data", Key="a/word", Body=b"mine")) == "AccessDenied"
        assert code(lambda: client.list_objects_v2(Bucket="versions")) == "AccessDenied"
    with connected(objects) as client:
        assert code(lambda: client.create_bucket(Bucket="mine")) == "AccessDenied"
        assert code(lambda: client.delete_bucket(Bucket="data")) == "AccessDenied"


def test_a_signed_address_opens_one_object_to_those_who_have_it(objects: Release) -> None:
    with connected(objects) as client:
        address = client.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "a/word"}, ExpiresIn=60)
        assert urllib.request.urlopen(address, timeout=10).read() == b"first"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address.replace("a/word", "large"), timeout=10)


def test_only_s3_and_the_numbers_can_be_reached_from_outside_of_the_pod(objects: Release) -> None:
    listens = objects.execute("objects-0", "cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()
    outside = {
        int(line.split()[1].split(":")[1], 16) for line in listens if " 0A " in line and " 0100007F:" not in line
    }
    assert outside == {8333, 18333, 9327}


def test_prometheus_finds_numbers_for_every_alert_and_panel(objects: Release) -> None:
    with connected(objects) as client:
        client.put_object(Bucket="data", Key="counted", Body=b"counted")
        assert client.get_object(Bucket="data", Key="counted")["Body"].read() == b"counted"
    eventually(lambda: not objects.without_numbers(objects.numbers("server", 9327)), "every number is there", 60)


def test_helm_test_writes_and_reads(objects: Release) -> None:
    assert "The object store keeps what is written to it" in objects.test()


def test_nothing_is_lost_when_the_pod_is_killed_and_when_a_new_version_comes(objects: Release) -> None:
    binding = objects.binding()

    def write(number: int) -> None:
        client = store(f"{objects.pods()[0].status.pod_ip}:8333", binding)
        client.put_object(Bucket="data", Key=f"numbers/{number}", Body=f"numbers/{number}".encode())

    ledger = Ledger(write, keyed=True)
    with ledger.running():
        objects.delete_pod(grace=0)
        ledger.wait_for(20)
        seconds = objects.bring_up(DECLARED)
    assert objects.pods()[0].spec.containers[0].image.endswith("seaweedfs:4.48")
    with connected(objects) as client:
        what = "object-store, one server: pod killed, 4.47 to 4.48"
        report = ledger.report(what, numbers(client, "data"), seconds)
        assert client.get_object(Bucket="data", Key="a/word")["Body"].read() == b"first"
    assert report.lost == 0
    said = objects.refused({**DECLARED, "serverVersion": "4.47"})
    assert "SeaweedFS 4.47 cannot read the data that SeaweedFS 4.48 wrote" in said


def test_a_new_bucket_and_a_new_user_are_made_and_the_others_keep_their_keys(objects: Release) -> None:
    before = objects.binding()
    users = [*DECLARED["users"], {"name": "web", "buckets": ["pages"]}]
    objects.bring_up({"users": users, "buckets": [*DECLARED["buckets"], {"name": "pages"}]})
    assert objects.binding() == before
    with connected(objects, "web-binding") as client:
        client.put_object(Bucket="pages", Key="index.html", Body=b"hello")
        assert code(lambda: client.list_objects_v2(Bucket="data")) == "AccessDenied"


def test_one_server_does_not_become_several(objects: Release) -> None:
    said = objects.refused(DECLARED, plan="standard")
    assert "This object store was made as one server and cannot become several servers" in said


@pytest.mark.slow
def test_uninstalled_and_installed_again_it_has_its_objects_and_its_keys(objects: Release) -> None:
    before = objects.binding()
    objects.uninstall()
    assert objects.claims() == {"data-objects-0"}
    objects.bring_up(DECLARED)
    assert objects.binding() == before
    with connected(objects) as client:
        assert client.get_object(Bucket="data", Key="a/word")["Body"].read() == b"first"
