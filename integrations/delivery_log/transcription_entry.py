"""A transcription as an entry of the log: written when finished, read at each fold."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from conversations.models import Conversation
from conversations.projection.update import AgentReference, CallUpdate
from conversations.transcription.results import TranscriptionResult
from integrations.models import Delivery
from integrations.worker_wakeup import wake_worker


def append_to_log(conversation: Conversation, transcript: TranscriptionResult) -> None:
    """Append a transcription to the log, as a delivery of the conversation's call.

    Runs in the caller's transaction, which holds the conversation; a worker applies it
    once that commits.
    """
    body = json.dumps(_payload(conversation, transcript), ensure_ascii=False).encode()
    Delivery.objects.create(
        organization_id=conversation.organization_id,
        provider=conversation.provider,
        external_id=conversation.external_id,
        status=200,
        outcome=Delivery.Outcome.ACCEPTED,
        source=Delivery.Source.TRANSCRIPTION,
        size=len(body),
        body=body,
    )
    transaction.on_commit(wake_worker)


def _payload(
    conversation: Conversation, transcript: TranscriptionResult
) -> dict[str, Any]:
    return {
        "call": {"externalId": conversation.external_id},
        "transcript": {"turns": transcript.turns},
        "transcription": {"madeBy": transcript.made_by, "file": transcript.sha256},
    }


def read(payload: dict[str, Any]) -> CallUpdate:
    """Return the update of such an entry: turns, and nothing else.

    payload: the body, as JSON.
    """
    return CallUpdate(
        external_id=payload["call"]["externalId"],
        agent=AgentReference(),
        turns=payload["transcript"]["turns"],
        is_transcription=True,
    )
