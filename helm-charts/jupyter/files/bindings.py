"""Sets what kernels and terminals know of bound services, from the files below /bindings. Each kernel reads them."""

import os
from pathlib import Path


def environment(root: Path = Path("/bindings")) -> dict[str, str]:
    """The variables that the bound services stand for."""
    found = {}

    def said(service: str, key: str) -> str:
        file = root / service / key
        return file.read_text().strip() if file.is_file() else ""

    if uri := said("spark", "uri"):
        found["SPARK_REMOTE"] = uri
    if endpoint := said("object-store", "endpoint"):
        found["AWS_ENDPOINT_URL"] = endpoint
        found["AWS_ACCESS_KEY_ID"] = said("object-store", "access-key-id")
        found["AWS_SECRET_ACCESS_KEY"] = said("object-store", "secret-access-key")
        found["AWS_REGION"] = found["AWS_DEFAULT_REGION"] = said("object-store", "region") or "us-east-1"
        found["S3_BUCKET"] = said("object-store", "bucket")
    return found


os.environ.update(environment())
