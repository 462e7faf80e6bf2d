"""What a webhook is told of a conversation: ids and links, and the rest where it is
chosen.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.links import absolute_url
from accounts.models import Organization
from alerts.models import Message
from alerts.outgoing_events.names import RECORDING_STORED
from conversations.models import Conversation
from conversations.public_shape import (
    as_json_value,
    conversation_shape,
    recording_url,
)
from web.iso_time import iso_microseconds


def content_of(
    row: Conversation, event: str, organization: Organization
) -> dict[str, Any]:
    """Return what is kept of an event of a conversation until it is told."""
    page = reverse("conversations:detail", args=[organization.slug, row.pk])
    api = reverse("api:conversation", args=[row.pk])
    content = {
        "id": str(row.pk),
        "agentId": str(row.agent_id),
        "isTest": row.is_test,
        "createdAt": iso_microseconds(row.created_at),
        "updatedAt": iso_microseconds(row.updated_at),
        "url": absolute_url(page),
        "apiUrl": absolute_url(api),
    }
    if event == RECORDING_STORED:
        content["recordingUrl"] = recording_url(row)
    return content


def data_of(message: Message) -> dict[str, Any] | None:
    """Return what a webhook is told of a conversation when the message is sent; None where
    it was erased since.

    What a conversation holds is read now and kept nowhere, so that none of it is left
    when the conversation is erased.
    """
    content: dict[str, Any] = message.content
    rows = Conversation.objects.filter(organization=message.organization_id)
    row = rows.with_recording().filter(pk=UUID(content["id"])).first()
    if row is None:
        return None
    if not message.channel.sends_content:
        return content
    return content | {"conversation": _as_json(conversation_shape(row))}


def _as_json(shape: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(shape, default=as_json_value))
    return found
