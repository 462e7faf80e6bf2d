"""The delivery log as programs see it."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from accounts.models import Organization
from api.agents import ProviderName
from api.pagination import ListSlice, strange_cursor
from api.parameters import (
    Id,
    PageParameters,
    Parameters,
    Text,
    When,
    as_moment,
    number_of,
    word,
)
from api.problem_body import FieldFault
from api.resources import Listed, Resource, nothing
from api.sealed_cursor import BrokenSeal, seal, unseal
from conversations.models import Provider
from integrations.deliveries.filters import Filters
from integrations.deliveries.forms import statuses
from integrations.deliveries.pages import MAX_SEARCHED, find_older
from integrations.models import Delivery as DeliveryRow
from integrations.providers import PROVIDERS

Outcome = Literal["accepted", "processed", "failed", "ignored", "rejected"]


class Delivery(Resource):
    """One post as it arrived, with what became of it."""

    id: UUID = Field(
        description="Given by Zelto; never changes.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e23"],
    )
    received_at: datetime = Field(
        description="UTC; of posts that share a row, when the first of them came.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )
    key_id: UUID | None = Field(
        description="The key it came with; null for what Zelto itself added.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e24"],
    )
    key_name: str | None = Field(
        description="What the key is called.", examples=["livekit-prod-worker"]
    )
    provider: ProviderName | None = Field(
        description="Null where its header named none that there is.",
        examples=["livekit"],
    )
    agent_reference: str | None = Field(
        description="The agent it names, as far as it could be read.",
        examples=["support"],
    )
    reference_id: str | None = Field(
        description="`call.externalId`, as far as it could be read.",
        examples=["room-8f2c"],
    )
    conversation_id: UUID | None = Field(
        description="What became of it, once it is processed.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e22"],
    )
    status: int = Field(description="How it was answered.", examples=[200])
    outcome: Outcome = Field(
        description="`accepted`: stored, not processed yet; `failed`: stored, and no "
        "conversation could be made of it; `rejected`: answered 4xx.",
        examples=["processed"],
    )
    reason: str | None = Field(
        description="Why it was refused, failed or ignored.", examples=[None]
    )
    errors: list[FieldFault] = Field(description="The fields at fault.")
    warnings: list[FieldFault] = Field(description="What was cut or dropped.")
    count: int = Field(
        description="Refusals of one kind in one minute share a row.", examples=[1]
    )
    size: int = Field(
        description="Of the body, bytes, after decompression.", examples=[1842]
    )
    user_agent: str | None = Field(
        description="The header of the sender.", examples=["python-httpx/0.28.1"]
    )
    request_id: str | None = Field(
        description="`X-Request-Id` of the answer it got.",
        examples=["7f2b9b0c4ad34c1f9c2b8f5f2c1d3e4a"],
    )


class DeliveryWithBody(Delivery):
    """One post with its body."""

    body: str | None = Field(
        description="As it arrived, decompressed; null where none was kept, or it is "
        "erased or expired.",
        examples=['{"call": {"externalId": "room-8f2c"}}'],
    )
    body_encoding: Literal["text", "base64"] | None = Field(
        description="`base64` where the body is not UTF-8; null without one.",
        examples=["text"],
    )


class DeliveryList(Listed):
    """A page of the log."""

    data: list[Delivery] = Field(description="The newest first.")


class DeliveryParameters(PageParameters):
    outcome: word(*DeliveryRow.Outcome.values) | None = Field(  # type: ignore[valid-type]
        None, description="What became of it.", examples=["rejected"]
    )
    status: number_of(*statuses()) | None = Field(  # type: ignore[valid-type]
        None, description="How it was answered.", examples=[422]
    )
    key_id: Id | None = Field(
        None,
        description="The key it came with.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e24"],
    )
    provider: word(*Provider.values) | None = Field(  # type: ignore[valid-type]
        None, examples=["livekit"], description="Whose session it is."
    )
    reference_id: Text | None = Field(
        None, description="`call.externalId`, exactly.", examples=["room-8f2c"]
    )
    since: When | None = Field(
        None,
        alias="from",
        description="Arrived then or later. A date begins at midnight in the "
        "organization's time zone; a time without a zone is UTC.",
        examples=["2026-11-22"],
    )
    until: When | None = Field(
        None, alias="to", description="Arrived before.", examples=["2026-11-23"]
    )


class ReplayParameters(Parameters):
    provider: word(*PROVIDERS) | None = Field(  # type: ignore[valid-type]
        None,
        description="Whose shape a refused body has, where not the one in the log.",
        examples=["livekit"],
    )


def list_deliveries(
    organization: Organization, parameters: DeliveryParameters
) -> ListSlice[Delivery]:
    """Return a part of the log, newest first.

    A part may be short, or empty, and not be the last: where no index serves the
    filters, only `MAX_SEARCHED` rows are read at once.

    Raises:
        Refusal: 400, the cursor is none of this organization.
    """
    filters = Filters(
        outcome=parameters.outcome or "",
        status=parameters.status,
        key=parameters.key_id,
        provider=parameters.provider or "",
        reference=parameters.reference_id or "",
        since=as_moment(parameters.since, organization.zone),
        until=as_moment(parameters.until, organization.zone),
    )
    found = find_older(
        organization,
        filters,
        than=_sequence_in(parameters.cursor, organization),
        count=parameters.limit,
        most_searched=MAX_SEARCHED,
    )
    sequences = {row.uuid: row.sequence for row in found.rows}
    return ListSlice(
        [resource_of(row) for row in found.rows],
        seal(found.last.sequence, organization.pk) if found.last else None,
        lambda delivery: seal(sequences[delivery.id], organization.pk),
    )


def with_body(row: DeliveryRow) -> DeliveryWithBody:
    """Return a delivery with its body, as text where that is UTF-8."""
    text, encoding = _body_of(row)
    return DeliveryWithBody(**_fields_of(row), body=text, body_encoding=encoding)


def find_delivery(organization: Organization, delivery_id: UUID) -> DeliveryRow:
    """Return the row of a delivery, with its key.

    Raises:
        Http404: the organization has no such delivery.
    """  # noqa: DOC501 - `nothing` makes an Http404
    row = (
        DeliveryRow.objects.in_organization(organization)
        .select_related("key")
        .filter(uuid=delivery_id)
        .first()
    )
    if row is None:
        raise nothing("delivery")
    return row


def resource_of(row: DeliveryRow) -> Delivery:
    """Return a delivery as programs see it."""
    return Delivery(**_fields_of(row))


def _fields_of(row: DeliveryRow) -> dict[str, Any]:
    return {
        "id": row.uuid,
        "received_at": row.received_at,
        "key_id": row.key_id,
        "key_name": row.key.name if row.key else None,
        "provider": row.provider or None,
        "agent_reference": row.agent_reference or None,
        "reference_id": row.external_id or None,
        "conversation_id": row.conversation_id,
        "status": row.status,
        "outcome": row.outcome,
        "reason": row.reason or None,
        "errors": row.errors,
        "warnings": row.warnings,
        "count": row.count,
        "size": row.size,
        "user_agent": row.user_agent or None,
        "request_id": row.request_id or None,
    }


def _body_of(row: DeliveryRow) -> tuple[str | None, Literal["text", "base64"] | None]:
    if row.body is None:
        return None, None
    body = bytes(row.body)
    try:
        return body.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def _sequence_in(cursor: str | None, organization: Organization) -> int | None:
    if cursor is None:
        return None
    try:
        return unseal(cursor, organization.pk)
    except BrokenSeal as error:
        raise strange_cursor() from error
