"""What people do to integrations: every write, as a verb with its actor."""

from __future__ import annotations

import json
from pathlib import Path

from django.utils import timezone

from accounts.models import Organization, User
from conversations.models import Conversation
from integrations import sample_session, uploads
from integrations.delivery_log import Arrival
from integrations.models import Delivery
from integrations.nudge import nudge
from integrations.providers import Reading


def send_test_session(
    *, organization: Organization, by: User, provider: str = "livekit"
) -> Delivery:
    """Appends a made-up session to the log, as if somebody had posted it."""
    payload = sample_session.build(ended_at=timezone.now(), sent_by=by.display_name)
    body = json.dumps(payload, ensure_ascii=False).encode()
    delivery = Delivery.objects.create(
        organization=organization,
        provider=provider,
        agent_reference=sample_session.AGENT_REFERENCE,
        external_id=payload["call"]["externalId"],
        status=200,
        outcome=Delivery.Outcome.ACCEPTED,
        size=len(body),
        user_agent="Zelto test session",
        body=body,
    )
    nudge()
    return delivery


def upload_recording(
    *, organization: Organization, by: User, call: bytes, path: Path
) -> Conversation:
    """What a program does with `POST /v1/conversations`. Raises `Refusal`."""
    arrival = Arrival(
        organization_id=organization.pk,
        key_id=None,
        request_id="",
        user_agent=f"Uploaded by {by.display_name}"[:255],
        provider=uploads.PROVIDER,
        size=len(call),
        body=call,
    )
    return uploads.take_upload(arrival, path, append=_append).conversation


def _append(arrival: Arrival, _reading: Reading) -> int:
    delivery = Delivery.objects.create(
        organization_id=arrival.organization_id,
        provider=arrival.provider,
        agent_reference=arrival.agent_reference,
        external_id=arrival.external_id,
        status=200,
        outcome=Delivery.Outcome.ACCEPTED,
        source=Delivery.Source.FORM,
        warnings=list(arrival.warnings),
        size=arrival.size,
        user_agent=arrival.user_agent,
        body=arrival.body,
    )
    return delivery.sequence
