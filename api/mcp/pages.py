"""Addresses of dashboard pages, and models of tools that contain them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from pydantic import BaseModel, Field, create_model

from accounts.models import Organization


def page(organization: Organization, name: str, *ids: UUID | str) -> str:
    """Return the address of a page of the organization, by the name of its route."""
    path = reverse(name, args=[organization.slug, *map(str, ids)])
    return f"{settings.BASE_URL}{path}"


def with_url(model: type[BaseModel], **further: Any) -> type[BaseModel]:
    """Return the model of a REST object with the address of its page."""
    return create_model(
        f"{model.__name__}WithPage",
        __base__=model,
        __doc__=model.__doc__,
        url=(str, Field(description="Its page in the dashboard.")),
        **further,
    )


def page_of(model: type[BaseModel]) -> type[BaseModel]:
    """Return the model of a part of a list of these."""
    return create_model(
        f"{model.__name__}Part",
        data=(list[model], ...),  # type: ignore[valid-type]
        nextCursor=(
            str | None,
            Field(description="Pass it as `cursor` for more; null at the end."),
        ),
    )
