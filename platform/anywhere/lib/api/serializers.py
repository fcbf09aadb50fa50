"""The two kinds of serializer: `In` refuses what it does not know, `Out` only shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from anywhere.lib.api.faults import UnknownField


def _path(serializer: serializers.BaseSerializer[Any], name: str) -> str:
    parts = [name]
    node: Any = serializer
    while node is not None and node.field_name:
        parts.insert(0, node.field_name)
        node = node.parent
    return ".".join(parts)


class In(serializers.Serializer[Any]):
    """The shape of a body. Unknown and read-only fields are refused with `request.unknown_field`, also nested ones."""

    def to_internal_value(self, data: Any) -> Any:
        """Give the validated data."""
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in data if name not in known)
            if unknown:
                fields = {_path(self, name): ["This field is not known here."] for name in unknown}
                raise UnknownField(f"Take out {', '.join(name[:60] for name in unknown[:5])}.", fields=fields)
        return super().to_internal_value(data)


class Out(serializers.Serializer[Any]):
    """The shape of an answer; never writes."""


class ProblemOut(Out):
    """The shape of every refusal."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]
    operation = serializers.UUIDField(required=False)
    next = serializers.ListField(child=serializers.DictField(), required=False)


class EmptyIn(In):
    """An empty body."""


def page_of(out: type[serializers.Serializer[Any]], **extra: serializers.Field[Any, Any, Any, Any]) -> type[Out]:
    """Give the serializer of a cursor page of `out`, for the OpenAPI document; `extra` are fields beside the rows."""
    name = f"{out.__name__.removesuffix('Out')}Page"
    body: dict[str, Any] = {
        "results": out(many=True),
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "__doc__": f"A page of {out.__name__}.",
        "__module__": out.__module__,
    }
    return type(name, (Out,), body | extra)
