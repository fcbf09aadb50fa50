"""What every address says about itself in the OpenAPI document: problems, idempotency keys, page parameters."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from anywhere.lib.api.faults import CONTENT_TYPE
from anywhere.lib.api.serializers import In, Out, ProblemOut

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body gives the first answer again, for 24 hours.",
)
PAGE = [
    OpenApiParameter("cursor", str, description="From `next` or `previous` of a page."),
    OpenApiParameter("limit", int, description="Rows a page, 1 to 200; 50 when left out."),
]


class Schema(AutoSchema):
    """Adds to each address the problem answer, and to each POST the key header."""

    def get_override_parameters(self) -> list[Any]:
        """Give the parameters that every address of its kind takes."""
        found = list(super().get_override_parameters())
        if self.method == "POST" and getattr(self.view, "keep_answers", "no") != "no":
            found.append(KEY)
        if self.method == "GET" and getattr(self.view, "is_paged", False):
            found += PAGE
        return found

    def get_tags(self) -> list[str]:
        """Give the group the address belongs to: the app of its view."""
        return [self.view.__module__.split(".api")[0].rsplit(".", 1)[-1]]

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """Give the component's name: the class without `Out` or `In`."""
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        plain = serializer.child if hasattr(serializer, "child") else serializer
        for kind, suffix in ((Out, "Out"), (In, "In")):
            if isinstance(plain, kind) or (isinstance(plain, type) and issubclass(plain, kind)):
                return name.replace(f"{suffix}Request", "Request").removesuffix(suffix)
        return name

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        make: Any = self._get_response_for_code
        bodies["default"] = make(ProblemOut, "default", media_types=[CONTENT_TYPE])
        bodies["default"]["description"] = "A refusal, with a stable code."
        return bodies
