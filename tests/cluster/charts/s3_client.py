"""A real S3 client outside the cluster: boto3 at the address of the Service, of a pod, or of an ingress."""

import boto3
from botocore.config import Config

from tests.cluster.charts.release import Release

KEYS = ("access-key-id", "secret-access-key")


def store(address: str, binding: dict[str, str], attempts: int = 1, **login: str):
    """A client of the object store at an address (host:port); `login` takes the place of entries of the binding."""
    known = {**binding, **{key.replace("_", "-"): value for key, value in login.items()}}
    return boto3.client(
        "s3",
        endpoint_url=f"http://{address}",
        region_name=known["region"],
        aws_access_key_id=known["access-key-id"],
        aws_secret_access_key=known["secret-access-key"],
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": attempts},
            connect_timeout=3,
            read_timeout=20,
        ),
    )


def free_port(release: Release) -> dict:
    """Values that make the object store reachable at a node port that nobody uses."""
    services = release.api.list_service_for_all_namespaces().items
    used = {port.node_port for service in services for port in service.spec.ports or []}
    port = next(number for number in range(31800, 32600) if number not in used)
    return {"service": {"type": "NodePort", "nodePort": port}, "networkPolicy": {"clients": "anywhere"}}


def numbers(client, bucket: str) -> list[int]:
    """The numbers whose objects are in the bucket and can be read; each object holds its own name."""
    found = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="numbers/"):
        for item in page.get("Contents", []):
            said = client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            assert said == item["Key"].encode(), item["Key"]
            found.append(int(item["Key"].removeprefix("numbers/")))
    return found
