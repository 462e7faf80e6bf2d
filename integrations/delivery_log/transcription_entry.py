"""What Zelto heard in a recording, as the log keeps it: written when a transcription is
finished, read again whenever its call is folded."""

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
    """As a delivery of the conversation's call, for a worker to apply; runs inside the
    caller's transaction, which holds the conversation."""
    body = json.dumps(written(conversation, transcript), ensure_ascii=False).encode()
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


def written(
    conversation: Conversation, transcript: TranscriptionResult
) -> dict[str, Any]:
    return {
        "call": {"externalId": conversation.external_id},
        "transcript": {"turns": transcript.turns},
        "transcription": {"madeBy": transcript.made_by, "file": transcript.sha256},
    }


def read(payload: dict[str, Any]) -> CallUpdate:
    return CallUpdate(
        external_id=payload["call"]["externalId"],
        agent=AgentReference(),
        turns=payload["transcript"]["turns"],
        is_transcription=True,
    )
