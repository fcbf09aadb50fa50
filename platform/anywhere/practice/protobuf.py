"""The few protobuf bodies clients send: Secrets, ConfigMaps, Namespaces and delete options."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from anywhere.practice.kinds import Obj
from anywhere.practice.status import ApiError

MAGIC = b"k8s\x00"
Fields = dict[int, list[Any]]


def read(body: bytes) -> Obj:
    """The object a protobuf body holds; raises 415 for kinds nobody sends here."""
    if not body.startswith(MAGIC):
        raise ApiError(400, "BadRequest", "provided data does not appear to be a protobuf message, expected prefix")
    try:
        unknown = _message(body[4:])
        kind = _message(_bytes(unknown, 1))
        api_version, name = _text(kind, 1), _text(kind, 2)
        return {"apiVersion": api_version, "kind": name} | _READERS[name](_message(_bytes(unknown, 2)))
    except KeyError as exc:
        raise ApiError(415, "UnsupportedMediaType", f"protobuf is not read for kind {exc.args[0]}") from exc
    except (IndexError, ValueError) as exc:
        raise ApiError(400, "BadRequest", "the protobuf body cannot be read") from exc


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _message(data: bytes) -> Fields:
    fields: Fields = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: Any
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        elif tag & 7 in (1, 5):
            size = 8 if tag & 7 == 1 else 4
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(tag)
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _bytes(fields: Fields, number: int) -> bytes:
    return fields.get(number, [b""])[-1]


def _text(fields: Fields, number: int) -> str:
    return _bytes(fields, number).decode()


def _map(fields: Fields, number: int) -> dict[str, bytes]:
    pairs = [_message(one) for one in fields.get(number, [])]
    return {_text(pair, 1): _bytes(pair, 2) for pair in pairs}


def _texts(fields: Fields, number: int) -> dict[str, str]:
    return {key: value.decode() for key, value in _map(fields, number).items()}


def _time(fields: Fields, number: int) -> str | None:
    seconds = _message(_bytes(fields, number)).get(1, [0])[-1]
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def _owner(data: bytes) -> Obj:
    one = _message(data)
    owner: Obj = {"kind": _text(one, 1), "name": _text(one, 3), "uid": _text(one, 4), "apiVersion": _text(one, 5)}
    for number, name in ((6, "controller"), (7, "blockOwnerDeletion")):
        if number in one:
            owner[name] = bool(one[number][-1])
    return owner


def _metadata(data: bytes) -> Obj:
    meta = _message(data)
    values: Obj = {
        name: _text(meta, number)
        for number, name in ((1, "name"), (2, "generateName"), (3, "namespace"), (5, "uid"), (6, "resourceVersion"))
    }
    values |= {
        "creationTimestamp": _time(meta, 8),
        "labels": _texts(meta, 11),
        "annotations": _texts(meta, 12),
        "ownerReferences": [_owner(one) for one in meta.get(13, [])],
        "finalizers": [one.decode() for one in meta.get(14, [])],
    }
    return {key: value for key, value in values.items() if value}


def _encoded(values: dict[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in values.items()}


def _secret(fields: Fields) -> Obj:
    secret: Obj = {"metadata": _metadata(_bytes(fields, 1)), "data": _encoded(_map(fields, 2))}
    if 3 in fields:
        secret["type"] = _text(fields, 3)
    if 4 in fields:
        secret["stringData"] = _texts(fields, 4)
    if 5 in fields:
        secret["immutable"] = bool(fields[5][-1])
    return secret


def _config_map(fields: Fields) -> Obj:
    return {
        "metadata": _metadata(_bytes(fields, 1)),
        "data": _texts(fields, 2),
        "binaryData": _encoded(_map(fields, 3)),
    }


def _namespace(fields: Fields) -> Obj:
    return {"metadata": _metadata(_bytes(fields, 1))}


def _delete_options(fields: Fields) -> Obj:
    options: Obj = {}
    if 1 in fields:
        options["gracePeriodSeconds"] = fields[1][-1]
    if 2 in fields:
        wanted = _message(_bytes(fields, 2))
        options["preconditions"] = {n: _text(wanted, k) for k, n in ((1, "uid"), (2, "resourceVersion")) if k in wanted}
    if 4 in fields:
        options["propagationPolicy"] = _text(fields, 4)
    if 5 in fields:
        options["dryRun"] = [one.decode() for one in fields[5]]
    return options


_READERS = {"Secret": _secret, "ConfigMap": _config_map, "Namespace": _namespace, "DeleteOptions": _delete_options}
