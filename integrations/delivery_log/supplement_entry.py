"""What LiveKit's events say of a call beside its forward, as an entry of the log."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from conversations.models import Conversation
from conversations.projection.update import AgentReference, CallUpdate
from integrations.models import Delivery
from integrations.worker_wakeup import wake_worker


def append_to_log(
    conversation: Conversation,
    *,
    customer_number: str = "",
    customer_name: str = "",
    recording_url: str = "",
    metadata: dict[str, Any] | None = None,
) -> None:
    """Append what a conversation is to have where nobody sent it, in the caller's
    transaction; a worker applies it once that commits.
    """
    said = {
        "customerNumber": customer_number,
        "customerName": customer_name,
        "recordingUrl": recording_url,
        "metadata": metadata,
    }
    content = {"externalId": conversation.external_id} | {
        name: value for name, value in said.items() if value
    }
    body = json.dumps({"supplement": content}, ensure_ascii=False).encode()
    Delivery.objects.create(
        organization_id=conversation.organization_id,
        provider=conversation.provider,
        external_id=conversation.external_id,
        status=200,
        outcome=Delivery.Outcome.ACCEPTED,
        source=Delivery.Source.LIVEKIT_EVENTS,
        size=len(body),
        body=body,
    )
    transaction.on_commit(wake_worker)


def read(payload: dict[str, Any]) -> CallUpdate:
    """Return the update of such an entry, which fills in what nobody sent.

    payload: the body, as JSON.
    """
    said = payload["supplement"]
    return CallUpdate(
        external_id=said["externalId"],
        agent=AgentReference(),
        customer_number=said.get("customerNumber"),
        customer_name=said.get("customerName"),
        recording_url=said.get("recordingUrl"),
        metadata=said.get("metadata"),
        is_supplement=True,
    )
