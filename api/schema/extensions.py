"""Extensions of drf-spectacular for this API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class BearerKeyExtension(OpenApiAuthenticationExtension):
    """The description of `BearerKey`."""

    target_class = "api.drf_hooks.BearerKey"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of your organization, made under Settings, "
            "Integrations: `zelto_…`.",
        }


def bodies_are_required(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Mark all bodies as required: drf-spectacular takes one of optional fields for
    optional.
    """
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result
